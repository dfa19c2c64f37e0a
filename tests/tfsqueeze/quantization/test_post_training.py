"""Int8 without training: near float for every family and head, and the same each time."""

from __future__ import annotations

import numpy as np
import pytest

import tfsqueeze
from tests.tfsqueeze.conftest import TINY_CONFIGS
from tests.tfsqueeze.quantization.test_equalization import with_outlier
from tfsqueeze.layers import GroupedConvolution
from tfsqueeze.models import squeezebert
from tfsqueeze.quantization import quantize_after_training, quantize_aware

LENGTH = 16
HEADS = (
    "TokenClassification",
    "QuestionAnswering",
    "SentenceEmbeddings",
    "MaskedLM",
)


def draw(seed, names=("input_ids",), count=128):
    """Returns texts of 3 to 16 tokens."""
    rng = np.random.default_rng(seed)
    mask = np.arange(LENGTH) < rng.integers(3, LENGTH + 1, (count, 1))
    inputs = {
        "input_ids": rng.integers(1, 50, mask.shape) * mask,
        "token_type_ids": rng.integers(0, 2, mask.shape) * mask,
        "masked_positions": rng.integers(0, 3, (count, 2)),
    }
    return {name: inputs[name].astype(np.int32) for name in names}


def decibels(model, other, inputs):
    """Returns the signal-to-noise ratio of the outputs at tokens."""
    mask = inputs["input_ids"] != 0
    signal = noise = 0.0
    for x, y in zip(outputs(model, inputs), outputs(other, inputs), strict=True):
        x, y = (z[mask] if z.shape[:2] == mask.shape else z for z in (x, y))
        signal, noise = signal + np.square(x).sum(), noise + np.square(x - y).sum()
    return 10 * np.log10(signal / noise)


def outputs(model, inputs):
    found = model.predict(inputs, verbose=0)
    return list(found.values()) if isinstance(found, dict) else [found]


def plain(model, inputs):
    """Returns a copy with the ranges of batches of 64 texts, as in training runs."""
    batches = [
        {name: x[start : start + 64] for name, x in inputs.items()}
        for start in range(0, len(inputs["input_ids"]), 64)
    ]
    return quantize_aware(model, batches)


@pytest.fixture
def build(randomize, tiny_config):
    def make(family, head="SequenceClassification", input_names=("input_ids",)):
        config = tiny_config() if family == "SqueezeBert" else TINY_CONFIGS[family]
        classes = squeezebert if family == "SqueezeBert" else tfsqueeze
        model_class = getattr(classes, f"{family}For{head}")
        return randomize(model_class(config.with_labels(["a", "b", "c"]), input_names=input_names))

    return make


@pytest.mark.parametrize(
    "family",
    [
        name if name == "SqueezeBert" else pytest.param(name, marks=pytest.mark.slow)
        for name in ("SqueezeBert", *TINY_CONFIGS)
    ],
)
def test_every_family_is_as_near_to_float_as_with_ranges_alone(family, build):
    model = build(family)
    inputs, others = draw(0), draw(1)
    quantized = quantize_after_training(model, inputs, 0)
    assert decibels(model, quantized, others) > decibels(model, plain(model, inputs), others) - 1


@pytest.mark.slow
@pytest.mark.parametrize("head", HEADS)
def test_every_head_is_as_near_to_float_as_with_ranges_alone(head, build):
    names = {
        "QuestionAnswering": ("input_ids", "token_type_ids"),
        "MaskedLM": ("input_ids", "masked_positions"),
    }.get(head, ("input_ids",))
    model = build("Bert", head, names)
    inputs, others = draw(0, names), draw(1, names)
    quantized = quantize_after_training(model, inputs, 0)
    assert decibels(model, quantized, others) > decibels(model, plain(model, inputs), others) - 1


def test_outliers_cost_far_less(build):
    model = with_outlier(build("Bert"), factor=12.0)
    inputs, others = draw(0), draw(1)
    quantized = quantize_after_training(model, inputs, 0)
    # Measured: 14.4 and 21.9 dB.
    assert decibels(model, quantized, others) > decibels(model, plain(model, inputs), others) + 5


def test_the_float_model_stays_and_the_result_is_the_same_again(build):
    model = build("Bert")
    before = model.get_weights()
    inputs, counts = draw(0), []
    first, second = (
        quantize_after_training(model, inputs, 0, lambda *count: counts.append(count))
        for _ in range(2)
    )
    for x, y in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(x, y)
    for x, y in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(x, y)
    total = counts[-1][1]
    assert counts == 2 * [(done, total) for done in range(total + 1)]


def test_few_texts_do(build):
    model = build("DistilBert")
    quantized = quantize_after_training(model, draw(0, count=1), 0)
    assert np.isfinite(quantized.predict(draw(1), verbose=0)).all()


def test_layers_that_share_weights_keep_their_kernels(build):
    model = build("Albert")
    quantized = quantize_after_training(model, draw(0), 0)
    first, second, third = (
        [
            weight.numpy()
            for weight in quantized.get_layer(f"layer_{number}_intermediate").weights
            if weight.name.endswith("kernel_0:0")
        ]
        for number in range(3)
    )
    assert len(first) == 1
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, third)
    assert isinstance(quantized.get_layer("layer_0_intermediate").layer, GroupedConvolution)

"""Classifiers of the BERT family become int8 files, too, with the tools made for SqueezeBERT."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tf_keras as keras

import tfsqueeze
from converters.conversion.keras_to_tflite import INT8_PROFILES, convert_float, convert_int8
from converters.runtime.interpreters import available_runtimes, open_model
from converters.runtime.workers import predict_logits, run_in_workers
from converters.tflite.inspection import require_int8
from tfsqueeze.models.sharing import unshare_layers
from tfsqueeze.quantization import quantize_after_training, quantize_aware

LENGTH = 16
SIZES = {"vocab_size": 50, "max_position_embeddings": LENGTH, "initializer_range": 0.2}
CLASSIFIERS = {
    "bert": (
        tfsqueeze.BertForSequenceClassification,
        tfsqueeze.BertConfig(
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            **SIZES,
        ),
    ),
    "distilbert": (
        tfsqueeze.DistilBertForSequenceClassification,
        tfsqueeze.DistilBertConfig(dim=32, n_layers=2, n_heads=2, hidden_dim=64, **SIZES),
    ),
    "albert": (
        tfsqueeze.AlbertForSequenceClassification,
        tfsqueeze.AlbertConfig(
            embedding_size=16,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            **SIZES,
        ),
    ),
    "mobilebert": (
        tfsqueeze.MobileBertForSequenceClassification,
        tfsqueeze.MobileBertConfig(
            embedding_size=16,
            hidden_size=32,
            intra_bottleneck_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_feedforward_networks=2,
            intermediate_size=32,
            **SIZES,
        ),
    ),
    "electra": (
        tfsqueeze.ElectraForSequenceClassification,
        tfsqueeze.ElectraConfig(
            embedding_size=16,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            **SIZES,
        ),
    ),
}


def build(name):
    model_class, config = CLASSIFIERS[name]
    keras.utils.set_random_seed(0)
    return model_class(config.with_labels(["a", "b", "c"]), input_names=("input_ids",))


def draw_texts(seed, count):
    draw = np.random.default_rng(seed)
    ids = draw.integers(1, 50, (count, LENGTH)).astype(np.int32)
    ids[np.arange(LENGTH) >= draw.integers(2, LENGTH + 1, count)[:, None]] = 0
    return {"input_ids": ids}


@pytest.fixture(scope="module")
def inputs():
    return draw_texts(0, 32)


@pytest.fixture(scope="module")
def converted(inputs):
    """A function that returns a model by name, its calibrated copy, and the int8 file of that."""

    @functools.cache
    def convert(name):
        model = build(name)
        qat_model = quantize_aware(model, [inputs])
        return model, qat_model, convert_int8(qat_model, LENGTH)

    return convert


@pytest.mark.parametrize(
    "name",
    [
        name if name == "bert" else pytest.param(name, marks=pytest.mark.slow)
        for name in CLASSIFIERS
    ],
)
def test_an_int8_file_computes_what_keras_computes(name, converted, inputs):
    model, qat_model, content = converted(name)
    assert len(require_int8(content, allow_float_output=False)) > 20
    expected, in_float = (m.predict(inputs, verbose=0) for m in (qat_model, model))
    scale = open_model(content).output_details[0].scale
    assert np.ptp(expected) > 50 * scale  # else any constant would pass
    results = run_in_workers(
        predict_logits, [(content, inputs, runtime, "default") for runtime in available_runtimes()]
    )
    for runtime, (logits, _) in zip(available_runtimes(), results, strict=True):
        steps = np.abs(logits - expected) / scale
        # Measured: mean 1.7 to 2.3, max 7 to 10.
        assert steps.mean() < 4.0 and steps.max() < 16.0, (runtime, steps.mean(), steps.max())
        assert np.abs(logits - in_float).mean() < 6 * scale


@pytest.mark.slow
@pytest.mark.parametrize("profile", INT8_PROFILES)
def test_a_file_with_divided_channels_computes_what_keras_computes(profile):
    model = build("bert")
    # One channel of each sum far larger than the others, as in a trained BERT.
    for layer in model.layers:
        if layer.name.endswith(("_post_attention", "_output")):
            kernel = layer.kernel_0.numpy()
            kernel[..., 3] *= 12
            layer.kernel_0.assign(kernel)
    texts, others = draw_texts(0, 256), draw_texts(1, 64)
    plain, divided = quantize_aware(model, [texts]), quantize_after_training(model, texts, 0)
    assert max(divided.get_layer("layer_0_output_norm").layer.channel_factors) > 3
    in_float, in_keras = (m.predict(others, verbose=0) for m in (model, divided))
    before, after = (
        open_model(convert_int8(m, LENGTH, "float32", profile)).predict_logits(others)
        for m in (plain, divided)
    )
    # Measured with two seeds: 0.05 to 0.07, and 0.31 to 0.49.
    assert np.std(after - in_keras) < 0.12 * np.std(in_float)
    assert np.std(after - in_float) < 0.7 * np.std(before - in_float)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_float_file_is_exact(name, inputs):
    model = build(name)
    np.testing.assert_allclose(
        open_model(convert_float(model, LENGTH)).predict_logits(inputs),
        model.predict(inputs, verbose=0),
        atol=1e-4,
    )


@pytest.mark.slow
def test_shared_weights_are_in_the_file_once(converted, inputs):
    model, _, int8_file = converted("albert")
    shared, own = (convert_float(m, LENGTH) for m in (model, _with_distinct_layers(model)))
    layer = sum(
        weight.numpy().nbytes
        for each in model.layers
        if each.name.startswith("layer_0_")
        for weight in each.weights
    )
    assert len(own) - len(shared) > 0.9 * layer
    # The int8 ranges differ from layer to layer, and the weights do not.
    distinct = quantize_aware(_with_distinct_layers(model), [inputs])
    assert len(convert_int8(distinct, LENGTH)) - len(int8_file) > 0.75 * layer / 4


def _with_distinct_layers(model):
    own = unshare_layers(model)
    draw = np.random.default_rng(1)
    for layer in own.layers:
        if layer.name.startswith("layer_1_"):
            # Not by a factor: scaled kernels are the same kernels in int8.
            layer.set_weights(
                [weight + draw.normal(0.0, 0.05, weight.shape) for weight in layer.get_weights()]
            )
    return own

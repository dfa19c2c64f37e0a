"""Int8 without training: near float for every family and head, and the same each time."""

import numpy as np
import pytest

import tfsqueeze
from tests.tfsqueeze.conftest import TINY_CONFIGS
from tests.tfsqueeze.quantization.test_equalization import with_outlier
from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification
from tfsqueeze.quantization import quantize_after_training, quantize_aware

LENGTH = 16
HEADS = (
    "SequenceClassification",
    "TokenClassification",
    "QuestionAnswering",
    "SentenceEmbeddings",
    "MaskedLM",
)


def texts(seed, count=128, typed=False):
    rng = np.random.default_rng(seed)
    mask = np.arange(LENGTH) < rng.integers(3, LENGTH + 1, (count, 1))
    inputs = {"input_ids": (rng.integers(1, 50, mask.shape) * mask).astype(np.int32)}
    if typed:
        inputs["token_type_ids"] = (rng.integers(0, 2, mask.shape) * mask).astype(np.int32)
    return inputs


def decibels(model, other, inputs):
    """Returns the signal-to-noise ratio of the outputs at tokens."""
    mask = inputs["input_ids"] != 0
    signal = noise = 0.0
    for x, y in zip(
        *(np.atleast_1d(outputs(m, inputs)) for m in (model, other)), strict=True
    ):
        x, y = (z[mask] if z.shape[:2] == mask.shape else z for z in (x, y))
        signal, noise = signal + np.square(x).sum(), noise + np.square(x - y).sum()
    return 10 * np.log10(signal / noise)


def outputs(model, inputs):
    found = model.predict(inputs, verbose=0)
    return list(found.values()) if isinstance(found, dict) else [found]


def build(family, head, tiny_config, randomize, input_names=("input_ids",)):
    if family == "SqueezeBert":
        config = tiny_config()
        module = __import__("tfsqueeze.models.squeezebert", fromlist=["squeezebert"])
        model_class = getattr(module, f"SqueezeBertFor{head}")
    else:
        config = TINY_CONFIGS[family]
        model_class = getattr(tfsqueeze, f"{family}For{head}")
    return randomize(model_class(config.with_labels(["a", "b", "c"]), input_names=input_names))

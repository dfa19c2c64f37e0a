"""Keras' mixed precision: products in 16 bits; weights, statistics and logits in float32."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from tfsqueeze import (
    SqueezeBertForMaskedLM,
    SqueezeBertForQuestionAnswering,
    SqueezeBertForSequenceClassification,
    load_preset,
    quantize_aware,
)
from tfsqueeze.models.inner_layers import inner_layers


@pytest.fixture
def policy():
    """Returns a function that sets Keras' global policy; float32 comes back in the end."""
    yield keras.mixed_precision.set_global_policy
    keras.mixed_precision.set_global_policy("float32")


def build(model_class):
    keras.utils.set_random_seed(1)
    config = load_preset(
        "squeezebert-micro",
        vocab_size=50,
        hidden_size=32,
        num_attention_heads=2,
        intermediate_size=64,
        initializer_range=0.2,
        layer_types=["attention", "convolution"],
    )
    return model_class(config, input_names=("input_ids",))


def token_ids():
    ids = np.random.default_rng(0).integers(1, 50, (6, 8)).astype(np.int32)
    ids[0, 5:] = 0
    return ids


@pytest.mark.parametrize(
    ("model_class", "quantized", "tolerance"),
    [
        (SqueezeBertForSequenceClassification, False, 0.02),
        (SqueezeBertForSequenceClassification, True, 0.05),
        pytest.param(SqueezeBertForQuestionAnswering, False, 0.03, marks=pytest.mark.slow),
        pytest.param(SqueezeBertForQuestionAnswering, True, 0.06, marks=pytest.mark.slow),
        pytest.param(SqueezeBertForMaskedLM, False, 0.02, marks=pytest.mark.slow),
        pytest.param(SqueezeBertForMaskedLM, True, 0.08, marks=pytest.mark.slow),
    ],
)
def test_every_layer_honours_the_policy(model_class, quantized, tolerance, policy):
    expected = tf.nest.flatten(build(model_class)(token_ids()))
    policy("mixed_bfloat16")
    model = build(model_class)
    if quantized:
        model = quantize_aware(model, [token_ids()])
    seen = set()
    for layer in inner_layers(model):
        if layer.name == "layer_0_intermediate":
            call = layer.call
            layer.call = lambda x, call=call, **options: seen.add(x.dtype) or call(x, **options)
    for found, wanted in zip(tf.nest.flatten(model(token_ids())), expected, strict=True):
        assert found.dtype == tf.float32
        assert np.abs(found - wanted).max() < tolerance * np.abs(wanted).max()
    assert seen == {tf.bfloat16}
    assert {weight.dtype for weight in model.trainable_weights} == {tf.float32}


@pytest.mark.slow
def test_a_fit_learns(policy):
    policy("mixed_bfloat16")
    model = build(SqueezeBertForSequenceClassification)
    model.compile(
        keras.optimizers.Adam(3e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    labels = (token_ids()[:, 1] > 25).astype(int)
    loss = model.fit(token_ids(), labels, epochs=12, verbose=0).history["loss"]
    assert loss[-1] < 0.7 * loss[0]

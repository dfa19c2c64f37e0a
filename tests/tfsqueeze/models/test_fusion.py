"""Training with compiled loops, and of the first token alone, computes what it did without."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from tfsqueeze import SqueezeBertForSequenceClassification, load_preset, quantize_aware
from tfsqueeze.distillation.states import with_states
from tfsqueeze.models.first_token import compute_first_token_only
from tfsqueeze.models.fusion import fuse_loops, pays_off
from tfsqueeze.models.inner_layers import inner_layers
from tfsqueeze.quantization.quantizers import LayerQuantizers
from tfsqueeze.training.optimizer import AdamW

LENGTH = 8
ROWS = 6


def build(hidden_size=32, **fields):
    keras.utils.set_random_seed(1)
    config = load_preset(
        "squeezebert-micro",
        vocab_size=50,
        hidden_size=hidden_size,
        num_attention_heads=2,
        intermediate_size=64,
        initializer_range=0.2,
        **{"layer_types": ["attention"] * 2, **fields},
    )
    return SqueezeBertForSequenceClassification(config, input_names=("input_ids",))


def token_ids():
    draw = np.random.default_rng(0)
    ids = draw.integers(1, 50, (ROWS, LENGTH)).astype(np.int32)
    ids[np.arange(LENGTH) >= draw.integers(2, LENGTH + 1, ROWS)[:, None]] = 0
    return ids


def step(model, seed):
    """Returns the logits and the gradients of one training step."""
    for layer in inner_layers(model):
        for generator in (
            getattr(part, "generator", None)
            for part in (layer, getattr(layer, "_dropout_layer", None))
        ):
            if generator is not None:
                generator.reset_from_seed(seed)

    @tf.function(autograph=False)
    def run(ids):
        with tf.GradientTape() as tape:
            logits = model(ids, training=True)
            loss = tf.reduce_sum(logits**2)
        return logits, tape.gradient(loss, model.trainable_variables)

    logits, gradients = run(tf.constant(token_ids()))
    return logits, [tf.convert_to_tensor(gradient) for gradient in gradients]


def check_equal(found, expected):
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-4, atol=1e-4)
    for one, other in zip(found[1], expected[1], strict=True):
        scale = max(1.0, float(tf.reduce_max(tf.abs(other))))
        np.testing.assert_allclose(one / scale, other / scale, rtol=1e-3, atol=1e-4)


LAYER_NORM = {"layer_types": ["attention", "convolution"], "hidden_act": "gelu"}
NO_NORM = {"normalization_type": "no_norm", "hidden_act": "sigmoid_gelu"}


@pytest.mark.parametrize(
    ("fields", "quantized"),
    [
        pytest.param(LAYER_NORM, False, id="layer norm"),
        pytest.param(NO_NORM, False, id="no norm", marks=pytest.mark.slow),
        pytest.param(LAYER_NORM, True, id="layer norm, quantization-aware", marks=pytest.mark.slow),
        pytest.param(NO_NORM, True, id="no norm, quantization-aware", marks=pytest.mark.slow),
    ],
)
def test_a_step_with_compiled_loops(fields, quantized):
    model = build(hidden_dropout_prob=0.2, attention_probs_dropout_prob=0.2, **fields)
    if quantized:
        model = quantize_aware(model, [token_ids()])
    weights = model.get_weights()
    fuse_loops(model, enabled=False)
    expected = step(model, seed=3)
    assert not np.allclose(expected[0], step(model, seed=4)[0])
    model.set_weights(weights)
    fuse_loops(model, enabled=True)
    found = step(model, seed=3)
    if not quantized:
        check_equal(found, expected)
        return
    # The ranges move by another share, and a value at a boundary rounds to another step.
    np.testing.assert_allclose(found[0], expected[0], atol=0.1 * np.ptp(expected[0]))


@pytest.mark.slow
def test_ranges_move_in_some_steps_of_training():
    model = quantize_aware(build(hidden_act="gelu"))
    fuse_loops(model, enabled=True)
    name = "layer_0_intermediate/output_max:0"
    largest = next(weight for weight in model.weights if weight.name == name)
    forward = tf.function(lambda ids: model(ids, training=True), autograph=False)
    values = []
    for _ in range(LayerQuantizers.TRAINING_STEPS + 1):
        forward(tf.constant(token_ids()))
        values.append(float(largest))
        for weight in model.trainable_variables:
            weight.assign(1.01 * weight)
    # Without calibration, the first batch sets the range.
    assert values[0] != 6.0
    assert len(set(values[:-1])) == 1 and values[-1] != values[0]


@pytest.mark.slow
@pytest.mark.parametrize("quantized", [False, True], ids=["float", "quantization-aware"])
def test_a_checkpoint_resumes_bit_for_bit(quantized, tmp_path):
    labels = np.arange(ROWS) % 2

    def compiled():
        model = build(hidden_dropout_prob=0.2)
        if quantized:
            model = quantize_aware(model, [token_ids()])
        fuse_loops(model, enabled=True)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(AdamW(1e-2), loss)
        model.optimizer.build(model.trainable_variables)
        return model, tf.train.Checkpoint(model=model, optimizer=model.optimizer)

    def train(model, steps):
        for _ in range(steps):
            model.train_on_batch(token_ids(), labels)
        return model.get_weights()

    first, checkpoint = compiled()
    # Between two of the steps in which the ranges move.
    train(first, LayerQuantizers.TRAINING_STEPS // 2)
    path = checkpoint.save(str(tmp_path / "checkpoint"))
    expected = train(first, LayerQuantizers.TRAINING_STEPS)
    second, checkpoint = compiled()
    checkpoint.restore(path).assert_existing_objects_matched()
    for found, wanted in zip(train(second, LayerQuantizers.TRAINING_STEPS), expected, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_training_computes_only_the_first_token_of_the_last_layer():
    no_dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    model, ids = build(classifier_pooling="cls", **no_dropout), tf.constant(token_ids())
    states = {}

    def shapes(model):
        states.clear()
        norm = next(layer for layer in model.layers if layer.name == "layer_1_output_norm")
        call = norm.call
        norm.call = lambda x, **kwargs: states.update(shape=x.shape) or call(x, **kwargs)
        logits = model(ids, training=True)
        norm.call = call
        return logits, states["shape"]

    alone, shape = shapes(model)
    assert shape == (ROWS, 1, 32)
    compute_first_token_only(model, enabled=False)
    together, shape = shapes(model)
    assert shape == (ROWS, LENGTH, 32)
    np.testing.assert_allclose(alone, together, atol=1e-5)


@pytest.mark.parametrize(
    "quantized",
    [
        pytest.param(False, id="float"),
        pytest.param(True, id="quantization-aware", marks=pytest.mark.slow),
    ],
)
def test_a_view_of_the_last_layer_has_all_tokens(quantized):
    no_dropout = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    float_model = build(classifier_pooling="cls", **no_dropout)
    ids = tf.constant(token_ids())
    model = quantize_aware(float_model, [token_ids()]) if quantized else float_model
    before = model(ids)
    view = with_states(model, float_model, hidden_states=[2], attentions=[1])(ids, training=True)
    assert view["hidden_states_2"].shape == (ROWS, LENGTH, 32)
    assert view["attentions_1"].shape == (ROWS, 2, LENGTH, LENGTH)
    np.testing.assert_allclose(view["logits"], before, atol=0.01 * np.ptp(before))


def test_wide_models_and_long_trainings_are_compiled():
    narrow, wide = build(), build(hidden_size=256)
    assert not any(getattr(layer, "fuses", False) for layer in narrow.layers)
    assert all(layer.fuses for layer in wide.layers if hasattr(layer, "fuses"))
    assert pays_off(128, 1_000_000) and not pays_off(128, 100_000)

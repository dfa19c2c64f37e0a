"""Dropout draws as Keras' own does, and a checkpoint keeps what it draws next."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from tfsqueeze import SqueezeBertModel, load_preset
from tfsqueeze.layers import Dropout, SelfAttention
from tfsqueeze.quantization import quantize_aware


def test_the_mean_stays_and_inference_drops_nothing():
    layer, ones = Dropout(0.25), tf.ones([400, 500])
    dropped = layer(ones, training=True).numpy()
    assert set(np.unique(dropped)) == {0.0, np.float32(1 / 0.75)}
    assert (dropped == 0).mean() == pytest.approx(0.25, abs=0.01)
    np.testing.assert_array_equal(layer(ones, training=False), ones)
    np.testing.assert_array_equal(Dropout(0.0)(ones, training=True), ones)
    rows = Dropout(0.5, noise_shape=(400, 1), seed=1)(ones, training=True).numpy()
    assert set(np.unique(rows.std(axis=1))) == {0.0} and set(rows[:, 0]) == {0.0, 2.0}


def test_what_is_dropped_gets_no_gradient():
    layer, x = Dropout(0.5, seed=3), tf.ones([100])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    np.testing.assert_array_equal(tape.gradient(y, x), y)


def model_with_dropout():
    config = load_preset(
        "squeezebert-micro",
        vocab_size=20,
        hidden_dropout_prob=0.2,
        attention_probs_dropout_prob=0.2,
        num_hidden_layers=1,
        layer_types=["attention"],
    )
    return SqueezeBertModel(config, input_names=("input_ids",))


@pytest.mark.parametrize(
    "make",
    [
        model_with_dropout,
        pytest.param(lambda: quantized(model_with_dropout()), marks=pytest.mark.slow),
    ],
    ids=["float", "quantization-aware"],
)
def test_a_checkpoint_restores_what_comes_next(make, tmp_path):
    keras.utils.set_random_seed(0)
    first, second, ids = make(), make(), tf.constant([[2, 7, 9, 3]])
    first(ids, training=True)
    path = tf.train.Checkpoint(model=first).save(str(tmp_path / "checkpoint"))
    expected = [first(ids, training=True)["last_hidden_state"] for _ in range(2)]
    assert not np.array_equal(*expected)
    tf.train.Checkpoint(model=second).restore(path).assert_existing_objects_matched()
    for one in expected:
        np.testing.assert_array_equal(second(ids, training=True)["last_hidden_state"], one)


def quantized(model):
    return quantize_aware(model, [{"input_ids": np.array([[2, 7, 9, 3]])}])


def test_attention_drops_probabilities_of_training_alone():
    x = tf.ones([1, 5, 8])
    inputs = [x, x, x, tf.zeros([1, 1, 1, 5])]
    layer = SelfAttention(2, dropout=0.5)
    np.testing.assert_array_equal(layer(inputs), SelfAttention(2)(inputs))
    assert not np.array_equal(layer(inputs, training=True), layer(inputs))
    assert layer.weights == []

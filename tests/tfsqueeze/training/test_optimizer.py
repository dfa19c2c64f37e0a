"""The optimizer computes what Keras' AdamW computes, in fewer operations."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.training.fit import warmup_and_decay
from tfsqueeze.training.optimizer import AdamW

SHAPES = ((5, 3), (7,), (4, 2))


def gradients(step: int, sparse: bool) -> list:
    """Gradients of `SHAPES`, some longer and some shorter than the clipping norm."""
    draw = np.random.default_rng(step)
    found = [
        tf.constant(draw.normal(0, 10.0 ** (step % 5 - 3), shape), tf.float32) for shape in SHAPES
    ]
    if sparse:
        # Row 1 twice.
        found[0] = tf.IndexedSlices(found[0][:3], tf.constant([1, 4, 1]), tf.constant([5, 3]))
    found[2] = tf.zeros_like(found[2]) if step == 3 else found[2]
    return found


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("clipnorm", [None, 1.0])
@pytest.mark.parametrize("weight_decay", [0.0, 0.01])
def test_the_weights_are_those_of_keras_bit_by_bit(clipnorm, weight_decay, sparse):
    found = []
    for optimizer_class in (keras.optimizers.AdamW, AdamW):
        optimizer = optimizer_class(
            warmup_and_decay(1e-2, 20), weight_decay=weight_decay, clipnorm=clipnorm
        )
        draw = np.random.default_rng(100)
        weights = [tf.Variable(draw.normal(size=shape), dtype=tf.float32) for shape in SHAPES]
        apply = tf.function(
            lambda values, o=optimizer, w=weights: o.apply_gradients(zip(values, w, strict=True))
        )
        for step in range(20):
            apply(gradients(step, sparse))
        found.append([*(w.numpy() for w in weights), *(v.numpy() for v in optimizer.variables)])
    for ours, keras_own in zip(*found, strict=True):
        np.testing.assert_array_equal(ours, keras_own)


@pytest.mark.parametrize("sparse", [False, True])
def test_batches_are_accumulated(sparse):
    found = []
    for count in (1, 3):
        optimizer = AdamW(1e-2, weight_decay=0.01, clipnorm=1.0, gradient_accumulation_steps=count)
        weights = [tf.Variable(tf.ones(shape)) for shape in SHAPES]
        apply = tf.function(
            lambda values, o=optimizer, w=weights: o.apply_gradients(zip(values, w, strict=True))
        )
        for step in range(4):
            batches = [gradients(3 * step + batch, sparse) for batch in range(3)]
            if count == 1:
                dense = [[tf.convert_to_tensor(x) for x in batch] for batch in batches]
                batches = [[tf.add_n(list(x)) / 3 for x in zip(*dense, strict=True)]]
            for batch in batches:
                apply(batch)
        assert int(optimizer.iterations) == 4 * count
        found.append([weight.numpy() for weight in weights])
    for accumulated, whole in zip(*found, strict=True):
        np.testing.assert_allclose(accumulated, whole, rtol=1e-5)


def test_a_step_has_half_the_operations():
    counts = []
    for optimizer_class in (keras.optimizers.AdamW, AdamW):
        optimizer = optimizer_class(1e-2, weight_decay=0.01, clipnorm=1.0)
        weights = [tf.Variable(tf.ones([2])) for _ in range(40)]
        optimizer.build(weights)
        step = tf.function(
            lambda o=optimizer, w=weights: o.apply_gradients([(tf.ones([2]), x) for x in w])
        )
        counts.append(len(step.get_concrete_function().graph.get_operations()))
    assert counts[1] < 0.55 * counts[0]


def test_a_saved_model_is_trained_on(tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    model.compile(AdamW(1e-2, weight_decay=0.01, clipnorm=1.0), "mse")
    x, y = np.ones((4, 3)), np.ones((4, 2))
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.optimizer, AdamW)
    for each in (model, loaded):
        each.fit(x, y, verbose=0)
    for ours, theirs in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)

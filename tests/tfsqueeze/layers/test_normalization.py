"""Layer normalization against Keras's, and its replacement without reductions."""

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers import LayerNorm, NoNorm


def test_it_is_kerass_layer_normalization(randomize):
    ours, kerass = LayerNorm(1e-6), keras.layers.LayerNormalization(epsilon=1e-6)
    x = tf.constant(np.random.default_rng(0).normal(3, 2, (2, 5, 16)), tf.float32)
    ours(x), kerass(x)
    randomize(ours)
    kerass.set_weights(ours.get_weights())
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y, expected = ours(x), kerass(x)
        loss, expected_loss = tf.reduce_sum(y**3), tf.reduce_sum(expected**3)
    np.testing.assert_allclose(y, expected, atol=1e-5)
    np.testing.assert_allclose(tape.gradient(loss, x), tape.gradient(expected_loss, x), atol=1e-4)


def test_equal_channels_give_the_offset():
    layer = LayerNorm()
    np.testing.assert_allclose(layer(tf.fill((1, 2, 8), 5.0)), np.zeros((1, 2, 8)), atol=1e-3)


def test_no_norm_scales_and_offsets(randomize):
    layer = NoNorm()
    x = np.random.default_rng(0).normal(size=(2, 5, 16)).astype("float32")
    layer(x)
    gamma, beta = randomize(layer).get_weights()
    np.testing.assert_allclose(layer(x), x * gamma + beta, atol=1e-6)

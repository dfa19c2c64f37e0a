"""The grouped pointwise convolution against a grouped 1-D convolution in numpy."""

import numpy as np
import pytest
import tensorflow as tf

from tfsqueeze.layers import GroupedConvolution, export_form


def grouped_conv1d(x, weight, bias, groups):
    """Conv1d of kernel size 1 by its definition: weight [filters, channels / groups]."""
    filters, width = weight.shape
    y = np.zeros((*x.shape[:-1], filters))
    for f in range(filters):
        first = f // (filters // groups) * width
        for c in range(width):
            y[..., f] += x[..., first + c] * weight[f, c]
    return y + bias


@pytest.mark.parametrize("shape", [(2, 5, 12), (3, 12)])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_it_is_a_grouped_convolution(shape, groups, randomize):
    layer = GroupedConvolution(8, groups)
    layer.build(shape)
    randomize(layer)
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    weight = np.concatenate(
        [getattr(layer, f"kernel_{g}").numpy().reshape(12 // groups, -1).T for g in range(groups)]
    )
    bias = np.concatenate([getattr(layer, f"bias_{g}").numpy() for g in range(groups)])
    expected = grouped_conv1d(x, weight, bias, groups)
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)
    with export_form():
        np.testing.assert_allclose(
            layer(x.reshape(1, 1, -1, 12)), expected.reshape(1, 1, -1, 8), atol=1e-5
        )


@pytest.mark.parametrize(
    "activation, expected",
    [
        ("relu", lambda x: np.maximum(x, 0)),
        ("tanh", np.tanh),
        ("sigmoid_gelu", lambda x: x / (1 + np.exp(-1.702 * x))),
        ("gelu", lambda x: x * 0.5 * (1 + tf.math.erf(x / np.sqrt(2)).numpy())),
    ],
)
def test_activations(activation, expected, randomize):
    plain, active = GroupedConvolution(8, 2), GroupedConvolution(8, 2, activation)
    x = np.random.default_rng(0).normal(size=(2, 5, 12)).astype("float32")
    plain(x), active(x)
    randomize(plain)
    active.set_weights(plain.get_weights())
    np.testing.assert_allclose(active(x), expected(plain(x).numpy()), atol=1e-5)


def test_the_output_is_scaled_with_its_bias(randomize):
    plain, scaled = GroupedConvolution(4), GroupedConvolution(4, output_scale=0.25)
    x = np.ones((1, 3, 4), "float32")
    plain(x), scaled(x)
    randomize(plain)
    scaled.set_weights(plain.get_weights())
    np.testing.assert_allclose(scaled(x), 0.25 * plain(x), atol=1e-6)


def test_every_group_gets_a_gradient():
    layer = GroupedConvolution(8, 4)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer(tf.random.normal((2, 5, 12))) ** 2)
    gradients = tape.gradient(loss, layer.trainable_weights)
    assert len(gradients) == 8
    assert all(np.abs(g).max() > 0 for g in gradients[:4])


def test_groups_that_do_not_divide():
    with pytest.raises(ValueError, match="12 channels and 8 filters"):
        GroupedConvolution(8, 5).build((None, 12))

"""The depthwise convolution along the sequence against its definition."""

import numpy as np
import pytest

from tfsqueeze.layers import SequenceDepthwiseConvolution


def depthwise(x, kernel, bias):
    """kernel [size, channels]; zeros beyond the ends, the odd one after."""
    size, length = len(kernel), x.shape[1]
    before = (size - 1) // 2
    padded = np.pad(x, ((0, 0), (before, size - 1 - before), (0, 0)))
    return sum(padded[:, k : k + length] * kernel[k] for k in range(size)) + bias


@pytest.mark.parametrize("size", [1, 3, 4, 5])
def test_it_is_a_depthwise_convolution(size, randomize):
    layer = SequenceDepthwiseConvolution(size)
    x = np.random.default_rng(0).normal(size=(2, 7, 6)).astype("float32")
    mask = np.ones((2, 7, 1), "float32")
    mask[1, 4:] = 0
    layer([x, mask])
    kernel, bias = randomize(layer).get_weights()
    np.testing.assert_allclose(
        layer([x, mask]), depthwise(x * mask, kernel[0, :, 0], bias), atol=1e-5
    )


def test_padding_does_not_leak(randomize):
    layer = SequenceDepthwiseConvolution(3, "relu")
    x = np.random.default_rng(0).normal(size=(1, 7, 6)).astype("float32")
    mask = np.ones((1, 7, 1), "float32")
    mask[:, 4:] = 0
    layer([x, mask])
    randomize(layer)
    np.testing.assert_allclose(layer([x, mask])[:, :4], layer([x[:, :4], mask[:, :4]]), atol=1e-6)

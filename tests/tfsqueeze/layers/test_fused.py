"""Compiled loops give what the plain operations give, and so do their gradients."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfsqueeze.layers.dropout import keep_mask
from tfsqueeze.layers.fused import Fused


def scaled_tanh(x, bias, factor):
    return factor * tf.tanh(x + bias)


@pytest.fixture(scope="module")
def fused():
    return Fused(scaled_tanh, rows=1, constants=1)


# A number of rows that loops are compiled for, and others.
@pytest.mark.parametrize("rows", [1, 7, 64, 65, 100])
@pytest.mark.parametrize("in_graph", [False, True])
def test_values_and_gradients_are_those_of_the_function(fused, rows, in_graph):
    draw = np.random.default_rng(rows)
    x, bias = (tf.constant(draw.normal(size=size), tf.float32) for size in ((rows, 3), (3,)))
    factor = tf.constant(3.0)

    def run(function):
        with tf.GradientTape() as tape:
            tape.watch([x, bias])
            y = function(x, bias, factor)
            loss = tf.reduce_sum(y**2)
        return y, *tape.gradient(loss, [x, bias])

    traced = tf.function(run, autograph=False) if in_graph else run
    for found, expected in zip(traced(fused), run(scaled_tanh), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_constants_have_no_gradient(fused):
    x, bias, factor = tf.ones([2, 3]), tf.zeros([3]), tf.constant(2.0)
    with tf.GradientTape() as tape:
        tape.watch(factor)
        y = fused(x, bias, factor)
    assert tape.gradient(y, factor) is None


def test_vectors_are_rows_of_one_value():
    double = Fused(lambda x: 2 * x, rows=1)
    np.testing.assert_array_equal(double(tf.range(5.0)), 2 * np.arange(5.0))


def test_masks_keep_the_share_and_are_unlike_each_other():
    masks = [
        keep_mask([1000, 1000], tf.constant(seeds, tf.uint32), rate=0.25).numpy()
        for seeds in ([0, 0], [0, 1], [1, 0], [2**31, 2**32 - 1])
    ]
    for number, mask in enumerate(masks):
        assert mask.mean() == pytest.approx(0.75, abs=2e-3)
        # Each row and each column too: no seed makes a pattern.
        for axis in (0, 1):
            assert mask.mean(axis=axis).std() == pytest.approx((0.1875 / 1000) ** 0.5, rel=0.1)
        for other in masks[:number]:
            assert (mask == other).mean() == pytest.approx(0.75**2 + 0.25**2, abs=3e-3)
    # Neighbours are independent, in a row and in a column.
    mask = masks[0]
    for first, second in ((mask[:, 1:], mask[:, :-1]), (mask[1:], mask[:-1])):
        assert (first & second).mean() == pytest.approx(0.75**2, abs=2e-3)

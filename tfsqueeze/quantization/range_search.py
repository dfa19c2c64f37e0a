"""Ranges of the int8 tensors around an activation that serve the next product best."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfsqueeze.layers.activations import SIGMOID_GELU_SLOPE, activate

# The ends of a range are tried at these shares of the ends of the data.
_LOW_SHARES = (1.0, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12)
_HIGH_SHARES = (1.0, 0.8, 0.65, 0.5, 0.4, 0.32, 0.25, 0.2, 0.16, 0.13, 0.1)

Ranges = dict[str, tuple[float, float]]


def search_ranges(x: np.ndarray, activation: str | None, observed: Ranges) -> Ranges:
    """Returns the ranges that leave the least noise in the result of an activation.

    Noise is what remains of each channel's squared error after the best offset and factor of the
    channel, since the next product can have both in its weights. So an outlier that is the same in
    every text may be clipped.

    Args:
        x: what the activation reads, float32 [tokens, channels].
        activation: as in `activate`.
        observed: the observed ranges of those of its tensors that have no fixed one, by name.
    """
    exact = activate(lambda _, y: y, x, activation)

    def ranges(low_share: float, high_share: float) -> Ranges:
        found = dict(observed)
        low, most = observed.get("output", (0.0, 0.0))
        if "pre_activation" in observed:
            first, last = observed["pre_activation"]
            first, last = first * low_share, last * high_share
            found["pre_activation"] = first, last
            if "sloped" in observed:
                found["sloped"] = SIGMOID_GELU_SLOPE * first, SIGMOID_GELU_SLOPE * last
            # No activation gives more than it reads, tanh and those with a fixed range aside.
            high = min(most, max(last, most * min(_HIGH_SHARES)))
        else:
            high = most * high_share
        return {**found, "output": (low, high)} if "output" in observed else found

    def noise(candidate: Ranges) -> float:
        return _noise(exact, activate(lambda name, y: _round(name, y, candidate), x, activation))

    low = min(_LOW_SHARES, key=lambda share: noise(ranges(share, 1.0)))
    high = min(_HIGH_SHARES, key=lambda share: noise(ranges(low, share)))
    low = min(_LOW_SHARES, key=lambda share: noise(ranges(share, high)))
    return ranges(low, high)


def _round(name: str, x: tf.Tensor, ranges: Mapping[str, tuple[float, float]]) -> tf.Tensor:
    if name not in ranges:
        return x
    return tf.quantization.fake_quant_with_min_max_vars(x, *ranges[name])


def _noise(exact: tf.Tensor, rounded: tf.Tensor) -> float:
    x, y = (z - tf.reduce_mean(z, axis=0) for z in (exact, rounded))
    covariance, variance = tf.reduce_sum(x * y, axis=0), tf.reduce_sum(y * y, axis=0)
    explained = tf.math.divide_no_nan(tf.square(covariance), variance)
    return float(tf.reduce_sum(tf.reduce_sum(x * x, axis=0) - explained))

"""Single operators as TensorFlow functions, for the per-operator profile."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from benchmarks.peers.tflite import convert_stock

_SAMPLES = 16
Shapes = list[tuple[int, ...]]


def convert_operator(kind: str, sizes: tuple[int, ...], quantization: str) -> bytes:
    """Converts one operator of `KINDS` to a .tflite file, its inputs and outputs int8 or float32.

    quantization: `float32` or `int8`, calibrated on standard normal inputs.
    """
    shapes, call = KINDS[kind](*sizes)
    names = [f"input_{index}" for index in range(len(shapes))]
    signature = {
        name: tf.TensorSpec(shape, tf.float32, name=name)
        for name, shape in zip(names, shapes, strict=True)
    }

    @tf.function(input_signature=[signature])
    def serve(inputs):
        return {"output": call(*(inputs[name] for name in names))}

    def samples():
        generator = np.random.default_rng(0)
        for _ in range(_SAMPLES):
            values = [generator.standard_normal(shape, np.float32) for shape in shapes]
            if kind in _LAST_INPUT_RANGES:
                low, high = _LAST_INPUT_RANGES[kind]
                values[-1] = values[-1].clip(low, high)
                values[-1].flat[:2] = low, high
            yield dict(zip(names, values, strict=True))

    return convert_stock(serve, tf.Module(), quantization, samples)


def _weights(*shape: int) -> tf.Tensor:
    generator = np.random.default_rng(math.prod(shape))
    return tf.constant(generator.standard_normal(shape, np.float32) * np.float32(0.05))


def _dense(length, channels, filters) -> tuple[Shapes, Callable]:
    return [(length, channels)], lambda x: tf.nn.bias_add(
        tf.matmul(x, _weights(channels, filters)), _weights(filters)
    )


def _grouped_dense(length, channels, filters, groups):
    def call(x):
        pieces = [
            tf.nn.bias_add(
                tf.matmul(piece, _weights(channels // groups, filters // groups) + 0.001 * index),
                _weights(filters // groups),
            )
            for index, piece in enumerate(tf.split(x, groups, axis=1))
        ]
        return tf.concat(pieces, axis=1)

    return [(length, channels)], call


def _convolution(length, channels, filters, groups):
    return [(1, 1, length, channels)], lambda x: tf.nn.bias_add(
        tf.nn.conv2d(x, _weights(1, 1, channels // groups, filters), 1, "SAME"), _weights(filters)
    )


def _queries_by_keys(heads, length, size):
    return [(heads, length, size)] * 2, lambda q, k: tf.matmul(q, k, transpose_b=True)


def _queries_by_keys_per_head(heads, length, size):
    def call(queries, keys):
        pairs = zip(tf.split(queries, heads, axis=1), tf.split(keys, heads, axis=1), strict=True)
        return tf.concat([tf.matmul(q, k, transpose_b=True) for q, k in pairs], axis=0)

    return [(length, heads * size)] * 2, call


def _probabilities_by_values(heads, length, size):
    return [(heads, length, length), (heads, length, size)], tf.matmul


def _probabilities_by_transposed_values(heads, length, size):
    return (
        [(heads, length, length), (heads, size, length)],
        lambda p, v: tf.matmul(p, v, transpose_b=True),
    )


def _layer_norm(length, channels):
    def call(x):
        mean, variance = tf.nn.moments(x, [-1], keepdims=True)
        return tf.nn.batch_normalization(
            x, mean, variance, _weights(channels), 1 + _weights(channels), 1e-12
        )

    return [(length, channels)], call


def _layer_norm_of_products(length, channels):
    def call(x):
        centered = x - tf.reduce_mean(x, -1, keepdims=True)
        variance = tf.reduce_mean(centered * centered, -1, keepdims=True)
        return centered * tf.math.rsqrt(variance) * (1 + _weights(channels)) + _weights(channels)

    return [(length, channels)], call


def _mean_as_product(x, sign=1.0):
    return tf.nn.conv2d(x, tf.fill([1, 1, x.shape[-1], 1], sign / x.shape[-1]), 1, "SAME")


def _layer_norm_without_offset(length, channels):
    def call(x):
        centered = x + _mean_as_product(x, -1.0)
        normalized = centered * tf.math.rsqrt(_mean_as_product(centered * centered))
        return normalized * (1 + _weights(channels))

    return [(1, 1, length, channels)], call


def _layer_norm_with_offset(length, channels):
    def call(x):
        centered = x - _mean_as_product(x)
        normalized = centered * tf.math.rsqrt(_mean_as_product(centered * centered))
        return normalized * (1 + _weights(channels)) + _weights(channels)

    return [(1, 1, length, channels)], call


def _mask(function):
    return lambda heads, length: ([(1, heads, length, length), (1, 1, 1, length)], function)


def _depthwise(length, channels, size):
    kernel = (1, size, channels, 1)
    return [(1, 1, length, channels)], lambda x: tf.nn.depthwise_conv2d(
        x, _weights(*kernel), (1, 1, 1, 1), "SAME"
    )


def _split_heads(heads, length, size):
    return [(length, heads * size)], lambda x: tf.transpose(
        tf.reshape(x, [length, heads, size]), [1, 0, 2]
    )


def _elementwise(function: Callable, inputs: int = 1) -> Callable:
    return lambda *shape: ([shape] * inputs, function)


# Name of the kind: a function of its sizes that returns the inputs' shapes and what is computed.
KINDS: dict[str, Callable] = {
    "dense": _dense,
    "grouped_dense": _grouped_dense,
    "convolution": _convolution,
    "queries_by_keys": _queries_by_keys,
    "queries_by_symmetric_keys": _queries_by_keys,
    "queries_by_keys_per_head": _queries_by_keys_per_head,
    "probabilities_by_values": _probabilities_by_values,
    "probabilities_by_symmetric_values": _probabilities_by_values,
    "probabilities_by_transposed_values": _probabilities_by_transposed_values,
    "mask_by_minimum": _mask(tf.minimum),
    "mask_by_sum": _mask(tf.add),
    "layer_norm": _layer_norm,
    "layer_norm_of_products": _layer_norm_of_products,
    "layer_norm_without_offset": _layer_norm_without_offset,
    "layer_norm_with_offset": _layer_norm_with_offset,
    "depthwise": _depthwise,
    "split_heads": _split_heads,
    "softmax": _elementwise(tf.nn.softmax),
    "gelu": _elementwise(tf.nn.gelu),
    "sigmoid_gelu": _elementwise(lambda x: x * tf.sigmoid(1.702 * x)),
    "sigmoid": _elementwise(tf.sigmoid),
    "add": _elementwise(tf.add, inputs=2),
}

# What the last input is calibrated on: zero point 0, or not.
_SYMMETRIC, _ASYMMETRIC = (-5.12, 5.08), (-5.12, 4.0)
_LAST_INPUT_RANGES = {
    "queries_by_symmetric_keys": _SYMMETRIC,
    "probabilities_by_symmetric_values": _SYMMETRIC,
    "probabilities_by_transposed_values": _SYMMETRIC,
    "queries_by_keys": _ASYMMETRIC,
    "probabilities_by_values": _ASYMMETRIC,
}

"""What is done to a converter's file before it is handed out."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import tensorflow as tf

from converters.conversion.postprocess import postprocess
from converters.conversion.shared_constants_pass import share_constants
from converters.runtime.interpreters import open_model
from converters.tflite.flatbuffer import serialize_model
from converters.tflite.inspection import list_operators
from converters.tflite.tflite_file import unpack_model
from tfsqueeze.utils.errors import UserError

_CHANNELS = 64


@pytest.fixture(scope="module")
def converted() -> bytes:
    """A per-channel int8 convolution and a depthwise one, as the stock converter writes them."""
    generator = np.random.default_rng(0)
    full, each = (
        tf.constant(generator.standard_normal(shape), tf.float32)
        for shape in ((1, 1, _CHANNELS, _CHANNELS), (1, 3, 1, _CHANNELS))
    )
    bounds = -4 * np.ones(_CHANNELS, np.float32), 4 * np.ones(_CHANNELS, np.float32)

    def quantized(x):
        return tf.quantization.fake_quant_with_min_max_args(x, -6, 6)

    @tf.function(input_signature=[tf.TensorSpec((1, 1, 8, _CHANNELS))])
    def serve(x):
        with tf.name_scope("model/inner"):
            x = quantized(x)
            for kernel in (full, each):
                kernel = tf.quantization.fake_quant_with_min_max_vars_per_channel(
                    kernel, *bounds, narrow_range=True
                )
                x = quantized(tf.nn.conv2d(x, kernel, 1, "SAME"))
            return x

    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [serve.get_concrete_function()], tf.Module()
    )
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return converter.convert()


def postprocessed(content: bytes) -> bytes:
    model = unpack_model(content)
    postprocess(model)
    return serialize_model(model)


def test_it_computes_the_same(converted):
    x = np.random.default_rng(1).standard_normal((1, 1, 8, _CHANNELS)).astype(np.float32)
    found, expected = (
        open_model(content).run(x) for content in (postprocessed(converted), converted)
    )
    assert np.ptp(expected) > 1
    np.testing.assert_allclose(found, expected, atol=12 / 255 + 1e-6)


def test_one_input_channel_per_group_is_depthwise(converted):
    names = [operator.name for operator in list_operators(postprocessed(converted))]
    assert names.count("CONV_2D") == names.count("DEPTHWISE_CONV_2D") == 1


def test_zero_points_are_written_once(converted):
    finished = postprocessed(converted)
    # Two tensors with 64 of 8 bytes at the least.
    assert len(converted) - len(finished) > 8 * _CHANNELS
    (weights,) = (
        operator.weights for operator in list_operators(finished) if operator.name == "CONV_2D"
    )
    assert len(weights.scales) == _CHANNELS and weights.zero_point == 0


def test_names_are_those_of_single_ops_within_the_model(converted):
    tensors = [
        tensor.name
        for operator in list_operators(postprocessed(converted))
        for tensor in operator.outputs
    ]
    assert any(name.startswith("inner/") for name in tensors), tensors
    assert not any(";" in name or name.startswith("model/") for name in tensors)
    once = postprocessed(converted)
    assert postprocessed(once)[:4] == once[:4] and len(postprocessed(once)) <= len(once)


def test_a_result_below_one_step_of_its_input_can_be_computed():
    kernel = tf.quantization.fake_quant_with_min_max_args(tf.eye(8)[None, None] * 0.01, -0.01, 0.01)

    @tf.function(input_signature=[tf.TensorSpec((1, 1, 4, 8))])
    def serve(x):
        x = tf.quantization.fake_quant_with_min_max_args(x, -6, 6)
        result = tf.nn.conv2d(x, kernel, 1, "SAME")
        result = tf.quantization.fake_quant_with_min_max_args(result, -1e-6, 1e-6)
        return tf.quantization.fake_quant_with_min_max_args(x + result, -6, 6)

    converter = tf.lite.TFLiteConverter.from_concrete_functions(
        [serve.get_concrete_function()], tf.Module()
    )
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    content = converter.convert()
    x = np.random.default_rng(1).uniform(-5, 5, (1, 1, 4, 8)).astype(np.float32)
    with pytest.raises(UserError, match="XNNPACK"):
        open_model(content)
    np.testing.assert_allclose(open_model(postprocessed(content)).run(x), x, atol=12 / 255)


def test_equal_constants_have_one_buffer(converted):
    model = unpack_model(converted)
    (graph,) = model.subgraphs
    constants = [t for t in graph.tensors if model.buffers[t.buffer].data is not None]
    largest = max(constants, key=lambda tensor: len(model.buffers[tensor.buffer].data))
    twin = copy.copy(largest)
    twin.buffer, twin.shape, twin.quantization = len(model.buffers), [_CHANNELS**2], None
    model.buffers.append(copy.copy(model.buffers[largest.buffer]))
    graph.tensors.append(twin)
    share_constants(model)
    assert twin.buffer == largest.buffer and model.buffers[-1].data is None
    assert len(model.buffers[largest.buffer].data) == _CHANNELS * _CHANNELS
    shared, x = serialize_model(model), np.ones((1, 1, 8, _CHANNELS), np.float32)
    np.testing.assert_array_equal(open_model(shared).run(x), open_model(converted).run(x))

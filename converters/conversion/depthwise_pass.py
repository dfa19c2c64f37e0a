"""A pass over a .tflite model: convolutions with a group per channel become depthwise ones."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from converters.tflite.operator_codes import builtin_code, operator_code_index

_CONV = schema.BuiltinOperator.CONV_2D
_DEPTHWISE = schema.BuiltinOperator.DEPTHWISE_CONV_2D
_VERSION = 3  # The first with per-channel int8 weights.


def use_depthwise_convolutions(model: schema.ModelT) -> None:
    """Makes each CONV_2D of one input channel per group a DEPTHWISE_CONV_2D, in place.

    Runtimes have fast kernels for the latter only, and the Edge TPU has none for the former. The
    weights are the same numbers: [channels, height, width, 1] becomes
    [1, height, width, channels], with the scales along the last axis.

    Args:
        model: an unpacked model.
    """
    for graph in model.subgraphs:
        for operator in graph.operators:
            if builtin_code(model, operator) != _CONV:
                continue
            data, weights = (graph.tensors[index] for index in operator.inputs[:2])
            if weights.shape[3] == 1 and data.shape[3] > 1:
                _make_depthwise(model, operator, weights)


def _make_depthwise(
    model: schema.ModelT, operator: schema.OperatorT, weights: schema.TensorT
) -> None:
    buffer = model.buffers[weights.buffer]
    dtype = np.int8 if weights.type == schema.TensorType.INT8 else np.float32
    values = np.frombuffer(np.asarray(buffer.data, np.uint8).tobytes(), dtype)
    values = values.reshape(weights.shape).transpose(3, 1, 2, 0)
    buffer.data = np.frombuffer(values.tobytes(), np.uint8)
    weights.shape = np.asarray(values.shape, np.int32)
    if weights.quantization is not None:
        weights.quantization.quantizedDimension = 3
    old = operator.builtinOptions
    options = schema.DepthwiseConv2DOptionsT()
    for name in (
        "padding",
        "strideW",
        "strideH",
        "dilationWFactor",
        "dilationHFactor",
        "fusedActivationFunction",
    ):
        setattr(options, name, getattr(old, name))
    options.depthMultiplier = 1
    operator.builtinOptions = options
    operator.builtinOptionsType = schema.BuiltinOptions.DepthwiseConv2DOptions
    operator.opcodeIndex = operator_code_index(model, _DEPTHWISE, _VERSION)

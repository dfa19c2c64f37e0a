"""A pass over a .tflite model: results of products get scales that XNNPACK can round to."""

from __future__ import annotations

import collections

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from converters.tflite.operator_codes import builtin_code

# XNNPACK makes no product whose sums have 256 times the scale of the result
# (`operators/convolution-nhwc.c`). Half of it leaves room for rounding.
_LARGEST_RATIO = 128.0
_CONVOLUTIONS = {
    schema.BuiltinOperator.CONV_2D,
    schema.BuiltinOperator.DEPTHWISE_CONV_2D,
    schema.BuiltinOperator.FULLY_CONNECTED,
}
# Their kernels read int8 of any scale, and round to any scale.
_ROUNDING = _CONVOLUTIONS | {
    schema.BuiltinOperator.ADD,
    schema.BuiltinOperator.BATCH_MATMUL,
    schema.BuiltinOperator.MUL,
    schema.BuiltinOperator.SUB,
}


def widen_scales_of_products(model: schema.ModelT) -> None:
    """Gives the results of products a larger scale if theirs is too small to compute, in place.

    Such a result is less than one step of its input and so is nothing but rounding errors, as is
    the mean of vectors that are normalized already.

    Args:
        model: an unpacked model.
    """
    for graph in model.subgraphs:
        readers = collections.defaultdict(set)
        for operator in graph.operators:
            for index in operator.inputs:
                readers[index].add(builtin_code(model, operator))
        for operator in graph.operators:
            index = operator.outputs[0]
            if (
                builtin_code(model, operator) in _CONVOLUTIONS
                and readers[index]
                and readers[index] <= _ROUNDING
                and index not in graph.outputs
            ):
                _widen(*(graph.tensors[x] for x in (*operator.inputs[:2], index)))


def _widen(data: schema.TensorT, weights: schema.TensorT, result: schema.TensorT) -> None:
    if result.type != schema.TensorType.INT8:
        return
    sums = float(data.quantization.scale[0]) * float(np.max(weights.quantization.scale))
    smallest = sums / _LARGEST_RATIO
    if result.quantization.scale[0] < smallest:
        result.quantization.scale = np.array([smallest], np.float32)
        # Around 0, where all its values are.
        result.quantization.zeroPoint = np.zeros(1, np.int64)

"""Multiply-accumulates of the operators of a .tflite file."""

from __future__ import annotations

import math

from converters.tflite.tflite_operators import Operator


def count_operator_macs(operator: Operator) -> int:
    """Returns the multiply-accumulates of a convolution or matrix product; 0 for other operators.

    Each output of a convolution takes height * width * channels of its weights, of a depthwise
    one height * width, of a matrix product the length of the axis that is summed over.

    Args:
        operator: an operator of a file whose shapes are static.
    """
    if operator.name == "CONV_2D":
        return operator.outputs[0].elements * math.prod(operator.inputs[1].shape[1:])
    if operator.name == "DEPTHWISE_CONV_2D":
        return operator.outputs[0].elements * math.prod(operator.inputs[1].shape[1:3])
    if operator.name == "TRANSPOSE_CONV":
        # Operands: output shape, weights [out, height, width, in], data; each input is spread.
        weights, data = operator.inputs[1:3]
        return data.elements * math.prod(weights.shape[:3])
    if operator.name == "FULLY_CONNECTED":
        return operator.outputs[0].elements * operator.inputs[1].shape[-1]
    if operator.name == "BATCH_MATMUL":
        left = operator.inputs[0].shape
        return operator.outputs[0].elements * left[-2 if operator.options.adjX else -1]
    return 0

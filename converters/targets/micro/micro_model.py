"""The file for TensorFlow Lite Micro, whose kernels have costs of their own."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from converters.tflite.flatbuffer import serialize_model
from converters.tflite.operator_codes import builtin_code, operator_code_index
from converters.tflite.tflite_file import unpack_model

_VERSION = 5  # The first that keeps the number of dimensions.


def micro_model(model: bytes) -> bytes:
    """Returns a file with FULLY_CONNECTED for each CONV_2D of 1x1 and several filters.

    The reference kernel of CONV_2D computes the index of each element again, which takes most of
    the instructions of the library's default build; CMSIS-NN takes as many for both
    (`docs/microcontrollers.md` has the counts). In TensorFlow Lite Micro the results are the same
    bits. On phones they are not, since FULLY_CONNECTED rounds differently there.

    Args:
        model: the bytes of an int8 file of `convert_int8`.

    Returns:
        The file's bytes.
    """
    unpacked = unpack_model(model)
    for graph in unpacked.subgraphs:
        products = [x for x in graph.operators if _is_product(unpacked, graph, x)]
        # Several operators may have the same weights.
        for index in {int(operator.inputs[1]) for operator in products}:
            weights = graph.tensors[index]
            weights.shape = np.asarray([weights.shape[0], weights.shape[3]], np.int32)
        for operator in products:
            options = schema.FullyConnectedOptionsT()
            options.fusedActivationFunction = operator.builtinOptions.fusedActivationFunction
            options.keepNumDims = True
            operator.builtinOptions = options
            operator.builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
            operator.opcodeIndex = operator_code_index(
                unpacked, schema.BuiltinOperator.FULLY_CONNECTED, _VERSION
            )
    return serialize_model(unpacked)


def _is_product(model: schema.ModelT, graph: schema.SubGraphT, operator: schema.OperatorT) -> bool:
    """Whether an operator is a CONV_2D of 1x1 with several filters.

    Strides are 1 in all models of this project. With one scale for all weights, FULLY_CONNECTED
    multiplies it by that of the input in float32, and CONV_2D in float64, which rounds some ties
    differently.
    """
    if builtin_code(model, operator) != schema.BuiltinOperator.CONV_2D:
        return False
    data, weights = (graph.tensors[index] for index in operator.inputs[:2])
    has_scales = len(weights.quantization.scale) > 1
    return has_scales and list(weights.shape[1:]) == [1, 1, data.shape[3]]

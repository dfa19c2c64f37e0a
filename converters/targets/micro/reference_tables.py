"""Tables of operators of one int8 input: what the reference kernel gives for each value."""

from __future__ import annotations

import copy

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from converters.runtime.interpreters import open_model
from converters.tflite.flatbuffer import serialize_model
from converters.tflite.tflite_operators import Operator

_VALUES = np.arange(-128, 128)
# Their reference kernels refuse negative numbers.
_OF_POSITIVE = {"RSQRT", "SQRT", "LOG"}


def reference_table(model: schema.ModelT, operator: Operator) -> np.ndarray:
    """Returns the output of an elementwise operator for each value of its one input.

    A model of the operator alone runs with LiteRT's reference kernels.

    Args:
        model: the unpacked model.
        operator: an operator of its first subgraph. All its operands are one int8 tensor.

    Returns:
        int8 [256], for the inputs from -128 to 127. Numbers that the kernel refuses have the
        output of the smallest that it takes.
    """
    content = serialize_model(_operator_alone(model, operator))
    source = operator.inputs[0]
    values = _VALUES
    if operator.name in _OF_POSITIVE:
        values = np.maximum(values, source.zero_point)
    return open_model(content, "litert", "reference").run(values.astype(np.int8))


def _operator_alone(model: schema.ModelT, operator: Operator) -> schema.ModelT:
    graph = model.subgraphs[0]
    source = graph.operators[operator.index]
    tensors = [
        copy.copy(graph.tensors[tensor.index])
        for tensor in (operator.inputs[0], operator.outputs[0])
    ]
    for tensor, name in zip(tensors, (b"input", b"output"), strict=True):
        tensor.name, tensor.buffer = name, 0
        tensor.shape, tensor.shapeSignature = [len(_VALUES)], None
    alone = copy.copy(source)
    alone.opcodeIndex, alone.inputs, alone.outputs = 0, [0] * len(operator.inputs), [1]
    part = schema.SubGraphT()
    part.tensors, part.operators, part.inputs, part.outputs = tensors, [alone], [0], [1]
    result = schema.ModelT()
    result.version = model.version
    result.operatorCodes = [model.operatorCodes[source.opcodeIndex]]
    result.subgraphs = [part]
    result.buffers = [schema.BufferT()]
    return result

"""Operators on float32 that are appended to the first graph of an unpacked model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from converters.tflite.operator_codes import operator_code_index

# The first versions of the operators with the operands that they get here. Those of DEQUANTIZE
# may be int8.
_VERSIONS = {"ADD": 1, "DEQUANTIZE": 2, "GATHER": 1, "LOGISTIC": 1, "SOFTMAX": 1}


def append_operator(model: Any, name: str, inputs: Sequence[int], result_name: str) -> int:
    """Appends an operator whose result is float32 and of the shape of its last operand.

    Args:
        model: an unpacked model (`ModelT`), which is changed.
        name: `ADD`, `DEQUANTIZE`, `GATHER` (of rows of one number), `LOGISTIC` or `SOFTMAX`.
        inputs: the tensors that it reads.
        result_name: the name of the tensor that it computes.

    Returns:
        The number of that tensor.
    """
    from ai_edge_litert import schema_py_generated as schema

    graph = model.subgraphs[0]
    result = add_tensor(graph, result_name, graph.tensors[inputs[-1]].shape, np.float32)
    operator = schema.OperatorT()
    operator.opcodeIndex = operator_code_index(
        model, getattr(schema.BuiltinOperator, name), _VERSIONS[name]
    )
    operator.inputs = np.array(inputs, np.int32)
    operator.outputs = np.array([result], np.int32)
    options = {
        "ADD": schema.AddOptionsT,
        "GATHER": schema.GatherOptionsT,
        "SOFTMAX": schema.SoftmaxOptionsT,
    }.get(name)
    if options is not None:
        operator.builtinOptions = options()
        operator.builtinOptionsType = getattr(
            schema.BuiltinOptions, options.__name__.removesuffix("T")
        )
    if name == "SOFTMAX":
        operator.builtinOptions.beta = 1.0
    graph.operators.append(operator)
    return result


def add_tensor(graph: Any, name: str, shape: Sequence[int], dtype: Any) -> int:
    """Adds a tensor that the caller sets or an operator computes.

    Args:
        graph: an unpacked subgraph (`SubGraphT`), which is changed.
        name: its name.
        shape: its shape.
        dtype: `np.int32` or `np.float32`.

    Returns:
        The number of the tensor.
    """
    from ai_edge_litert import schema_py_generated as schema

    types = {np.int32: schema.TensorType.INT32, np.float32: schema.TensorType.FLOAT32}
    tensor = schema.TensorT()
    tensor.name, tensor.type = name.encode(), types[dtype]
    tensor.shape = np.array(shape, np.int32)
    # The first buffer is empty in every file.
    tensor.buffer = 0
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def add_constant(model: Any, name: str, values: np.ndarray) -> int:
    """Adds a constant to the first graph of a model.

    Args:
        model: an unpacked model (`ModelT`), which is changed.
        name: the constant's name.
        values: float32 of any shape.

    Returns:
        The number of the tensor.
    """
    from ai_edge_litert import schema_py_generated as schema

    graph = model.subgraphs[0]
    index = add_tensor(graph, name, values.shape, np.float32)
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(values.tobytes(), np.uint8)
    graph.tensors[index].buffer = len(model.buffers)
    model.buffers.append(buffer)
    return index

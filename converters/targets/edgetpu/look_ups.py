"""Splits a text model into table look-ups for the host and an int8 body for the device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from converters.tflite.flatbuffer import listed, serialize_model
from converters.tflite.operator_codes import builtin_code
from converters.tflite.plain_name import plain_name
from converters.tflite.tflite_file import unpack_model
from tfsqueeze.utils.errors import UserError

_SHAPE_ONLY = (
    schema.BuiltinOperator.RESHAPE,
    schema.BuiltinOperator.EXPAND_DIMS,
    schema.BuiltinOperator.STRIDED_SLICE,
)


@dataclass(frozen=True)
class LookUp:
    """How the host computes one input of the body: `table[ids]` in the shape of the input.

    Attributes:
        name: name of the body's input.
        source: name of the model's input that holds the ids, such as `input_ids`.
        table: int8 [ids] or [ids, channels].
        shape: shape of the body's input.

    Example:
        >>> table = np.arange(6, dtype=np.int8).reshape(3, 2)
        >>> look_up = LookUp("embeddings", "input_ids", table, (1, 1, 2, 2))
        >>> look_up(np.array([[2, 0]])).tolist()
        [[[[4, 5], [0, 1]]]]
    """

    name: str
    source: str
    table: np.ndarray
    shape: tuple[int, ...]

    def __call__(self, ids: np.ndarray) -> np.ndarray:
        """Looks up the ids of one text.

        Args:
            ids: int32 [1, length].

        Returns:
            The body's input, int8 of `shape`.
        """
        return self.table[ids].reshape(self.shape)


def split_look_ups(content: bytes) -> tuple[bytes, list[LookUp]]:
    """Removes the look-ups from a fully-int8 .tflite file.

    Look-ups and body together compute the same numbers as the file, bit for bit.

    Args:
        content: a file of one subgraph, as `convert_int8` makes it: only GATHERs of constant
            tables read its integer inputs.

    Returns:
        The body, whose inputs are the outputs of the GATHERs, and a look-up for each input. Its
        tensors of inputs and outputs have the plain names.

    Raises:
        UserError: an operator other than a GATHER reads the ids.
    """
    model = unpack_model(content)
    graph = model.subgraphs[0]
    ids = {index: plain_name(graph.tensors[index].name) for index in graph.inputs}
    look_ups, inputs, removed = [], [], set()
    for operator in graph.operators:
        sources = [index for index in operator.inputs if index in ids]
        if not sources:
            continue
        if builtin_code(model, operator) != schema.BuiltinOperator.GATHER:
            raise UserError(
                "an operator other than a look-up reads the model's ids; the model "
                "cannot be split for a device without look-ups"
            )
        removed.add(id(operator))
        result = operator.outputs[0]
        name = graph.tensors[result].name.split(b"/")[0].decode()
        if ids[sources[0]] == "token_type_ids":
            name = f"token_type_{name}"
        for follower in _shape_chain(model, graph, result):
            removed.add(id(follower))
            result = follower.outputs[0]
        tensor, table = graph.tensors[result], graph.tensors[operator.inputs[0]]
        tensor.name = name.encode()
        values = np.asarray(model.buffers[table.buffer].data, np.uint8).view(np.int8)
        shape = tuple(map(int, tensor.shape))
        look_ups.append(LookUp(name, ids[sources[0]], values.reshape(table.shape), shape))
        inputs.append(result)
    for index in graph.outputs:
        graph.tensors[index].name = plain_name(graph.tensors[index].name).encode()
    graph.operators = [operator for operator in graph.operators if id(operator) not in removed]
    graph.inputs = np.asarray(inputs, np.int32)
    _describe_inputs(model, [look_up.name for look_up in look_ups], inputs)
    _drop_unused(model)
    return serialize_model(model), look_ups


def move_to_front(content: bytes, is_early: Callable[[int], bool]) -> bytes:
    """Moves some operators of a .tflite file before the others.

    An operator stays behind where it reads, directly or not, what an operator behind computes.

    Args:
        content: a file of one subgraph.
        is_early: whether the operator of an index is to be moved.

    Returns:
        The file in the new order.
    """
    model = unpack_model(content)
    graph = model.subgraphs[0]
    late_tensors: set[int] = set()
    early, late = [], []
    for index, operator in enumerate(graph.operators):
        if is_early(index) and late_tensors.isdisjoint(operator.inputs):
            early.append(operator)
        else:
            late.append(operator)
            late_tensors.update(operator.outputs)
    graph.operators = early + late
    return serialize_model(model)


def _shape_chain(model: Any, graph: Any, tensor: int) -> list[Any]:
    """Returns the operators after a tensor that only reshape it, up to the first other reader."""
    chain = []
    while True:
        readers = [op for op in graph.operators if tensor in op.inputs]
        if len(readers) != 1 or builtin_code(model, readers[0]) not in _SHAPE_ONLY:
            return chain
        shapes = [graph.tensors[i].shape for i in (tensor, readers[0].outputs[0])]
        if np.prod(shapes[0]) != np.prod(shapes[1]):
            return chain
        chain += readers
        tensor = readers[0].outputs[0]


def _describe_inputs(model: Any, names: list[str], tensors: list[int]) -> None:
    for signature in listed(model.signatureDefs):
        signature.inputs = []
        for name, index in zip(names, tensors, strict=True):
            entry = schema.TensorMapT()
            entry.name, entry.tensorIndex = name.encode(), index
            signature.inputs.append(entry)


def _drop_unused(model: Any) -> None:
    """Removes the tensors, buffers and operator codes that nothing refers to any more."""
    graph = model.subgraphs[0]
    used = {
        int(i)
        for operator in graph.operators
        for i in (*listed(operator.inputs), *listed(operator.outputs))
        if i >= 0
    }
    used |= {int(i) for i in (*graph.inputs, *graph.outputs)}
    tensors = {old: new for new, old in enumerate(sorted(used))}
    graph.tensors = [graph.tensors[old] for old in tensors]

    def renumbered(indices):
        return np.asarray([tensors.get(int(i), -1) for i in listed(indices)], np.int32)

    for operator in graph.operators:
        operator.inputs, operator.outputs = map(renumbered, (operator.inputs, operator.outputs))
    graph.inputs, graph.outputs = renumbered(graph.inputs), renumbered(graph.outputs)
    for signature in listed(model.signatureDefs):
        for entry in (*signature.inputs, *signature.outputs):
            entry.tensorIndex = tensors[entry.tensorIndex]
    # The schema reserves buffer 0 as the empty buffer.
    kept = sorted(
        {
            0,
            *(tensor.buffer for tensor in graph.tensors),
            *(entry.buffer for entry in listed(model.metadata)),
        }
    )
    buffers = {old: new for new, old in enumerate(kept)}
    model.buffers = [model.buffers[old] for old in kept]
    for entry in (*graph.tensors, *listed(model.metadata)):
        entry.buffer = buffers[entry.buffer]
    codes = sorted({operator.opcodeIndex for operator in graph.operators})
    model.operatorCodes = [model.operatorCodes[old] for old in codes]
    for operator in graph.operators:
        operator.opcodeIndex = codes.index(operator.opcodeIndex)

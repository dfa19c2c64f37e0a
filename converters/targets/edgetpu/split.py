"""A text model in two: table look-ups for the host, and a body without integers for the device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from converters.tflite.flatbuffer import serialize_model
from converters.tflite.tflite_file import listed, read_model
from tfsqueeze.utils.errors import UserError

_SHAPE_ONLY = (
    schema.BuiltinOperator.RESHAPE,
    schema.BuiltinOperator.EXPAND_DIMS,
    schema.BuiltinOperator.STRIDED_SLICE,
)


@dataclass(frozen=True)
class LookUp:
    """How the host makes one input of the body: `table[ids]` in the input's shape.

    name: the body's input. source: the model's input whose ids are looked up, as `input_ids`.
    table: int8 [ids] or [ids, channels]. shape: of the body's input.
    """

    name: str
    source: str
    table: np.ndarray
    shape: tuple[int, ...]

    def __call__(self, ids: np.ndarray) -> np.ndarray:
        """Looks ids of one text up: int32 [1, length] to int8 of `shape`."""
        return self.table[ids].reshape(self.shape)


def split_look_ups(content: bytes) -> tuple[bytes, list[LookUp]]:
    """Takes the look-ups out of a fully-int8 .tflite file.

    content: a file of one subgraph whose integer inputs are read by GATHERs of constant tables
        alone, as `convert_int8` makes them.

    Returns the body, whose inputs are what the GATHERs gave, and the look-ups that make them. The
    two together compute the same numbers, bit for bit.

    Raises UserError where something else reads the ids.
    """
    model = schema.ModelT.InitFromPackedBuf(read_model(content))
    graph = model.subgraphs[0]
    ids = {index: _plain(graph.tensors[index].name) for index in graph.inputs}
    look_ups, inputs, removed = [], [], set()
    for operator in graph.operators:
        sources = [index for index in operator.inputs if index in ids]
        if not sources:
            continue
        if _kind(model, operator) != schema.BuiltinOperator.GATHER:
            raise UserError(
                "an operator other than a look-up reads the model's ids; the model "
                "cannot be split for a device without look-ups"
            )
        removed.add(id(operator))
        result = operator.outputs[0]
        name = graph.tensors[result].name.split(b"/")[0].decode()
        for follower in _shape_chain(model, graph, result):
            removed.add(id(follower))
            result = follower.outputs[0]
        tensor, table = graph.tensors[result], graph.tensors[operator.inputs[0]]
        tensor.name = name.encode()
        values = np.asarray(model.buffers[table.buffer].data, np.uint8).view(np.int8)
        shape = tuple(map(int, tensor.shape))
        look_ups.append(LookUp(name, ids[sources[0]], values.reshape(table.shape), shape))
        inputs.append(result)
    graph.operators = [operator for operator in graph.operators if id(operator) not in removed]
    graph.inputs = np.asarray(inputs, np.int32)
    _describe_inputs(model, [look_up.name for look_up in look_ups], inputs)
    _drop_unused(model)
    return serialize_model(model, len(content)), look_ups


def reorder(content: bytes, is_early: Callable[[int], bool]) -> bytes:
    """Returns the file with the operators first that are wanted early and need no late one.

    is_early: says of an operator's number whether it is wanted early.
    """
    model = schema.ModelT.InitFromPackedBuf(read_model(content))
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
    return serialize_model(model, len(content))


def _kind(model: Any, operator: Any) -> int:
    return model.operatorCodes[operator.opcodeIndex].builtinCode


def _plain(name: bytes) -> str:
    return name.decode().removeprefix("serving_default_").split(":")[0]


def _shape_chain(model: Any, graph: Any, tensor: int) -> list[Any]:
    """The operators after `tensor` that only say its shape anew, as long as they are its only
    readers."""
    chain = []
    while True:
        readers = [op for op in graph.operators if tensor in op.inputs]
        if len(readers) != 1 or _kind(model, readers[0]) not in _SHAPE_ONLY:
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
    """Removes tensors, buffers and operator kinds that nothing refers to any more."""
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
    # Buffer 0 is empty by the schema's rule.
    kept = sorted(
        {
            0,
            *(tensor.buffer for tensor in graph.tensors),
            *(entry.buffer for entry in listed(model.metadata)),
        }
    )
    buffers = {old: new for new, old in enumerate(kept)}
    model.buffers = [model.buffers[old] for old in kept]
    for holder in (*graph.tensors, *listed(model.metadata)):
        holder.buffer = buffers[holder.buffer]
    kinds = sorted({operator.opcodeIndex for operator in graph.operators})
    model.operatorCodes = [model.operatorCodes[old] for old in kinds]
    for operator in graph.operators:
        operator.opcodeIndex = kinds.index(operator.opcodeIndex)

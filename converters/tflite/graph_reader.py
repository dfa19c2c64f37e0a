"""Reads the graphs of a .tflite file in place, and refuses numbers that lead nowhere.

Unpacking (`unpack_model`) takes ten times as long, and copies anew what a file names often.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import flatbuffers.table
import numpy as np

from converters.tflite.flatbuffer import listed
from converters.tflite.packed_table import PackedTable
from converters.tflite.tensor_checks import check_tensor
from converters.tflite.tflite_operators import (
    DamagedGraphError,
    Graph,
    Operator,
    Signature,
    Tensor,
)

# Tensors, operators and operands of a file. Those of 24 layers at ten lengths are fewer.
_MAX_PARTS = 2**18
# Metadata that the converter and this package write.
_HARMLESS = {"min_runtime_version", "CONVERSION_METADATA", "TFLITE_METADATA"}


# The numbers of the fields in TensorFlow Lite's schema (schema.fbs).
class _Model:
    OPERATOR_CODES, SUBGRAPHS, BUFFERS, METADATA, SIGNATURES = 1, 2, 4, 6, 7


class _OperatorCode:
    DEPRECATED, CUSTOM, BUILTIN = 0, 1, 3


class _SubGraph:
    TENSORS, INPUTS, OUTPUTS, OPERATORS = range(4)


class _Tensor:
    SHAPE, TYPE, BUFFER, NAME, QUANTIZATION, IS_VARIABLE, SPARSITY, SHAPE_SIGNATURE = range(8)
    VARIANT_TENSORS = 9


class _Quantization:
    SCALE, ZERO_POINT, DETAILS_TYPE, DIMENSION = 2, 3, 4, 6


class _Operator:
    OPCODE, INPUTS, OUTPUTS, OPTIONS_TYPE, OPTIONS, CUSTOM_OPTIONS = range(6)
    MUTATING_INPUTS, INTERMEDIATES, LARGE_CUSTOM_OPTIONS = 7, 8, 9
    OPTIONS_2_TYPE, OPTIONS_2 = 11, 12


class _Buffer:
    DATA, OFFSET, SIZE = range(3)


class _Metadata:
    NAME, BUFFER = range(2)


class _Signature:
    INPUTS, OUTPUTS, KEY, SUBGRAPH = 0, 1, 2, 4


class _SignatureTensor:
    NAME, INDEX = range(2)


def read_graphs(content: bytes) -> tuple[Graph, ...]:
    """Returns the subgraphs of a .tflite file.

    Args:
        content: the bytes of a file whose offsets are sound.

    Raises:
        DamagedGraphError: an index, shape, size or name is none that a converter writes.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = PackedTable.root(content)
    if not model.length(_Model.SUBGRAPHS):
        raise DamagedGraphError("it has no graph")
    _check_sizes(model)
    buffers = [_read_buffer(buffer) for buffer in model.tables(_Model.BUFFERS)]
    operators = _enum_names(schema.BuiltinOperator)
    codes = [_read_code(code, operators) for code in model.tables(_Model.OPERATOR_CODES)]
    dtypes = {number: name.lower() for number, name in _enum_names(schema.TensorType).items()}
    subgraphs = model.tables(_Model.SUBGRAPHS)
    signatures = _read_signatures(model, subgraphs)
    graphs = tuple(
        _read_graph(subgraph, number, codes, dtypes, buffers, signatures.get(number))
        for number, subgraph in enumerate(subgraphs)
    )
    _check_calls(graphs)
    for entry in model.tables(_Model.METADATA):
        if entry.number(_Metadata.BUFFER, "I") >= len(buffers):
            raise DamagedGraphError("its metadata name a buffer that is not there")
    return graphs


def unknown_metadata(content: bytes) -> tuple[str, ...]:
    """Returns the names of metadata that may change how a runtime runs a file.

    Args:
        content: the bytes of a file that `read_graphs` has read.
    """
    names = {
        _decoded(entry.text(_Metadata.NAME), "a metadata entry")
        for entry in PackedTable.root(content).tables(_Model.METADATA)
    }
    return tuple(sorted(names - _HARMLESS))


def _enum_names(enum: type) -> dict[int, str]:
    return {value: name for name, value in vars(enum).items() if isinstance(value, int)}


def _decoded(name: bytes, what: str) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        raise DamagedGraphError(f"{what} has a name that is not UTF-8") from None


def _check_sizes(model: PackedTable) -> None:
    """Refuses a file that takes far more memory to read than its bytes.

    Offsets of a flatbuffer may lead to one place, so a small file can name a vector or a string
    any number of times.
    """
    parts = _lengths(
        model, _Model.BUFFERS, _Model.OPERATOR_CODES, _Model.METADATA, _Model.SIGNATURES
    )
    numbers = 0
    for more_parts, more_numbers in _stated_sizes(model):
        parts += more_parts
        numbers += more_numbers
        if parts > _MAX_PARTS:
            break
    if parts > _MAX_PARTS or numbers > 8 * len(model.content):
        raise DamagedGraphError(
            f"{len(model.content):,} bytes stand for {parts:,} parts of {numbers:,} numbers or "
            "letters"
        )


def _stated_sizes(model: PackedTable) -> Iterator[tuple[int, int]]:
    """Yields how many parts, and how many numbers or letters, one table after another states.

    What a table states comes before what its parts state, so that a caller that stops at too many
    parts does not look into them. The parts of the model itself are not among them.
    """
    for subgraph in model.tables(_Model.SUBGRAPHS):
        operands = _lengths(subgraph, _SubGraph.INPUTS, _SubGraph.OUTPUTS)
        yield 1 + operands + _lengths(subgraph, _SubGraph.TENSORS, _SubGraph.OPERATORS), 0
        for tensor in subgraph.tables(_SubGraph.TENSORS):
            yield 0, _lengths(tensor, _Tensor.SHAPE, _Tensor.SHAPE_SIGNATURE, _Tensor.NAME)
            quantization = tensor.table(_Tensor.QUANTIZATION)
            if quantization is not None:
                yield 0, _lengths(quantization, _Quantization.SCALE, _Quantization.ZERO_POINT)
        operators = subgraph.tables(_SubGraph.OPERATORS)
        yield sum(_lengths(x, _Operator.INPUTS, _Operator.OUTPUTS) for x in operators), 0
    for code in model.tables(_Model.OPERATOR_CODES):
        yield 0, code.length(_OperatorCode.CUSTOM)
    for entry in model.tables(_Model.METADATA):
        yield 0, entry.length(_Metadata.NAME)
    for signature in model.tables(_Model.SIGNATURES):
        operands = _lengths(signature, _Signature.INPUTS, _Signature.OUTPUTS)
        yield operands, signature.length(_Signature.KEY)
        for field in (_Signature.INPUTS, _Signature.OUTPUTS):
            for tensor in signature.tables(field):
                yield 0, tensor.length(_SignatureTensor.NAME)


def _lengths(table: PackedTable, *fields: int) -> int:
    return sum(map(table.length, fields))


def _read_buffer(buffer: PackedTable) -> tuple[np.ndarray, bool]:
    """Returns a buffer's bytes, uint8, and whether they are where a tensor's bytes mostly are."""
    # Files of 2 GB and more have the bytes behind the flatbuffer.
    offset, size = buffer.number(_Buffer.OFFSET, "Q"), buffer.number(_Buffer.SIZE, "Q")
    if offset > 1 and offset + size > len(buffer.content):
        raise DamagedGraphError("a buffer lies behind the end of the file")
    return buffer.bytes(_Buffer.DATA), not offset and not size


def _read_code(code: PackedTable, names: dict[int, str]) -> tuple[str, bool]:
    """Returns the name of a kind of operator, and whether it is a custom one."""
    # Older files have the number in the deprecated field alone; runtimes take the larger one.
    number = max(
        code.number(_OperatorCode.BUILTIN, "i"), code.number(_OperatorCode.DEPRECATED, "b")
    )
    if number not in names:
        raise DamagedGraphError(f"there is no builtin operator {number}")
    custom = _decoded(code.text(_OperatorCode.CUSTOM), "a kind of operator")
    is_custom = names[number] == "CUSTOM"
    return custom if is_custom and custom else names[number], is_custom


def _read_graph(
    subgraph: PackedTable,
    number: int,
    codes: Sequence[tuple[str, bool]],
    dtypes: dict[int, str],
    buffers: Sequence[tuple[np.ndarray, bool]],
    signature: Signature | None,
) -> Graph:
    inputs = subgraph.numbers(_SubGraph.INPUTS, "i")
    outputs = subgraph.numbers(_SubGraph.OUTPUTS, "i")
    count = subgraph.length(_SubGraph.TENSORS)
    if any(not 0 <= index < count for index in (*inputs, *outputs)):
        raise DamagedGraphError(f"graph {number} has an input or output that is not there")
    tensors = tuple(
        _read_tensor(tensor, index, dtypes, buffers, set(inputs), set(outputs))
        for index, tensor in enumerate(subgraph.tables(_SubGraph.TENSORS))
    )
    operators, called = [], set()
    for index, packed in enumerate(subgraph.tables(_SubGraph.OPERATORS)):
        operator, others = _read_operator(packed, index, number, codes, tensors)
        operators.append(operator)
        called |= others
    return Graph(tensors, tuple(operators), inputs, outputs, frozenset(called), signature)


def _read_tensor(
    tensor: PackedTable,
    index: int,
    dtypes: dict[int, str],
    buffers: Sequence[tuple[np.ndarray, bool]],
    inputs: set[int],
    outputs: set[int],
) -> Tensor:
    what = f"tensor {index}"
    buffer, dtype = tensor.number(_Tensor.BUFFER, "I"), tensor.number(_Tensor.TYPE, "b")
    if buffer >= len(buffers):
        raise DamagedGraphError(f"{what} names a buffer that is not there")
    if dtype not in dtypes:
        raise DamagedGraphError(f"{what} has a type that is not there")
    data, is_inside = buffers[buffer]
    scales, zero_points, axis, has_details = (), (), 0, False
    quantization = tensor.table(_Tensor.QUANTIZATION)
    if quantization is not None:
        scales = quantization.numbers(_Quantization.SCALE, "f")
        zero_points = quantization.numbers(_Quantization.ZERO_POINT, "q")
        axis = quantization.number(_Quantization.DIMENSION, "i")
        has_details = quantization.number(_Quantization.DETAILS_TYPE, "B") != 0
    read = Tensor(
        index=index,
        name=_decoded(tensor.text(_Tensor.NAME), what),
        dtype=dtypes[dtype],
        shape=tensor.numbers(_Tensor.SHAPE, "i"),
        scales=scales,
        zero_point=zero_points[0] if zero_points else 0,
        is_constant=len(data) > 0 or not is_inside,
        is_graph_input=index in inputs,
        is_graph_output=index in outputs,
        is_static=-1 not in tensor.numbers(_Tensor.SHAPE_SIGNATURE, "i"),
        data=data,
        channel_axis=axis,
        is_variable=tensor.number(_Tensor.IS_VARIABLE, "B") != 0,
        is_plain=is_inside
        and not has_details
        and tensor.table(_Tensor.SPARSITY) is None
        and not tensor.length(_Tensor.VARIANT_TENSORS),
    )
    check_tensor(read, zero_points)
    return read


def _read_operator(
    operator: PackedTable,
    index: int,
    subgraph: int,
    codes: Sequence[tuple[str, bool]],
    tensors: Sequence[Tensor],
) -> tuple[Operator, set[int]]:
    """Returns an operator, and the numbers of the subgraphs that it runs."""
    from ai_edge_litert import schema_py_generated as schema

    inputs = operator.numbers(_Operator.INPUTS, "i")
    outputs = operator.numbers(_Operator.OUTPUTS, "i")
    code = operator.number(_Operator.OPCODE, "I")
    if (
        code >= len(codes)
        or any(not -1 <= operand < len(tensors) for operand in inputs)
        or any(not 0 <= operand < len(tensors) for operand in outputs)
    ):
        raise DamagedGraphError(f"operator {index} names a tensor or kind that is not there")
    name, is_custom = codes[code]
    options = _read_options(
        operator, _Operator.OPTIONS_TYPE, _Operator.OPTIONS, schema.BuiltinOptionsCreator
    )
    more = _read_options(
        operator, _Operator.OPTIONS_2_TYPE, _Operator.OPTIONS_2, schema.BuiltinOptions2Creator
    )
    read = Operator(
        index=index,
        name=name,
        inputs=tuple(tensors[operand] for operand in inputs if operand >= 0),
        outputs=tuple(tensors[operand] for operand in outputs),
        subgraph=subgraph,
        options=options,
        is_plain=not is_custom
        and more is None
        and -1 not in inputs[:-1]
        and not operator.length(_Operator.CUSTOM_OPTIONS)
        and not operator.number(_Operator.LARGE_CUSTOM_OPTIONS, "Q")
        and not operator.length(_Operator.INTERMEDIATES)
        and not operator.length(_Operator.MUTATING_INPUTS),
    )
    return read, _called_graphs(options) | _called_graphs(more)


def _read_options(operator: PackedTable, type_field: int, field: int, create: Any) -> Any:
    """Returns the schema's object of attributes, or None; their kind has a field of its own."""
    position = operator.table_position(field)
    if not position:
        return None
    table = flatbuffers.table.Table(operator.content, position)
    return create(operator.number(type_field, "B"), table)


def _called_graphs(options: Any) -> set[int]:
    """The numbers of the subgraphs that an operator runs, such as the body of a loop."""
    numbers: set[int] = set()
    for field, value in vars(options).items() if options is not None else ():
        if field.lower().endswith(("subgraph", "subgraphindex")):
            numbers.add(value)
        elif field.lower().endswith("subgraphindices"):
            numbers |= set(listed(value))
    return numbers


def _check_calls(graphs: Sequence[Graph]) -> None:
    """Refuses graphs that run what is not there, or each other without end."""
    if any(not 0 <= called < len(graphs) for graph in graphs for called in graph.called):
        raise DamagedGraphError("an operator runs a graph that is not there")
    left = dict(enumerate(graphs))
    while ready := [number for number, graph in left.items() if not graph.called & left.keys()]:
        for number in ready:
            del left[number]
    if left:
        raise DamagedGraphError(f"graph {min(left)} runs itself")


def _read_signatures(model: PackedTable, subgraphs: Sequence[PackedTable]) -> dict[int, Signature]:
    """Returns the signatures by the numbers of their subgraphs."""
    found: dict[int, Signature] = {}
    for packed in model.tables(_Model.SIGNATURES):
        signature = Signature(
            _decoded(packed.text(_Signature.KEY), "a signature"),
            _named_tensors(packed.tables(_Signature.INPUTS)),
            _named_tensors(packed.tables(_Signature.OUTPUTS)),
        )
        number = packed.number(_Signature.SUBGRAPH, "I")
        if number >= len(subgraphs) or any(x.key == signature.key for x in found.values()):
            raise DamagedGraphError(
                f"the signature {signature.key!r} is there twice, or of no graph"
            )
        inputs = set(subgraphs[number].numbers(_SubGraph.INPUTS, "i"))
        outputs = set(subgraphs[number].numbers(_SubGraph.OUTPUTS, "i"))
        if not (
            inputs.issuperset(signature.inputs.values())
            and outputs.issuperset(signature.outputs.values())
        ):
            raise DamagedGraphError(
                f"the signature {signature.key!r} has other inputs or outputs than its graph"
            )
        found[number] = signature
    return found


def _named_tensors(entries: Iterable[PackedTable]) -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in entries:
        name = _decoded(entry.text(_SignatureTensor.NAME), "an input or output of a signature")
        if name in found:
            raise DamagedGraphError(f"a signature has two inputs or outputs {name!r}")
        found[name] = entry.number(_SignatureTensor.INDEX, "I")
    return found

"""Reads the graphs of a .tflite file in place, and refuses numbers that lead nowhere.

Unpacking (`unpack_model`) takes several times as long, and copies anew what a file names often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

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
# Slots of the schema's tables (its accessors copy a string to tell its length).
_TENSOR_NAME, _CUSTOM_CODE, _SIGNATURE_KEY, _SIGNATURE_TENSOR = 10, 6, 8, 4


def read_graphs(content: bytes) -> tuple[Graph, ...]:
    """Returns the subgraphs of a .tflite file.

    Args:
        content: the bytes of a file whose offsets are sound.

    Raises:
        DamagedGraphError: an index, shape, size or name is none that a converter writes.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(content)
    if not model.SubgraphsLength():
        raise DamagedGraphError("it has no graph")
    _check_sizes(model, len(content))
    buffers = [_read_buffer(x, len(content)) for x in _items(model.Buffers, model.BuffersLength())]
    operators = _enum_names(schema.BuiltinOperator)
    codes = [
        _read_code(code, operators)
        for code in _items(model.OperatorCodes, model.OperatorCodesLength())
    ]
    dtypes = {number: name.lower() for number, name in _enum_names(schema.TensorType).items()}
    signatures = _read_signatures(model)
    graphs = tuple(
        _read_graph(subgraph, number, codes, dtypes, buffers, signatures.get(number))
        for number, subgraph in enumerate(_items(model.Subgraphs, model.SubgraphsLength()))
    )
    _check_calls(graphs)
    for entry in _items(model.Metadata, model.MetadataLength()):
        if entry.Buffer() >= len(buffers):
            raise DamagedGraphError("its metadata name a buffer that is not there")
    return graphs


def unknown_metadata(content: bytes) -> tuple[str, ...]:
    """Returns the names of metadata that may change how a runtime runs a file.

    Args:
        content: the bytes of a file that `read_graphs` has read.
    """
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs(content)
    entries = _items(model.Metadata, model.MetadataLength())
    return tuple(
        sorted({_decoded(entry.Name(), "a metadata entry") for entry in entries} - _HARMLESS)
    )


def _items(read: Callable[[int], Any], count: int) -> Iterator[Any]:
    """The items of a packed vector, which the generated classes read by index."""
    return map(read, range(count))


def _numbers(vector: Any) -> list[Any]:
    """A packed vector as Python's numbers; the generated classes give 0 for a missing one."""
    return vector.tolist() if isinstance(vector, np.ndarray) else []


def _enum_names(enum: type) -> dict[int, str]:
    return {value: name for name, value in vars(enum).items() if isinstance(value, int)}


def _decoded(name: bytes | None, what: str) -> str:
    try:
        return (name or b"").decode("utf-8")
    except UnicodeDecodeError:
        raise DamagedGraphError(f"{what} has a name that is not UTF-8") from None


def _check_sizes(model: Any, file_bytes: int) -> None:
    """Refuses a file that takes far more memory to read than its bytes.

    Offsets of a flatbuffer may lead to one place, so a small file can name a vector or a string
    any number of times.
    """
    parts = model.BuffersLength() + model.OperatorCodesLength() + model.MetadataLength()
    numbers = 0
    for subgraph in _items(model.Subgraphs, model.SubgraphsLength()):
        parts += 1 + subgraph.InputsLength() + subgraph.OutputsLength()
        parts += subgraph.TensorsLength() + subgraph.OperatorsLength()
        if parts > _MAX_PARTS:
            break
        for tensor in _items(subgraph.Tensors, subgraph.TensorsLength()):
            numbers += tensor.ShapeLength() + tensor.ShapeSignatureLength()
            numbers += _string_length(tensor, _TENSOR_NAME)
            quantization = tensor.Quantization()
            if quantization is not None:
                numbers += quantization.ScaleLength() + quantization.ZeroPointLength()
        for operator in _items(subgraph.Operators, subgraph.OperatorsLength()):
            parts += operator.InputsLength() + operator.OutputsLength()
    for signature in _items(model.SignatureDefs, model.SignatureDefsLength()):
        parts += 1 + signature.InputsLength() + signature.OutputsLength()
        numbers += _string_length(signature, _SIGNATURE_KEY)
        if parts <= _MAX_PARTS:
            for entry in _signature_tensors(signature):
                numbers += _string_length(entry, _SIGNATURE_TENSOR)
    for code in _items(model.OperatorCodes, model.OperatorCodesLength()):
        numbers += _string_length(code, _CUSTOM_CODE)
    if parts > _MAX_PARTS or numbers > 8 * file_bytes:
        raise DamagedGraphError(
            f"{file_bytes:,} bytes stand for {parts:,} parts of {numbers:,} numbers or letters"
        )


def _string_length(table: Any, slot: int) -> int:
    offset = table._tab.Offset(slot)
    return table._tab.VectorLen(offset) if offset else 0


def _signature_tensors(signature: Any) -> Iterator[Any]:
    yield from _items(signature.Inputs, signature.InputsLength())
    yield from _items(signature.Outputs, signature.OutputsLength())


def _read_buffer(buffer: Any, file_bytes: int) -> tuple[np.ndarray, bool]:
    """Returns a buffer's bytes, uint8, and whether they are where a tensor's bytes mostly are."""
    data = buffer.DataAsNumpy()
    # Files of 2 GB and more have the bytes behind the flatbuffer.
    if buffer.Offset() > 1 and buffer.Offset() + buffer.Size() > file_bytes:
        raise DamagedGraphError("a buffer lies behind the end of the file")
    is_inside = not buffer.Offset() and not buffer.Size()
    return data if isinstance(data, np.ndarray) else np.zeros(0, np.uint8), is_inside


def _read_code(code: Any, names: dict[int, str]) -> tuple[str, bool]:
    """Returns the name of a kind of operator, and whether it is a custom one."""
    # Older files have the number in the deprecated field alone; runtimes take the larger one.
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    if number not in names:
        raise DamagedGraphError(f"there is no builtin operator {number}")
    custom = _decoded(code.CustomCode(), "a kind of operator")
    is_custom = names[number] == "CUSTOM"
    return custom if is_custom and custom else names[number], is_custom


def _read_graph(
    subgraph: Any,
    number: int,
    codes: Sequence[tuple[str, bool]],
    dtypes: dict[int, str],
    buffers: Sequence[tuple[np.ndarray, bool]],
    signature: Signature | None,
) -> Graph:
    inputs, outputs = _numbers(subgraph.InputsAsNumpy()), _numbers(subgraph.OutputsAsNumpy())
    count = subgraph.TensorsLength()
    if any(not 0 <= index < count for index in (*inputs, *outputs)):
        raise DamagedGraphError(f"graph {number} has an input or output that is not there")
    tensors = tuple(
        _read_tensor(tensor, index, dtypes, buffers, inputs, outputs)
        for index, tensor in enumerate(_items(subgraph.Tensors, count))
    )
    operators, called = [], set()
    for index, packed in enumerate(_items(subgraph.Operators, subgraph.OperatorsLength())):
        operator, others = _read_operator(packed, index, number, codes, tensors)
        operators.append(operator)
        called |= others
    return Graph(
        tensors, tuple(operators), tuple(inputs), tuple(outputs), frozenset(called), signature
    )


def _read_tensor(
    tensor: Any,
    index: int,
    dtypes: dict[int, str],
    buffers: Sequence[tuple[np.ndarray, bool]],
    inputs: Sequence[int],
    outputs: Sequence[int],
) -> Tensor:
    what = f"tensor {index}"
    if tensor.Buffer() >= len(buffers):
        raise DamagedGraphError(f"{what} names a buffer that is not there")
    if tensor.Type() not in dtypes:
        raise DamagedGraphError(f"{what} has a type that is not there")
    data, is_inside = buffers[tensor.Buffer()]
    quantization = tensor.Quantization()
    scales, zero_points, axis, has_details = [], [], 0, False
    if quantization is not None:
        scales = _numbers(quantization.ScaleAsNumpy())
        zero_points = _numbers(quantization.ZeroPointAsNumpy())
        axis = quantization.QuantizedDimension()
        has_details = quantization.DetailsType() != 0
    read = Tensor(
        index=index,
        name=_decoded(tensor.Name(), what),
        dtype=dtypes[tensor.Type()],
        shape=tuple(_numbers(tensor.ShapeAsNumpy())),
        scales=tuple(scales),
        zero_point=zero_points[0] if zero_points else 0,
        is_constant=len(data) > 0 or not is_inside,
        is_graph_input=index in inputs,
        is_graph_output=index in outputs,
        is_static=-1 not in _numbers(tensor.ShapeSignatureAsNumpy()),
        data=data,
        channel_axis=axis,
        is_variable=tensor.IsVariable(),
        is_plain=is_inside
        and not has_details
        and tensor.Sparsity() is None
        and not tensor.VariantTensorsLength(),
    )
    check_tensor(read, zero_points)
    return read


def _read_operator(
    operator: Any,
    index: int,
    subgraph: int,
    codes: Sequence[tuple[str, bool]],
    tensors: Sequence[Tensor],
) -> tuple[Operator, set[int]]:
    """Returns an operator, and the numbers of the subgraphs that it runs."""
    from ai_edge_litert import schema_py_generated as schema

    inputs, outputs = _numbers(operator.InputsAsNumpy()), _numbers(operator.OutputsAsNumpy())
    operands = (*inputs, *(output if output >= 0 else len(tensors) for output in outputs))
    if operator.OpcodeIndex() >= len(codes) or any(
        not -1 <= operand < len(tensors) for operand in operands
    ):
        raise DamagedGraphError(f"operator {index} names a tensor or kind that is not there")
    name, is_custom = codes[operator.OpcodeIndex()]
    options = schema.BuiltinOptionsCreator(operator.BuiltinOptionsType(), operator.BuiltinOptions())
    more = schema.BuiltinOptions2Creator(operator.BuiltinOptions2Type(), operator.BuiltinOptions2())
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
        and not operator.CustomOptionsLength()
        and not operator.LargeCustomOptionsOffset()
        and not operator.IntermediatesLength()
        and not operator.MutatingVariableInputsLength(),
    )
    return read, _called_graphs(options) | _called_graphs(more)


def _called_graphs(options: Any) -> set[int]:
    """The numbers of the subgraphs that an operator runs, such as the body of a loop."""
    numbers: set[int] = set()
    for field, value in vars(options).items() if options is not None else ():
        if field.lower().endswith(("subgraph", "subgraphindex")):
            numbers.add(value)
        elif field.lower().endswith("subgraphindices"):
            numbers |= set(_numbers(value))
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


def _read_signatures(model: Any) -> dict[int, Signature]:
    """Returns the signatures by the numbers of their subgraphs."""
    found: dict[int, Signature] = {}
    for packed in _items(model.SignatureDefs, model.SignatureDefsLength()):
        signature = Signature(
            _decoded(packed.SignatureKey(), "a signature"),
            _named_tensors(_items(packed.Inputs, packed.InputsLength())),
            _named_tensors(_items(packed.Outputs, packed.OutputsLength())),
        )
        number = packed.SubgraphIndex()
        if number >= model.SubgraphsLength() or any(x.key == signature.key for x in found.values()):
            raise DamagedGraphError(
                f"the signature {signature.key!r} is there twice, or of no graph"
            )
        subgraph = model.Subgraphs(number)
        if not (
            set(signature.inputs.values()) <= set(_numbers(subgraph.InputsAsNumpy()))
            and set(signature.outputs.values()) <= set(_numbers(subgraph.OutputsAsNumpy()))
        ):
            raise DamagedGraphError(
                f"the signature {signature.key!r} has other inputs or outputs than its graph"
            )
        found[number] = signature
    return found


def _named_tensors(entries: Iterable[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in entries:
        name = _decoded(entry.Name(), "an input or output of a signature")
        if name in found:
            raise DamagedGraphError(f"a signature has two inputs or outputs {name!r}")
        found[name] = entry.TensorIndex()
    return found

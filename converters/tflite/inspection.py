"""What a .tflite file is made of: its operators, their dtypes, and whether all is int8."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from converters.tflite.tflite_file import Model, listed, read_model
from tfsqueeze.utils.errors import UserError

_INTEGERS = ("int32", "int64")
# Which operand holds row numbers rather than data.
_INDEX_OPERAND = {"GATHER": 1, "EMBEDDING_LOOKUP": 0}
# Their operand 1 holds the weights.
_MATRIX_PRODUCTS = {
    "FULLY_CONNECTED",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "TRANSPOSE_CONV",
    "BATCH_MATMUL",
}


class NotFullyInt8Error(UserError):
    """A model that should be all int8 has operators that are not."""


@dataclass(frozen=True)
class Tensor:
    """An operand of an operator; `scales` has one entry per channel, or none if unquantized.

    `zero_point` is that of the first channel; `index` is the tensor's number in its subgraph;
    `is_static` is whether its shape is known before it runs; `data` holds the bytes of a
    constant, uint8.
    """

    index: int
    name: str
    dtype: str
    shape: tuple[int, ...]
    scales: tuple[float, ...]
    zero_point: int
    is_constant: bool
    is_graph_input: bool
    is_graph_output: bool
    is_static: bool = True
    data: np.ndarray | None = field(default=None, repr=False, compare=False)

    @property
    def elements(self) -> int:
        """How many numbers the tensor holds."""
        return math.prod(self.shape)

    @property
    def values(self) -> np.ndarray:
        """The numbers of a constant as stored, in its shape."""
        return np.frombuffer(self.data.tobytes(), self.dtype).reshape(self.shape)


@dataclass(frozen=True)
class Operator:
    """One operator: its place in its subgraph, builtin or custom name, and operands in order.

    Optional operands that are left out do not appear. `options` is the schema's object of the
    operator's attributes (`Conv2DOptionsT` and so on), or None.
    """

    index: int
    name: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    subgraph: int = 0
    options: Any = field(default=None, repr=False, compare=False)

    @property
    def weights(self) -> Tensor | None:
        """The constant weights of a matrix product or convolution; None for other operators."""
        if self.name in _MATRIX_PRODUCTS and len(self.inputs) > 1 and self.inputs[1].is_constant:
            return self.inputs[1]
        return None

    @property
    def input_dtypes(self) -> tuple[str, ...]:
        """Distinct dtypes of the computed inputs, or of the constants where all are constant."""
        computed = [tensor for tensor in self.inputs if not tensor.is_constant]
        return tuple(dict.fromkeys(tensor.dtype for tensor in computed or self.inputs))

    @property
    def output_dtypes(self) -> tuple[str, ...]:
        """Distinct dtypes of the outputs."""
        return tuple(dict.fromkeys(tensor.dtype for tensor in self.outputs))


@dataclass(frozen=True)
class WeightQuantization:
    """How the constant weights of one matrix product are quantized."""

    operator: str
    index: int
    tensor: str
    dtype: str
    shape: tuple[int, ...]
    scales: int
    per_channel: bool


def list_operators(model: Model) -> list[Operator]:
    """The operators of every subgraph of a .tflite file, in the order in which they run.

    Raises:
        UserError: the file is not a sound .tflite file.
    """
    from ai_edge_litert import schema_py_generated as schema

    graph = schema.ModelT.InitFromPackedBuf(read_model(model))
    builtin_names = _names(schema.BuiltinOperator)
    dtype_names = _names(schema.TensorType)
    operator_names = [_operator_name(code, builtin_names) for code in graph.operatorCodes or []]
    operators = []
    for number, subgraph in enumerate(graph.subgraphs or []):
        tensors = _tensors(graph, subgraph, dtype_names)
        operators += [
            Operator(
                index=index,
                name=operator_names[operator.opcodeIndex],
                inputs=_pick(tensors, operator.inputs),
                outputs=_pick(tensors, operator.outputs),
                subgraph=number,
                options=operator.builtinOptions,
            )
            for index, operator in enumerate(listed(subgraph.operators))
        ]
    return operators


def offending_operators(
    operators: Sequence[Operator], *, allow_float_output: bool = True
) -> list[Operator]:
    """The operators that break the strict int8 rule, in order.

    Every operand must be int8, but for: constant int32 and int64 operands (biases, shapes, axes,
    permutations); the row numbers that GATHER and EMBEDDING_LOOKUP take; and integers computed
    from such constants alone. With `allow_float_output` a QUANTIZE of a float32 graph input and
    a DEQUANTIZE into a float32 graph output are let through.
    """
    offenders = []
    # (subgraph, tensor) of integers computed from constants alone.
    folded: set[tuple[int, int]] = set()
    for operator in operators:
        if operator.inputs and all(_is_folded(operator, x, folded) for x in operator.inputs):
            folded |= {
                (operator.subgraph, tensor.index)
                for tensor in operator.outputs
                if tensor.dtype in _INTEGERS
            }
        inputs_fit = all(
            tensor.dtype == "int8"
            or _is_folded(operator, tensor, folded)
            or (tensor.dtype in _INTEGERS and position == _INDEX_OPERAND.get(operator.name))
            or (allow_float_output and operator.name == "QUANTIZE" and _is_float_input(tensor))
            for position, tensor in enumerate(operator.inputs)
        )
        outputs_fit = all(
            tensor.dtype == "int8"
            or _is_folded(operator, tensor, folded)
            or (allow_float_output and operator.name == "DEQUANTIZE" and _is_float_output(tensor))
            for tensor in operator.outputs
        )
        if not (inputs_fit and outputs_fit):
            offenders.append(operator)
    return offenders


def require_int8(model: Model, *, allow_float_output: bool = True) -> list[Operator]:
    """Returns the operators of a .tflite file after proving that all of them are int8.

    Raises:
        NotFullyInt8Error: some are not, by the rule of `offending_operators`; the message names
            the first of them with their dtypes.
        UserError: the file is not a sound .tflite file.
    """
    operators = list_operators(model)
    offenders = offending_operators(operators, allow_float_output=allow_float_output)
    if offenders:
        shown = ", ".join(map(_describe, offenders[:3]))
        more = f"; and {len(offenders) - 3} more" if len(offenders) > 3 else ""
        raise NotFullyInt8Error(
            f"{len(offenders)} of the model's {len(operators)} operators are not int8: "
            f"{shown}{more}"
        )
    return operators


def require_int8_products(model: Model) -> list[Operator]:
    """Returns the operators of a .tflite file after proving that all matrix products are int8.

    Raises:
        NotFullyInt8Error: a convolution or matrix product reads or writes something else; the
            message names the first of them with their dtypes.
        UserError: the file is not a sound .tflite file.
    """
    operators = list_operators(model)
    offenders = [
        operator for operator in offending_operators(operators) if operator.name in _MATRIX_PRODUCTS
    ]
    if offenders:
        raise NotFullyInt8Error(
            f"{len(offenders)} of the model's matrix products are not int8: "
            f"{', '.join(map(_describe, offenders[:3]))}"
        )
    return operators


def summarize_operators(operators: Sequence[Operator]) -> list[dict[str, Any]]:
    """Counts operators by name and dtypes, most frequent first, for tables; JSON-able.

    Each entry has `name`, `count`, `inputs` and `outputs` (lists of distinct dtypes, of the
    computed inputs where there are any).
    """
    counts: dict[tuple, int] = {}
    for operator in operators:
        key = (operator.name, operator.input_dtypes, operator.output_dtypes)
        counts[key] = counts.get(key, 0) + 1
    return [
        {"name": name, "count": count, "inputs": list(inputs), "outputs": list(outputs)}
        for (name, inputs, outputs), count in sorted(
            counts.items(), key=lambda item: (-item[1], item[0])
        )
    ]


def quantization_scales(model: Model) -> list[WeightQuantization]:
    """Says of each matrix product with constant weights whether they are per channel.

    Products of two computed tensors (attention) have no weights and do not appear.

    Raises:
        UserError: the file is not a sound .tflite file.
    """
    found = []
    for operator in list_operators(model):
        weights = operator.weights
        if weights is None:
            continue
        found.append(
            WeightQuantization(
                operator=operator.name,
                index=operator.index,
                tensor=weights.name,
                dtype=weights.dtype,
                shape=weights.shape,
                scales=len(weights.scales),
                per_channel=len(weights.scales) > 1,
            )
        )
    return found


def _describe(operator: Operator) -> str:
    inputs = ", ".join(operator.input_dtypes) or "none"
    outputs = ", ".join(operator.output_dtypes) or "none"
    return f"{operator.name} at {operator.index} ({inputs} -> {outputs})"


def _is_folded(operator: Operator, tensor: Tensor, folded: set[tuple[int, int]]) -> bool:
    return tensor.dtype in _INTEGERS and (
        tensor.is_constant or (operator.subgraph, tensor.index) in folded
    )


def _is_float_input(tensor: Tensor) -> bool:
    return tensor.is_graph_input and tensor.dtype == "float32"


def _is_float_output(tensor: Tensor) -> bool:
    return tensor.is_graph_output and tensor.dtype == "float32"


def _names(enumeration: type) -> dict[int, str]:
    return {value: name for name, value in vars(enumeration).items() if isinstance(value, int)}


def _operator_name(code: Any, builtin_names: dict[int, str]) -> str:
    if code.customCode:
        return code.customCode.decode("utf-8", "replace")
    # Operators past number 126 have it in the newer of the two fields only.
    number = max(code.deprecatedBuiltinCode, code.builtinCode)
    return builtin_names.get(number, f"BUILTIN_{number}")


def _tensors(graph: Any, subgraph: Any, dtype_names: dict[int, str]) -> list[Tensor]:
    inputs, outputs = set(listed(subgraph.inputs)), set(listed(subgraph.outputs))
    tensors = []
    for index, tensor in enumerate(listed(subgraph.tensors)):
        buffer = graph.buffers[tensor.buffer]
        quantization = tensor.quantization
        scales = listed(quantization.scale) if quantization else []
        zero_points = listed(quantization.zeroPoint) if quantization else []
        tensors.append(
            Tensor(
                index=index,
                name=(tensor.name or b"").decode("utf-8", "replace"),
                dtype=dtype_names.get(tensor.type, f"type_{tensor.type}").lower(),
                shape=tuple(map(int, listed(tensor.shape))),
                scales=tuple(map(float, scales)),
                zero_point=int(zero_points[0]) if len(zero_points) else 0,
                is_constant=len(listed(buffer.data)) > 0 or buffer.size > 0,
                is_graph_input=index in inputs,
                is_graph_output=index in outputs,
                is_static=-1 not in listed(tensor.shapeSignature),
                data=np.asarray(listed(buffer.data), np.uint8),
            )
        )
    return tensors


def _pick(tensors: list[Tensor], indices: Any) -> tuple[Tensor, ...]:
    return tuple(tensors[index] for index in listed(indices) if index >= 0)

"""Whether a .tflite file is int8 throughout, and which operators it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from converters.tflite.tflite_file import Model, TFLiteFile
from converters.tflite.tflite_operators import MATRIX_PRODUCTS, Operator, Tensor
from tfsqueeze.utils.errors import UserError

_INTEGERS = ("int32", "int64")
# Which operand holds row numbers rather than data.
_INDEX_OPERAND = {"GATHER": 1, "EMBEDDING_LOOKUP": 0}


class NotFullyInt8Error(UserError):
    """A model that should be all int8 has operators that are not."""


def list_operators(model: Model) -> list[Operator]:
    """Returns the operators of every subgraph of a .tflite file, in the order in which they run.

    Args:
        model: the file's path, its bytes, or a `TFLiteFile`.

    Raises:
        UserError: the file cannot be read, or is not sound.
    """
    return list(TFLiteFile.open(model).operators)


def offending_operators(
    operators: Sequence[Operator], *, allow_float_output: bool = True
) -> list[Operator]:
    """Returns the operators that break the strict int8 rule, in order.

    Every operand must be int8, but for: constant int32 and int64 operands (biases, shapes, axes,
    permutations); the row numbers that GATHER and EMBEDDING_LOOKUP take; and integers computed
    from such constants alone.

    Args:
        operators: the operators of a file, in the order in which they run.
        allow_float_output: lets a QUANTIZE of a float32 graph input and a DEQUANTIZE into a
            float32 graph output through.
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

    Args:
        model: the file's path, its bytes, or a `TFLiteFile`.
        allow_float_output: see `offending_operators`.

    Raises:
        NotFullyInt8Error: some are not, by the rule of `offending_operators`; the message names
            the first of them with their dtypes.
        UserError: the file cannot be read, or is not sound.
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

    Args:
        model: the file's path, its bytes, or a `TFLiteFile`.

    Raises:
        NotFullyInt8Error: a convolution or matrix product reads or writes something else; the
            message names the first of them with their dtypes.
        UserError: the file cannot be read, or is not sound.
    """
    operators = list_operators(model)
    offenders = [
        operator for operator in offending_operators(operators) if operator.name in MATRIX_PRODUCTS
    ]
    if offenders:
        raise NotFullyInt8Error(
            f"{len(offenders)} of the model's matrix products are not int8: "
            f"{', '.join(map(_describe, offenders[:3]))}"
        )
    return operators


def summarize_operators(operators: Sequence[Operator]) -> list[dict[str, Any]]:
    """Counts operators by name and dtypes, for tables.

    Args:
        operators: the operators of a file.

    Returns:
        JSON-able rows, most frequent first, each with `name`, `count`, `inputs` and `outputs`
        (lists of distinct dtypes, of the computed inputs where there are any).
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

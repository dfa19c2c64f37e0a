"""The operators of a .tflite file and their tensors, read out of an unpacked model."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from converters.tflite.flatbuffer import listed

# Their operand 1 holds the weights.
MATRIX_PRODUCTS = {
    "FULLY_CONNECTED",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "TRANSPOSE_CONV",
    "BATCH_MATMUL",
}


@dataclass(frozen=True)
class Tensor:
    """An operand of an operator.

    Attributes:
        index: the tensor's number in its subgraph.
        name: the tensor's name in the file.
        dtype: the dtype's name, as in `int8`.
        shape: the sizes of the axes.
        scales: one scale for each channel, or for the whole tensor; none if it is not quantized.
        zero_point: the zero point of the first channel.
        is_constant: whether the file holds the tensor's numbers.
        is_graph_input: whether the tensor is an input of its subgraph.
        is_graph_output: whether the tensor is an output of its subgraph.
        is_static: whether the shape is known before the model runs.
        data: the bytes of a constant, uint8; empty for other tensors.
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
    data: np.ndarray = field(
        default_factory=lambda: np.zeros(0, np.uint8), repr=False, compare=False
    )

    @property
    def elements(self) -> int:
        """How many numbers the tensor holds."""
        return math.prod(self.shape)

    @property
    def values(self) -> np.ndarray:
        """The numbers of a constant as stored, in its shape and dtype."""
        return np.frombuffer(self.data.tobytes(), self.dtype).reshape(self.shape)


@dataclass(frozen=True)
class Operator:
    """One operator of a .tflite file.

    Attributes:
        index: the operator's position in its subgraph.
        name: the builtin operator's name, as in `CONV_2D`, or the custom operator's.
        inputs: the input operands in order, without optional ones that are left out.
        outputs: the output operands in order.
        subgraph: the number of the operator's subgraph.
        options: the schema's object of the operator's attributes (`Conv2DOptionsT` and so on), or
            None.
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
        if self.name in MATRIX_PRODUCTS and len(self.inputs) > 1 and self.inputs[1].is_constant:
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


def read_operators(model: Any) -> tuple[Operator, ...]:
    """Returns the operators of every subgraph, in the order in which they run.

    Args:
        model: a `ModelT` whose numbers are known to be sound.
    """
    from ai_edge_litert.tools.flatbuffer_utils import opcode_to_name

    names = [
        _custom_name(code) or opcode_to_name(model, index)
        for index, code in enumerate(listed(model.operatorCodes))
    ]
    operators = []
    for number, subgraph in enumerate(listed(model.subgraphs)):
        tensors = _read_tensors(model, subgraph)
        operators += [
            Operator(
                index=index,
                name=names[operator.opcodeIndex],
                inputs=_pick(tensors, operator.inputs),
                outputs=_pick(tensors, operator.outputs),
                subgraph=number,
                options=operator.builtinOptions,
            )
            for index, operator in enumerate(listed(subgraph.operators))
        ]
    return tuple(operators)


def _custom_name(code: Any) -> str:
    return (code.customCode or b"").decode("utf-8", "replace")


def _read_tensors(model: Any, subgraph: Any) -> list[Tensor]:
    from ai_edge_litert.tools.flatbuffer_utils import type_to_name

    inputs, outputs = set(listed(subgraph.inputs)), set(listed(subgraph.outputs))
    tensors = []
    for index, tensor in enumerate(listed(subgraph.tensors)):
        buffer = model.buffers[tensor.buffer]
        quantization = tensor.quantization
        scales = listed(quantization.scale) if quantization else []
        zero_points = listed(quantization.zeroPoint) if quantization else []
        tensors.append(
            Tensor(
                index=index,
                name=(tensor.name or b"").decode("utf-8", "replace"),
                dtype=type_to_name(tensor.type).lower(),
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

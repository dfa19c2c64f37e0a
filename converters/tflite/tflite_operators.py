"""The graphs of a .tflite file: their operators and tensors."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# Their operand 1 holds the weights.
MATRIX_PRODUCTS = {
    "FULLY_CONNECTED",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "TRANSPOSE_CONV",
    "BATCH_MATMUL",
}


class DamagedGraphError(ValueError):
    """A graph that no converter writes; the message is what is wrong with it."""


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
        channel_axis: the axis whose channels have a scale each, where there are several scales.
        is_variable: whether the tensor keeps its numbers from one run to the next.
        is_plain: whether the numbers are stored one after the other, and quantized by scales and
            zero points if at all.
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
    channel_axis: int = 0
    is_variable: bool = False
    is_plain: bool = True

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
        is_plain: whether it has no attributes beside the options, and leaves out no operand but
            the last.
    """

    index: int
    name: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    subgraph: int = 0
    options: Any = field(default=None, repr=False, compare=False)
    is_plain: bool = True

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


@dataclass(frozen=True)
class Signature:
    """The name of a subgraph, and those of its inputs and outputs.

    Attributes:
        key: the name.
        inputs: the numbers of the tensors that the caller sets, by their names.
        outputs: the numbers of the tensors that the caller gets, by their names.
    """

    key: str
    inputs: dict[str, int]
    outputs: dict[str, int]


@dataclass(frozen=True)
class Graph:
    """A subgraph of a .tflite file.

    Attributes:
        tensors: the tensors, by their numbers.
        operators: the operators, in the order in which they run.
        inputs: the numbers of the tensors that the caller sets.
        outputs: the numbers of the tensors that the caller gets.
        called: the numbers of the subgraphs that its operators run.
        signature: its signature; None where it has none.
    """

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    called: frozenset[int] = frozenset()
    signature: Signature | None = None

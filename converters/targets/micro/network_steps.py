"""Turns the operators of an int8 .tflite file into calls of the kernels in C."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from converters.targets.micro.c_syntax import array_definition
from converters.targets.micro.fixed_point import Factor, quantized_range, softmax_exponentials
from converters.targets.micro.network_plan import Place, Step
from converters.targets.micro.reference_tables import reference_table
from converters.tflite.tflite_file import TFLiteFile, unpack_model
from converters.tflite.tflite_operators import Operator, Tensor
from tfsqueeze.utils.errors import UserError

# ActivationFunctionType of the schema: the range that each leaves.
_ACTIVATIONS = {
    0: (-math.inf, math.inf),
    1: (0.0, math.inf),
    2: (-1.0, 1.0),
    3: (0.0, 6.0),
}
# They change the shape of a tensor and leave its numbers where they are.
_RESHAPES = {"RESHAPE", "SQUEEZE", "EXPAND_DIMS"}
_PRODUCTS = {"CONV_2D", "FULLY_CONNECTED"}
# Of one int8 input, number by number.
_ELEMENTWISE = {"GELU", "LOGISTIC", "QUANTIZE", "RELU", "RSQRT", "TANH"}
# The sum of a row's exponentials has 12 integer bits, and its reciprocal a shift below 32.
_LONGEST_SOFTMAX = 256


class NetworkSteps:
    """The steps of a network, and the constants that they read.

    Args:
        model: the bytes of an int8 .tflite file of one graph, with int32 inputs.

    Attributes:
        steps: the steps in order.
        sizes: the bytes of each buffer that the steps write.
        constants: the C definitions of the constants.
        constant_bytes: their size.
        inputs: the places of the inputs, in the order of the file.
        outputs: the places of the outputs, in the order of the file.

    Raises:
        UserError: the kernels in C lack an operator of the model.
    """

    def __init__(self, model: bytes) -> None:
        file = TFLiteFile.open(model)
        (graph,) = file.graphs
        self._graph, self._model = graph, unpack_model(file)
        self._uses = Counter(
            tensor.index for operator in graph.operators for tensor in operator.inputs
        )
        self._places: dict[int, Place] = {}
        self._names: dict[tuple[str, bytes], str] = {}
        self.steps: list[Step] = []
        self.sizes: dict[int, int] = {}
        self.constants: list[str] = []
        self.constant_bytes = 0
        for index in graph.inputs:
            self._places[index] = self._new_place(graph.tensors[index], 4)
        self._write_into_concatenations()
        for operator in graph.operators:
            self._translate(operator)
        self.inputs = [self._places[index] for index in graph.inputs]
        self.outputs = [self._dense_operand(graph.tensors[index]) for index in graph.outputs]

    def _translate(self, operator: Operator) -> None:
        name = operator.name
        methods: dict[str, Callable[[Operator], None]] = {
            "ADD": self._add,
            "BATCH_MATMUL": self._matmul,
            "CONCATENATION": self._concatenate,
            "CONV_2D": self._dense,
            "DEPTHWISE_CONV_2D": self._depthwise,
            "FULLY_CONNECTED": self._dense,
            "GATHER": self._gather,
            "L2_NORMALIZATION": self._l2_normalize,
            "MINIMUM": self._minimum,
            "MUL": self._mul,
            "REDUCE_MAX": self._reduce_max,
            "SLICE": self._slice,
            "SOFTMAX": self._softmax,
            "SPLIT": self._split,
            "SPLIT_V": self._split,
            "STRIDED_SLICE": self._slice,
            "SUB": self._add,
            "TRANSPOSE": self._transpose,
            **dict.fromkeys(_RESHAPES, self._reshape),
            **dict.fromkeys(_ELEMENTWISE, self._look_up),
        }
        _require(operator, name in methods)
        methods[name](operator)

    # Places.

    def _new_place(self, tensor: Tensor, element_bytes: int = 1) -> Place:
        buffer = len(self.sizes)
        self.sizes[buffer] = tensor.elements * element_bytes
        row = (tensor.shape[-1] if tensor.shape else 1) * element_bytes
        return Place(buffer, 0, row, row, tensor.elements * element_bytes)

    def _output(self, tensor: Tensor) -> Place:
        """The place of an output, which may be a part of a concatenation's."""
        if tensor.index not in self._places:
            self._places[tensor.index] = self._new_place(tensor)
        return self._places[tensor.index]

    def _operand(self, tensor: Tensor) -> Place:
        """The place of an input; a constant gets an array."""
        if not tensor.is_constant:
            return self._places[tensor.index]
        name = self._constant("int8_t", tensor.values.reshape(-1))
        row = tensor.shape[-1] if tensor.shape else 1
        return Place(name, 0, row, row, tensor.elements)

    def _dense_operand(self, tensor: Tensor) -> Place:
        """As `_operand`, copied where other tensors lie between its rows."""
        place = self._operand(tensor)
        if place.is_dense:
            return place
        copied = self._places[tensor.index] = self._new_place(tensor)
        self._copy(place, copied)
        return copied

    def _copy(self, source: Place, target: Place) -> None:
        rows, width = source.bytes // source.row_bytes, source.row_bytes
        if source.is_dense and target.is_dense:
            rows, width = 1, source.bytes
        numbers = (rows, width, source.stride, target.stride)
        self._step("copy", *numbers, reads=(source,), writes=(target,))

    def _step(
        self,
        function: str,
        *params: object,
        reads: tuple[Place, ...],
        writes: tuple[Place, ...],
        overwrites: Sequence[int] = (),
    ) -> None:
        self.steps.append(
            Step(f"tfsqueeze_{function}", tuple(map(str, params)), reads, writes, tuple(overwrites))
        )

    def _write_into_concatenations(self) -> None:
        """Lets the products that a concatenation alone reads write to its output directly."""
        producers = {
            tensor.index: operator
            for operator in self._graph.operators
            for tensor in operator.outputs
        }
        for operator in self._graph.operators:
            if operator.name != "CONCATENATION" or not _joins_rows(operator):
                continue
            target = self._output(operator.outputs[0])
            offset = 0
            for tensor in operator.inputs:
                producer = producers.get(tensor.index)
                if producer and producer.name in _PRODUCTS and self._uses[tensor.index] == 1:
                    self._places[tensor.index] = Place(
                        target.buffer, offset, tensor.shape[-1], target.stride, tensor.elements
                    )
                offset += tensor.shape[-1]

    # Constants.

    def _constant(self, c_type: str, values: Any) -> str:
        """Returns the name of a constant array; equal ones are written once."""
        text = np.asarray(values, np.dtype(c_type.removesuffix("_t")))
        key = c_type, text.tobytes()
        if key not in self._names:
            name = self._names[key] = f"constant_{len(self._names)}"
            self.constants.append(
                array_definition(f"static const {c_type} {name}[]", text.tolist())
            )
            self.constant_bytes += text.nbytes
        return self._names[key]

    def _factors(self, factors: Sequence[Factor]) -> str:
        key = "tfsqueeze_factor", repr(factors).encode()
        if key not in self._names:
            name = self._names[key] = f"constant_{len(self._names)}"
            values = (f"{{{factor.multiplier}, {factor.shift}}}" for factor in factors)
            self.constants.append(
                array_definition(f"static const tfsqueeze_factor {name}[]", values)
            )
            self.constant_bytes += 8 * len(factors)
        return self._names[key]

    def _params(self, kernel: str, fields: Mapping[str, object]) -> str:
        """Returns a pointer to a kernel's parameters."""
        name = f"step_{len(self.steps)}"
        values = (f".{field} = {_c_value(value)}" for field, value in fields.items())
        self.constants.append(
            array_definition(f"static const tfsqueeze_{kernel}_params {name}", values)
        )
        # Every field has 4 bytes on a device, but for factors, steps and shapes.
        self.constant_bytes += 4 * sum(_words(value) for value in fields.values())
        return f"&{name}"

    # Operators.

    def _reshape(self, operator: Operator) -> None:
        target = operator.outputs[0]
        source = self._dense_operand(operator.inputs[0])
        row = target.shape[-1] if target.shape else 1
        self._places[target.index] = Place(source.buffer, source.offset, row, row, source.bytes)

    def _gather(self, operator: Operator) -> None:
        table, ids = operator.inputs
        options = operator.options
        _require(operator, table.is_constant and not options.axis and not options.batchDims)
        self._step(
            "gather",
            ids.elements,
            table.elements // table.shape[0],
            reads=(self._operand(table), self._operand(ids)),
            writes=(self._output(operator.outputs[0]),),
        )

    def _look_up(self, operator: Operator) -> None:
        source = operator.inputs[0]
        _require(operator, source.dtype == operator.outputs[0].dtype == "int8")
        table = self._constant("int8_t", reference_table(self._model, operator))
        self._step(
            "look_up",
            source.elements,
            table,
            reads=(self._dense_operand(source),),
            writes=(self._output(operator.outputs[0]),),
            overwrites=(0,),
        )

    def _slice(self, operator: Operator) -> None:
        """A slice that is the whole, or a run of numbers without gaps."""
        source, target = operator.inputs[0], operator.outputs[0]
        start = _slice_start(operator)
        _require(operator, start is not None)
        place = self._dense_operand(source)
        row = target.shape[-1] if target.shape else 1
        self._places[target.index] = Place(
            place.buffer, place.offset + (start or 0), row, row, target.elements
        )

    def _split(self, operator: Operator) -> None:
        """The parts of rows stay where they are; only products read rows with gaps."""
        is_split = operator.name == "SPLIT"
        source = operator.inputs[1 if is_split else 0]
        axis = int(operator.inputs[0 if is_split else 2].values.reshape(-1)[0])
        _require(operator, axis % len(source.shape) == len(source.shape) - 1)
        place = self._operand(source)
        offset = place.offset
        for target in operator.outputs:
            width = target.shape[-1]
            self._places[target.index] = Place(
                place.buffer, offset, width, place.stride, target.elements
            )
            offset += width

    def _concatenate(self, operator: Operator) -> None:
        _require(operator, _joins_rows(operator))
        target = self._output(operator.outputs[0])
        offset = 0
        for tensor in operator.inputs:
            part = Place(target.buffer, offset, tensor.shape[-1], target.stride, tensor.elements)
            source = self._operand(tensor)
            if source != part:
                self._copy(source, part)
            offset += tensor.shape[-1]

    def _transpose(self, operator: Operator) -> None:
        source, permutation = operator.inputs
        target = operator.outputs[0]
        _require(operator, len(source.shape) <= 4)
        strides = [math.prod(source.shape[axis + 1 :]) for axis in range(len(source.shape))]
        axes = permutation.values.reshape(-1).tolist()
        lead = 4 - len(axes)
        self._turn(
            self._dense_operand(source),
            self._output(target),
            [1] * lead + list(target.shape),
            [0] * lead + [strides[axis] for axis in axes],
        )

    def _turn(
        self, source: Place, target: Place, shape: Sequence[int], strides: Sequence[int]
    ) -> None:
        """Copies a tensor of four axes, whose numbers are so far apart in the source."""
        params = self._params("transpose", {"shape": list(shape), "strides": list(strides)})
        self._step("transpose", params, reads=(source,), writes=(target,))

    def _dense(self, operator: Operator) -> None:
        source, weights, *biases = operator.inputs
        target = operator.outputs[0]
        options = operator.options
        plain = weights.is_constant and weights.dtype == "int8" and weights.zero_point == 0
        if operator.name == "CONV_2D":
            plain = plain and (
                weights.shape[1:3] == (1, 1)
                and options.strideH == options.strideW == 1
                and source.shape[-1] % weights.shape[-1] == 0
            )
        _require(operator, plain)
        depth, channels = weights.shape[-1], weights.shape[0]
        groups = source.shape[-1] // depth if operator.name == "CONV_2D" else 1
        kernel = weights.values.reshape(channels, depth)
        bias = biases[0].values.reshape(-1).astype(np.int64) if biases else np.zeros(channels, int)
        bias = _wrapped(bias - source.zero_point * kernel.astype(np.int64).sum(axis=1))
        factors = _channel_factors(operator, channels)
        minimum, maximum = _range(operator)
        # FULLY_CONNECTED takes any shape as rows of its depth.
        read = self._operand(source)
        if operator.name == "FULLY_CONNECTED" and read.row_bytes != depth:
            dense = self._dense_operand(source)
            read = Place(dense.buffer, dense.offset, depth, depth, dense.bytes)
        written = self._output(target)
        count = channels // groups
        for group in range(groups):
            part = slice(group * count, (group + 1) * count)
            params = {
                "rows": source.elements // (depth * groups),
                "depth": depth,
                "channels": count,
                "input_stride": read.stride,
                "output_stride": written.stride,
                "weights": self._constant("int8_t", pack_weights(kernel[part])),
                "bias": self._constant("int32_t", bias[part]),
                "factors": self._factors(factors[part]),
                "zero_point": target.zero_point,
                "minimum": minimum,
                "maximum": maximum,
            }
            self._step(
                "dense",
                self._params("dense", params),
                reads=(_part(read, group * depth, depth),),
                writes=(_part(written, group * count, count),),
            )

    def _depthwise(self, operator: Operator) -> None:
        source, weights, *biases = operator.inputs
        target = operator.outputs[0]
        options = operator.options
        _require(
            operator,
            weights.is_constant
            and source.shape[:2] == (1, 1)
            and source.shape == target.shape
            and weights.shape[:2] == (1, 1)
            and options.strideW == options.depthMultiplier == options.dilationWFactor == 1
            and options.padding == 0,
        )
        taps, channels = weights.shape[2:]
        minimum, maximum = _range(operator)
        bias = biases[0].values.reshape(-1) if biases else np.zeros(channels, np.int32)
        params = {
            "rows": source.shape[2],
            "channels": channels,
            "taps": taps,
            "padding": (taps - 1) // 2,
            "input_zero_point": source.zero_point,
            "weights": self._constant("int8_t", weights.values.reshape(-1)),
            "bias": self._constant("int32_t", bias),
            "factors": self._factors(_channel_factors(operator, channels)),
            "zero_point": target.zero_point,
            "minimum": minimum,
            "maximum": maximum,
        }
        self._step(
            "depthwise",
            self._params("depthwise", params),
            reads=(self._dense_operand(source),),
            writes=(self._output(target),),
        )

    def _matmul(self, operator: Operator) -> None:
        left, right = operator.inputs
        target = operator.outputs[0]
        options = operator.options
        _require(operator, not options.adjX and left.shape[:-2] == right.shape[:-2])
        batches, depth = math.prod(left.shape[:-2]), left.shape[-1]
        columns = right.elements // (batches * depth)
        rights = self._dense_operand(right)
        if not options.adjY:
            # The kernel reads the columns of the right matrix as rows.
            turned = self._new_place(right)
            self._turn(
                rights, turned, (1, batches, columns, depth), (0, depth * columns, 1, columns)
            )
            rights = turned
        params = {
            "batches": batches,
            "rows": left.shape[-2],
            "columns": columns,
            "depth": depth,
            "left_zero_point": left.zero_point,
            "right_zero_point": right.zero_point,
            "factor": Factor.of(_product_scale(left, right) / target.scales[0]),
            "zero_point": target.zero_point,
        }
        sums = len(self.sizes)
        self.sizes[sums] = 4 * columns
        self._step(
            "matmul",
            self._params("matmul", params),
            reads=(self._dense_operand(left), rights),
            writes=(
                Place(sums, 0, self.sizes[sums], self.sizes[sums], self.sizes[sums]),
                self._output(target),
            ),
        )

    def _add(self, operator: Operator) -> None:
        left, right = operator.inputs
        target = operator.outputs[0]
        shape = _broadcast(operator)
        if operator.name == "ADD" and shape["left_steps"][1] == 0:
            # The kernel scales a repeated number of the right operand once.
            left, right = right, left
            shape |= {"left_steps": shape["right_steps"], "right_steps": shape["left_steps"]}
        # AddPrepare: both are brought to twice the larger scale, 20 bits up.
        common = 2.0 * max(left.scales[0], right.scales[0])
        minimum, maximum = _range(operator)
        params = {
            **shape,
            "left_zero_point": left.zero_point,
            "right_zero_point": right.zero_point,
            "left_factor": Factor.of(left.scales[0] / common),
            "right_factor": Factor.of(right.scales[0] / common),
            "factor": Factor.of(common / ((1 << 20) * target.scales[0])),
            "sign": 1 if operator.name == "ADD" else -1,
            "zero_point": target.zero_point,
            "minimum": minimum,
            "maximum": maximum,
        }
        self._binary("add", left, right, target, params)

    def _mul(self, operator: Operator) -> None:
        left, right = operator.inputs
        target = operator.outputs[0]
        if left.index == right.index:
            self._look_up(operator)
            return
        minimum, maximum = _range(operator)
        params = {
            **_broadcast(operator),
            "left_zero_point": left.zero_point,
            "right_zero_point": right.zero_point,
            "factor": Factor.of(left.scales[0] * right.scales[0] / target.scales[0]),
            "zero_point": target.zero_point,
            "minimum": minimum,
            "maximum": maximum,
        }
        self._binary("mul", left, right, target, params)

    def _minimum(self, operator: Operator) -> None:
        left, right = operator.inputs
        _require(operator, _same_quantization((left, right, operator.outputs[0])))
        self._binary("minimum", left, right, operator.outputs[0], _broadcast(operator))

    def _binary(
        self, kernel: str, left: Tensor, right: Tensor, target: Tensor, params: dict[str, Any]
    ) -> None:
        self._step(
            kernel,
            self._params(kernel, params),
            reads=(self._dense_operand(left), self._dense_operand(right)),
            writes=(self._output(target),),
            # A repeated operand is smaller than the output, and is not overwritten.
            overwrites=[
                index
                for index, tensor in enumerate((left, right))
                if tensor.elements == target.elements
            ],
        )

    def _softmax(self, operator: Operator) -> None:
        source, target = operator.inputs[0], operator.outputs[0]
        columns = source.shape[-1]
        if columns > _LONGEST_SOFTMAX:
            raise UserError(
                f"the softmax in plain C takes rows of at most {_LONGEST_SOFTMAX} numbers, and "
                f"operator {operator.index} has {columns}; export with a max_length of at most "
                f"{_LONGEST_SOFTMAX}, or with --runtime tflite-micro"
            )
        _require(
            operator,
            target.zero_point == -128 and target.scales[0] == 1 / 256,
        )
        exponentials = softmax_exponentials(source.scales[0], operator.options.beta)
        self._step(
            "softmax",
            source.elements // columns,
            columns,
            self._constant("int32_t", exponentials),
            reads=(self._dense_operand(source),),
            writes=(self._output(target),),
            overwrites=(0,),
        )

    def _l2_normalize(self, operator: Operator) -> None:
        source, target = operator.inputs[0], operator.outputs[0]
        columns = source.shape[-1]
        _require(operator, target.zero_point == 0 and target.scales[0] == 1 / 128)
        self._step(
            "l2_normalize",
            source.elements // columns,
            columns,
            source.zero_point,
            reads=(self._dense_operand(source),),
            writes=(self._output(target),),
            overwrites=(0,),
        )

    def _reduce_max(self, operator: Operator) -> None:
        source, axes = operator.inputs
        target = operator.outputs[0]
        (axis,) = (int(axis) % len(source.shape) for axis in axes.values.reshape(-1))
        _require(operator, _same_quantization((source, target)))
        self._step(
            "reduce_max",
            math.prod(source.shape[:axis]),
            source.shape[axis],
            math.prod(source.shape[axis + 1 :]),
            reads=(self._dense_operand(source),),
            writes=(self._output(target),),
        )


def pack_weights(kernel: np.ndarray) -> np.ndarray:
    """Returns weights in the order in which `tfsqueeze_dense` reads them.

    Args:
        kernel: int8 [channels, depth].

    Returns:
        int8 [n]: for each pair of channels and each 4 numbers of the depth, 4 weights of the
        first channel and 4 of the second, with 0 in place of what is missing.

    Example:
        >>> pack_weights(np.arange(1, 11, dtype=np.int8).reshape(2, 5)).tolist()
        [1, 2, 3, 4, 6, 7, 8, 9, 5, 0, 0, 0, 10, 0, 0, 0]
    """
    channels, depth = kernel.shape
    padded = np.pad(kernel, [(0, channels % 2), (0, -depth % 4)])
    return padded.reshape(-1, 2, padded.shape[1] // 4, 4).transpose(0, 2, 1, 3).reshape(-1)


def _require(operator: Operator, condition: bool) -> None:
    if not condition:
        shapes = ", ".join(str(list(tensor.shape)) for tensor in operator.inputs)
        raise UserError(
            f"the kernels in plain C lack {operator.name} of {shapes} (operator "
            f"{operator.index}); export with --runtime tflite-micro, or train with the preset "
            "squeezebert-micro"
        )


def _part(place: Place, start: int, width: int) -> Place:
    """Some columns of all rows."""
    rows = place.bytes // place.row_bytes
    return Place(place.buffer, place.offset + start, width, place.stride, rows * width)


def _joins_rows(operator: Operator) -> bool:
    """Whether a concatenation is one of the last axis that changes no numbers."""
    target = operator.outputs[0]
    return (
        operator.options.axis % len(target.shape) == len(target.shape) - 1
        and operator.options.fusedActivationFunction == 0
        and _same_quantization((*operator.inputs, target))
    )


def _same_quantization(tensors: Sequence[Tensor]) -> bool:
    return len({(tensor.scales, tensor.zero_point) for tensor in tensors}) == 1


def _slice_start(operator: Operator) -> int | None:
    """The first number of a slice; None where its numbers do not follow each other."""
    source, target = operator.inputs[0], operator.outputs[0]
    numbers = np.arange(source.elements).reshape(source.shape)
    begin, end, *strides = (tensor.values.reshape(-1).tolist() for tensor in operator.inputs[1:])
    if operator.name == "SLICE":
        index = [
            slice(start, None if size == -1 else start + size)
            for start, size in zip(begin, end, strict=True)
        ]
    else:
        options = operator.options
        if options.ellipsisMask or options.newAxisMask:
            return None
        index = [
            start
            if options.shrinkAxisMask >> axis & 1
            else slice(
                None if options.beginMask >> axis & 1 else start,
                None if options.endMask >> axis & 1 else stop,
                step,
            )
            for axis, (start, stop, step) in enumerate(zip(begin, end, strides[0], strict=True))
        ]
    taken = numbers[tuple(index)].reshape(-1)
    is_run = taken.size == target.elements and (np.diff(taken) == 1).all()
    return int(taken[0]) if is_run else None


def _broadcast(operator: Operator) -> dict[str, Any]:
    """The rows and columns of an output, and the steps of both operands within them."""
    shape = operator.outputs[0].shape
    # The longest rows in which both operands have steps.
    for axis in range(len(shape)):
        columns = math.prod(shape[axis:])
        steps = [_steps(tensor, shape, columns) for tensor in operator.inputs]
        if None not in steps:
            return {
                "rows": math.prod(shape) // columns,
                "columns": columns,
                "left_steps": steps[0],
                "right_steps": steps[1],
            }
    _require(operator, False)
    raise AssertionError


def _steps(tensor: Tensor, shape: tuple[int, ...], columns: int) -> tuple[int, int] | None:
    numbers = np.arange(tensor.elements).reshape(tensor.shape)
    wanted = np.broadcast_to(numbers, shape).reshape(-1, columns)
    row = int(wanted[1, 0]) if len(wanted) > 1 else 0
    column = int(wanted[0, 1]) if columns > 1 else 0
    found = row * np.arange(len(wanted))[:, None] + column * np.arange(columns)
    return (row, column) if np.array_equal(wanted, found) else None


def _channel_factors(operator: Operator, channels: int) -> list[Factor]:
    source, weights = operator.inputs[:2]
    target = operator.outputs[0]
    if operator.name == "FULLY_CONNECTED" and len(weights.scales) == 1:
        number = _product_scale(source, weights) / target.scales[0]
        return [Factor.of(number)] * channels
    scales = itertools.islice(itertools.cycle(weights.scales), channels)
    return [Factor.of(source.scales[0] * scale / target.scales[0]) for scale in scales]


def _product_scale(left: Tensor, right: Tensor) -> float:
    """The product in float32, as `GetQuantizedConvolutionMultipler` takes it."""
    return float(np.float32(left.scales[0]) * np.float32(right.scales[0]))


def _range(operator: Operator) -> tuple[int, int]:
    activation = operator.options.fusedActivationFunction
    _require(operator, activation in _ACTIVATIONS)
    target = operator.outputs[0]
    return quantized_range(_ACTIVATIONS[activation], target.scales[0], target.zero_point)


def _wrapped(numbers: np.ndarray) -> np.ndarray:
    """int64 to int32 as the sums of the kernels overflow."""
    return numbers.astype(np.int64).astype(np.uint32).astype(np.int32)


def _c_value(value: object) -> str:
    if isinstance(value, Factor):
        return f"{{{value.multiplier}, {value.shift}}}"
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(map(str, value)) + "}"
    return str(value)


def _words(value: object) -> int:
    if isinstance(value, Factor):
        return 2
    return len(value) if isinstance(value, (list, tuple)) else 1

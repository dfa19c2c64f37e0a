"""Whether the operands and attributes of an operator fit each other, as its kernel needs them.

The kernels of a runtime trust some of what a file says: a stride of 0 divides by zero, a scale that
is too small for a sum ends the process. The rules are those of the kernels' `Prepare` functions in
TensorFlow Lite (tensorflow/lite/kernels). They cover the operators that the converter writes, and
those that the rules of the Edge TPU look into.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from converters.tflite.operator_macs import count_operator_macs
from converters.tflite.tflite_operators import DamagedGraphError, Graph, Operator, Tensor

# BERT-large at 512 tokens takes a sixth.
_MAX_MACS = 2**40
# Kernels that broadcast take up to so many axes.
_MAX_BROADCAST_RANK = 4
_MAX_TRANSPOSED_RANK = 6
# NONE, RELU, RELU_N1_TO_1 and RELU6 of the schema's ActivationFunctionType.
_ACTIVATIONS = range(4)

_SMALLEST_SCALE, _LARGEST_SCALE = 2.0**-40, 2.0**40

Shape = tuple[int, ...]
# The shapes that the outputs must have; None where the rule cannot tell.
Shapes = Callable[[Operator], list[Shape] | None]


@dataclass(frozen=True)
class OperatorRule:
    """What an operator's kernel needs.

    Attributes:
        inputs: how many inputs it may have.
        outputs: how many outputs it may have.
        options: the schema's class of its attributes; empty where it needs none.
        ranks: the least and the most axes of the first inputs.
        integers: the positions of inputs that hold shapes, axes and the like.
        shapes: the shapes that the outputs must have.
        is_known: whether the dtypes and the quantization are those that the converter writes.
    """

    inputs: range
    shapes: Shapes
    is_known: Callable[[Operator], bool]
    outputs: range = range(1, 2)
    options: str = ""
    ranks: tuple[tuple[int, int], ...] = ()
    integers: tuple[int, ...] = ()


def check_operators(graphs: Sequence[Graph]) -> tuple[str, ...]:
    """Checks the operators of a file.

    Args:
        graphs: the subgraphs of the file.

    Returns:
        The names of operators that the rules do not know, or not with such operands. Nobody can
        say of them that a runtime survives them.

    Raises:
        DamagedGraphError: the operands or the attributes of an operator do not fit each other, or
            the products take more multiply-accumulates than any text model.
    """
    unknown, macs = set(), 0
    if not all(graph.operators for graph in graphs):
        unknown.add("a graph without operators")
    for operator in (operator for graph in graphs for operator in graph.operators):
        if check_operator(operator):
            macs += count_operator_macs(operator)
        else:
            unknown.add(operator.name)
    if macs > _MAX_MACS:
        raise DamagedGraphError(f"it takes {macs:.1e} multiply-accumulates")
    return tuple(sorted(unknown))


def check_operator(operator: Operator) -> bool:
    """Checks one operator.

    Args:
        operator: the operator.

    Returns:
        Whether a rule knows the operator with such operands.

    Raises:
        DamagedGraphError: its operands or attributes do not fit each other.
    """
    rule = _RULES.get(operator.name)
    if rule is None:
        return False
    inputs, outputs = operator.inputs, operator.outputs
    if len(inputs) not in rule.inputs or len(outputs) not in rule.outputs:
        raise _fault(operator, f"has {len(inputs)} inputs and {len(outputs)} outputs")
    found = type(operator.options).__name__
    if rule.options and found != f"{rule.options}T":
        raise _fault(operator, f"has no {rule.options}")
    for tensor, (least, most) in zip(inputs, rule.ranks, strict=False):
        if not least <= len(tensor.shape) <= most:
            raise _fault(operator, f"reads the shape {list(tensor.shape)}")
    numbers = [inputs[position] for position in rule.integers if position < len(inputs)]
    if any(tensor.dtype not in ("int32", "int64") for tensor in numbers):
        raise _fault(operator, "reads a shape or an axis that is no integer")
    operands = (*inputs, *outputs)
    if not all(tensor.is_constant for tensor in numbers) or not all(
        tensor.is_static and tensor.is_plain and not tensor.is_variable and tensor.elements
        for tensor in operands
    ):
        return False
    shapes = rule.shapes(operator)
    if shapes is None:
        return False
    for tensor, shape in zip(outputs, shapes, strict=True):
        if tensor.shape != shape:
            raise _fault(
                operator, f"computes {list(tensor.shape)}, and its operands make {list(shape)}"
            )
    return operator.is_plain and rule.is_known(operator)


def _fault(operator: Operator, what: str) -> DamagedGraphError:
    return DamagedGraphError(f"operator {operator.index} ({operator.name}) {what}")


def _require(condition: bool, operator: Operator, what: str) -> None:
    if not condition:
        raise _fault(operator, what)


# The shapes of the outputs.


def _same_shape(operator: Operator) -> list[Shape]:
    return [operator.inputs[0].shape] * len(operator.outputs)


def _unknown_shape(operator: Operator) -> None:
    return None


def _broadcast_shape(operator: Operator) -> list[Shape] | None:
    shapes = [tensor.shape for tensor in operator.inputs]
    if max(map(len, shapes)) > _MAX_BROADCAST_RANK and len(set(shapes)) > 1:
        return None
    try:
        return [np.broadcast_shapes(*shapes)]
    except ValueError:
        raise _fault(operator, f"joins {' and '.join(map(str, map(list, shapes)))}") from None


def _convolution_size(
    operator: Operator, size: int, kernel: int, stride: int, dilation: int
) -> int:
    """The length of an axis after a convolution, for padding SAME (0) or VALID (1)."""
    padding = operator.options.padding
    _require(
        stride >= 1 and dilation >= 1 and padding in (0, 1),
        operator,
        f"has the stride {stride}, the dilation {dilation} and the padding {padding}",
    )
    reach = 0 if padding == 0 else (kernel - 1) * dilation
    return -(-(size - reach) // stride)


def _convolution_shape(operator: Operator) -> list[Shape]:
    data, weights = operator.inputs[:2]
    options = operator.options
    is_depthwise = operator.name == "DEPTHWISE_CONV_2D"
    channels = weights.shape[3 if is_depthwise else 0]
    if is_depthwise:
        _require(
            weights.shape[0] == 1
            and channels % data.shape[3] == 0
            and options.depthMultiplier in (0, channels // data.shape[3]),
            operator,
            f"multiplies {list(data.shape)} with {list(weights.shape)}",
        )
    else:
        groups, rest = divmod(data.shape[3], weights.shape[3])
        _require(
            not rest and channels % groups == 0,
            operator,
            f"multiplies {list(data.shape)} with {list(weights.shape)}",
        )
    _require_bias(operator, channels)
    batch, height, width, _ = data.shape
    return [
        (
            batch,
            _convolution_size(
                operator, height, weights.shape[1], options.strideH, options.dilationHFactor
            ),
            _convolution_size(
                operator, width, weights.shape[2], options.strideW, options.dilationWFactor
            ),
            channels,
        )
    ]


def _require_bias(operator: Operator, channels: int) -> None:
    for bias in operator.inputs[2:]:
        _require(bias.shape == (channels,), operator, f"adds {list(bias.shape)} to {channels}")


def _dense_shape(operator: Operator) -> list[Shape] | None:
    data, weights = operator.inputs[:2]
    channels, depth = weights.shape
    _require_bias(operator, channels)
    if operator.options.weightsFormat:
        return None
    _require(
        data.elements % depth == 0,
        operator,
        f"multiplies {list(data.shape)} with {list(weights.shape)}",
    )
    if operator.options.keepNumDims:
        _require(
            data.shape[-1] == depth,
            operator,
            f"multiplies {list(data.shape)} with {list(weights.shape)}",
        )
        return [(*data.shape[:-1], channels)]
    return [(data.elements // depth, channels)]


def _matmul_shape(operator: Operator) -> list[Shape]:
    left, right = (tensor.shape for tensor in operator.inputs)
    rows, depth = left[-2:][:: -1 if operator.options.adjX else 1]
    other_depth, columns = right[-2:][:: -1 if operator.options.adjY else 1]
    try:
        batch = np.broadcast_shapes(left[:-2], right[:-2])
    except ValueError:
        batch = None
    if batch is None or depth != other_depth:
        raise _fault(operator, f"multiplies {list(left)} with {list(right)}")
    return [(*batch, rows, columns)]


def _axis(operator: Operator, axis: int, rank: int) -> int:
    _require(-rank <= axis < rank, operator, f"works along axis {axis} of {rank}")
    return axis % rank


def _values(tensor: Tensor) -> list[int]:
    return tensor.values.reshape(-1).tolist()


def _reduced_shape(operator: Operator) -> list[Shape]:
    shape = operator.inputs[0].shape
    axes = {_axis(operator, axis, len(shape)) for axis in _values(operator.inputs[1])}
    if operator.options.keepDims:
        return [tuple(1 if axis in axes else size for axis, size in enumerate(shape))]
    return [tuple(size for axis, size in enumerate(shape) if axis not in axes)]


def _reshaped(operator: Operator) -> list[Shape] | None:
    data = operator.inputs[0]
    if len(operator.inputs) == 2:
        if len(operator.inputs[1].shape) != 1:
            return None
        shape = _values(operator.inputs[1])
    elif operator.options is not None and isinstance(operator.options.newShape, np.ndarray):
        shape = operator.options.newShape.tolist()
    else:
        return None
    known = math.prod(size for size in shape if size != -1)
    if shape.count(-1) == 1 and known > 0 and data.elements % known == 0:
        shape[shape.index(-1)] = data.elements // known
    _require(
        min(shape, default=1) > 0 and math.prod(shape) == data.elements,
        operator,
        f"makes {shape} of {list(data.shape)}",
    )
    return [tuple(shape)]


def _transposed(operator: Operator) -> list[Shape] | None:
    shape, order = operator.inputs[0].shape, _values(operator.inputs[1])
    rank = len(shape)
    if rank > _MAX_TRANSPOSED_RANK:
        return None
    order = [_axis(operator, axis, rank) for axis in order]
    _require(sorted(order) == list(range(rank)), operator, f"has the order {order} of {rank} axes")
    return [tuple(shape[axis] for axis in order)]


def _gathered(operator: Operator) -> list[Shape] | None:
    table, rows = operator.inputs
    axis = _axis(operator, operator.options.axis, len(table.shape))
    if operator.options.batchDims:
        return None
    return [(*table.shape[:axis], *rows.shape, *table.shape[axis + 1 :])]


def _concatenated(operator: Operator) -> list[Shape]:
    first, *others = (tensor.shape for tensor in operator.inputs)
    axis = _axis(operator, operator.options.axis, len(first))
    for shape in others:
        _require(
            len(shape) == len(first)
            and all(a == b for i, (a, b) in enumerate(zip(first, shape, strict=True)) if i != axis),
            operator,
            f"joins {list(first)} and {list(shape)} along axis {axis}",
        )
    total = sum(shape[axis] for shape in (first, *others))
    return [(*first[:axis], total, *first[axis + 1 :])]


def _split(operator: Operator) -> list[Shape]:
    data = operator.inputs[1]
    axis = _axis(operator, _one_value(operator, operator.inputs[0]), len(data.shape))
    count = len(operator.outputs)
    _require(
        operator.options.numSplits == count and data.shape[axis] % count == 0,
        operator,
        f"splits {list(data.shape)} into {operator.options.numSplits} for {count} outputs",
    )
    return [(*data.shape[:axis], data.shape[axis] // count, *data.shape[axis + 1 :])] * count


def _split_by_sizes(operator: Operator) -> list[Shape] | None:
    data, sizes = operator.inputs[0], _values(operator.inputs[1])
    axis = _axis(operator, _one_value(operator, operator.inputs[2]), len(data.shape))
    if -1 in sizes:
        return None
    _require(
        operator.options.numSplits == len(sizes) == len(operator.outputs)
        and min(sizes, default=0) > 0
        and sum(sizes) == data.shape[axis],
        operator,
        f"splits {list(data.shape)} into {sizes} for {len(operator.outputs)} outputs",
    )
    return [(*data.shape[:axis], size, *data.shape[axis + 1 :]) for size in sizes]


def _one_value(operator: Operator, tensor: Tensor) -> int:
    _require(tensor.elements == 1, operator, f"has {tensor.elements} numbers for an axis")
    return _values(tensor)[0]


def _strided(operator: Operator) -> list[Shape] | None:
    options, shape = operator.options, operator.inputs[0].shape
    begins, ends, strides = map(_values, operator.inputs[1:])
    if (
        options.ellipsisMask
        or options.newAxisMask
        or options.offset
        or min(strides, default=1) < 1
        or len(shape) > _MAX_BROADCAST_RANK
    ):
        return None
    _require(
        len(begins) == len(ends) == len(strides) == len(shape),
        operator,
        f"takes {begins} to {ends} by {strides} of {list(shape)}",
    )
    found = []
    for axis, size in enumerate(shape):
        begin = None if options.beginMask >> axis & 1 else begins[axis]
        if options.shrinkAxisMask >> axis & 1:
            _axis(operator, begin or 0, size)
            continue
        end = None if options.endMask >> axis & 1 else ends[axis]
        found.append(len(range(*slice(begin, end, strides[axis]).indices(size))))
    return [tuple(found)]


def _sliced(operator: Operator) -> list[Shape]:
    shape = operator.inputs[0].shape
    begins, sizes = map(_values, operator.inputs[1:])
    _require(
        len(begins) == len(sizes) == len(shape)
        and all(
            0 <= begin and begin + max(size, 0) <= whole and size >= -1
            for begin, size, whole in zip(begins, sizes, shape, strict=True)
        ),
        operator,
        f"takes {sizes} from {begins} of {list(shape)}",
    )
    return [
        tuple(
            whole - begin if size == -1 else size
            for begin, size, whole in zip(begins, sizes, shape, strict=True)
        )
    ]


def _padded(operator: Operator) -> list[Shape]:
    shape, paddings = operator.inputs[0].shape, operator.inputs[1]
    _require(
        paddings.shape == (len(shape), 2) and min(_values(paddings)) >= 0,
        operator,
        f"pads {list(shape)} by {_values(paddings)}",
    )
    return [
        tuple(
            size + sum(added) for size, added in zip(shape, paddings.values.tolist(), strict=True)
        )
    ]


def _packed(operator: Operator) -> list[Shape]:
    shape = operator.inputs[0].shape
    axis = _axis(operator, operator.options.axis, len(shape) + 1)
    _require(
        operator.options.valuesCount == len(operator.inputs)
        and all(tensor.shape == shape for tensor in operator.inputs),
        operator,
        f"stacks {[list(tensor.shape) for tensor in operator.inputs]}",
    )
    return [(*shape[:axis], len(operator.inputs), *shape[axis:])]


def _expanded(operator: Operator) -> list[Shape]:
    shape = operator.inputs[0].shape
    axis = _axis(operator, _one_value(operator, operator.inputs[1]), len(shape) + 1)
    return [(*shape[:axis], 1, *shape[axis:])]


def _squeezed(operator: Operator) -> list[Shape] | None:
    shape, dropped = operator.inputs[0].shape, operator.options.squeezeDims
    if len(shape) > 8:
        return None
    axes = {_axis(operator, axis, len(shape)) for axis in _numbers(dropped)} or {
        axis for axis, size in enumerate(shape) if size == 1
    }
    _require(
        all(shape[axis] == 1 for axis in axes),
        operator,
        f"leaves out the axes {sorted(axes)} of {list(shape)}",
    )
    return [tuple(size for axis, size in enumerate(shape) if axis not in axes)]


def _numbers(vector: Any) -> list[int]:
    return vector.tolist() if isinstance(vector, np.ndarray) else []


# Which dtypes and quantization the converter writes.


def _data(operator: Operator) -> list[Tensor]:
    positions = _RULES[operator.name].integers
    return [
        *(tensor for position, tensor in enumerate(operator.inputs) if position not in positions),
        *operator.outputs,
    ]


def _is_moved(operator: Operator) -> bool:
    """Numbers that only change places, of any dtype."""
    dtypes = {tensor.dtype for tensor in _data(operator)}
    return len(dtypes) == 1 and dtypes <= {"int8", "float32", "int32", "int64"}


def _is_alike(operator: Operator) -> bool:
    """All int8, with one scale each, or all float32."""
    tensors = _data(operator)
    return all(tensor.dtype == "float32" for tensor in tensors) or all(map(_is_int8, tensors))


def _is_int8(tensor: Tensor) -> bool:
    return tensor.dtype == "int8" and len(tensor.scales) == 1 and _are_usual(tensor.scales)


def _are_usual(scales: Sequence[float]) -> bool:
    """Whether the kernels can multiply two scales and divide by a third, in float32."""
    return all(_SMALLEST_SCALE <= scale <= _LARGEST_SCALE for scale in scales)


def _is_activated(operator: Operator) -> bool:
    return operator.options.fusedActivationFunction in _ACTIVATIONS and _is_alike(operator)


def _is_sum(operator: Operator) -> bool:
    """The kernels end the process where an output's scale is too small for the inputs' scales.

    QuantizeMultiplierSmallerThanOneExp takes 2 max(s_1, s_2) / (2^20 s_out).
    """
    if not _is_activated(operator):
        return False
    return operator.outputs[0].dtype == "float32" or (
        2 * max(tensor.scales[0] for tensor in operator.inputs)
        < 2**20 * operator.outputs[0].scales[0]
    )


def _is_squared_difference(operator: Operator) -> bool:
    """As for sums, with (2 max(s_1, s_2))^2 / (2^14 s_out)."""
    if not _is_alike(operator):
        return False
    return operator.outputs[0].dtype == "float32" or (
        (2 * max(tensor.scales[0] for tensor in operator.inputs)) ** 2
        < 2**14 * operator.outputs[0].scales[0]
    )


def _is_softmax(operator: Operator) -> bool:
    """The kernels end the process where beta * scale * 2^26 is not above 1."""
    beta = operator.options.beta
    if not (_is_alike(operator) and 0 < beta < math.inf):
        return False
    data = operator.inputs[0]
    return data.dtype == "float32" or data.scales[0] * beta * 2**26 > 1


def _is_product(operator: Operator) -> bool:
    """int8 with int32 biases, the weights with a scale for each channel or one; or all float32."""
    if operator.options.fusedActivationFunction not in _ACTIVATIONS:
        return False
    data, weights, *biases = operator.inputs
    (output,) = operator.outputs
    if all(tensor.dtype == "float32" for tensor in (*operator.inputs, output)):
        return True
    channel_axis = 3 if operator.name == "DEPTHWISE_CONV_2D" else 0
    return (
        _is_int8(data)
        and _is_int8(output)
        and weights.dtype == "int8"
        and weights.is_constant
        and _are_usual(weights.scales)
        and (
            len(weights.scales) == 1
            or len(weights.scales) == weights.shape[channel_axis]
            and weights.channel_axis == channel_axis
        )
        and all(bias.dtype == "int32" and bias.is_constant for bias in biases)
    )


def _is_gathered(operator: Operator) -> bool:
    table, rows = operator.inputs
    dtype = operator.outputs[0].dtype
    return (
        rows.dtype in ("int32", "int64")
        and table.dtype == dtype
        and dtype in ("int8", "float32", "int32")
    )


def _is_quantized(operator: Operator) -> bool:
    (data,), (output,) = operator.inputs, operator.outputs
    return (data.dtype == "float32" or _is_int8(data)) and _is_int8(output)


def _is_dequantized(operator: Operator) -> bool:
    (data,), (output,) = operator.inputs, operator.outputs
    return _is_int8(data) and output.dtype == "float32"


def _is_cast(operator: Operator) -> bool:
    return {tensor.dtype for tensor in (*operator.inputs, *operator.outputs)} <= {
        "bool", "int32", "int64", "float32",
    }  # fmt: skip


def _is_float(operator: Operator) -> bool:
    return all(tensor.dtype == "float32" for tensor in _data(operator))


def _is_never_known(operator: Operator) -> bool:
    return False


def _unary(is_known: Callable[[Operator], bool] = _is_alike, options: str = "") -> OperatorRule:
    return OperatorRule(range(1, 2), _same_shape, is_known, options=options)


def _binary(options: str = "", is_known: Callable[[Operator], bool] = _is_alike) -> OperatorRule:
    return OperatorRule(range(2, 3), _broadcast_shape, is_known, options=options)


_REDUCTION = OperatorRule(
    range(2, 3),
    _reduced_shape,
    _is_alike,
    options="ReducerOptions",
    ranks=((1, 4), (0, 1)),
    integers=(1,),
)


def _product(options: str, shapes: Shapes, ranks: Sequence[tuple[int, int]]) -> OperatorRule:
    return OperatorRule(range(2, 4), shapes, _is_product, options=options, ranks=(*ranks, (1, 1)))


def _beyond(
    inputs: range, options: str = "", ranks: tuple[tuple[int, int], ...] = (), outputs=range(1, 2)
) -> OperatorRule:
    """What the converter does not write, but the rules of the Edge TPU look into."""
    return OperatorRule(inputs, _unknown_shape, _is_never_known, outputs, options, ranks)


_ANY = (1, 8)
_RULES: dict[str, OperatorRule] = {
    "ABS": _unary(_is_float),
    "ADD": _binary("AddOptions", _is_sum),
    "AVERAGE_POOL_2D": _beyond(range(1, 2), "Pool2DOptions", ((4, 4),)),
    "BATCH_MATMUL": OperatorRule(
        range(2, 3),
        _matmul_shape,
        _is_alike,
        options="BatchMatMulOptions",
        ranks=((2, 5), (2, 5)),
    ),
    "CAST": _unary(_is_cast),
    "CONCATENATION": OperatorRule(
        range(1, 1000),
        _concatenated,
        lambda operator: not operator.options.fusedActivationFunction and _is_alike(operator),
        options="ConcatenationOptions",
        ranks=(_ANY,),
    ),
    "CONV_2D": _product("Conv2DOptions", _convolution_shape, ((4, 4), (4, 4))),
    "DEPTHWISE_CONV_2D": _product("DepthwiseConv2DOptions", _convolution_shape, ((4, 4), (4, 4))),
    "DEQUANTIZE": _unary(_is_dequantized),
    "DIV": _binary("DivOptions", _is_float),
    "EXP": _unary(_is_float),
    "EXPAND_DIMS": OperatorRule(range(2, 3), _expanded, _is_moved, integers=(1,)),
    "FULLY_CONNECTED": _product("FullyConnectedOptions", _dense_shape, (_ANY, (2, 2))),
    "GATHER": OperatorRule(
        range(2, 3), _gathered, _is_gathered, options="GatherOptions", ranks=(_ANY, (0, 8))
    ),
    "GELU": _unary(options="GeluOptions"),
    "L2_NORMALIZATION": OperatorRule(
        range(1, 2), _same_shape, _is_activated, options="L2NormOptions", ranks=((1, 4),)
    ),
    "LOGISTIC": _unary(),
    "MAXIMUM": _binary(),
    "MAX_POOL_2D": _beyond(range(1, 2), "Pool2DOptions", ((4, 4),)),
    "MEAN": _REDUCTION,
    "MINIMUM": _binary(),
    "MUL": _binary("MulOptions", _is_activated),
    "NEG": _unary(_is_float),
    "PACK": OperatorRule(range(1, 1000), _packed, _is_moved, options="PackOptions"),
    "PAD": OperatorRule(range(2, 3), _padded, _is_moved, ranks=((1, 4), (2, 2)), integers=(1,)),
    "PRELU": _beyond(range(2, 3)),
    "QUANTIZE": _unary(_is_quantized),
    "REDUCE_MAX": _REDUCTION,
    "REDUCE_MIN": _REDUCTION,
    "RELU": _unary(),
    "RELU6": _unary(),
    "RELU_N1_TO_1": _unary(),
    "RESHAPE": OperatorRule(range(1, 3), _reshaped, _is_moved, integers=(1,)),
    "RESIZE_BILINEAR": _beyond(range(2, 3)),
    "RESIZE_NEAREST_NEIGHBOR": _beyond(range(2, 3)),
    "RSQRT": _unary(),
    "SLICE": OperatorRule(range(3, 4), _sliced, _is_moved, ranks=((1, 4),), integers=(1, 2)),
    "SOFTMAX": OperatorRule(
        range(1, 2), _same_shape, _is_softmax, options="SoftmaxOptions", ranks=((1, 4),)
    ),
    "SPACE_TO_DEPTH": _beyond(range(1, 2), "SpaceToDepthOptions", ((4, 4),)),
    "SPLIT": OperatorRule(
        range(2, 3),
        _split,
        _is_moved,
        range(1, 1000),
        "SplitOptions",
        ((0, 1), (1, 4)),
        (0,),
    ),
    "SPLIT_V": OperatorRule(
        range(3, 4),
        _split_by_sizes,
        _is_moved,
        range(1, 1000),
        "SplitVOptions",
        ((1, 4), (1, 1), (0, 1)),
        (1, 2),
    ),
    "SQRT": _unary(_is_float),
    "SQUARE": _unary(_is_float),
    "SQUARED_DIFFERENCE": _binary(is_known=_is_squared_difference),
    "SQUEEZE": OperatorRule(range(1, 2), _squeezed, _is_moved, options="SqueezeOptions"),
    "STRIDED_SLICE": OperatorRule(
        range(4, 5),
        _strided,
        _is_moved,
        options="StridedSliceOptions",
        ranks=(_ANY, (1, 1), (1, 1), (1, 1)),
        integers=(1, 2, 3),
    ),
    "SUB": _binary("SubOptions", _is_sum),
    "SUM": _REDUCTION,
    "TANH": _unary(),
    "TRANSPOSE": OperatorRule(
        range(2, 3), _transposed, _is_moved, ranks=(_ANY, (1, 1)), integers=(1,)
    ),
    "TRANSPOSE_CONV": _beyond(range(3, 5), "TransposeConvOptions", ((1, 1), (4, 4), (4, 4))),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _beyond(range(1, 1000)),
}

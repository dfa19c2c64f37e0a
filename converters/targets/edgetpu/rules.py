"""The published rules for operators on the Edge TPU.

Source: "TensorFlow models on the Edge TPU" (coral.ai/docs/edgetpu/models-intro), sections "Model
requirements" and "Supported operations" with their known limitations. The statuses are those that
`edgetpu_compiler` 16 prints. A second copy of the limitations (Axis, "Supported ops" of ARTPEC-7)
agrees from Add to ResizeBilinear. The rows after it, and the runtime versions, have no second
source here.

The rules take "batch" to be the first axis of a tensor of two or more dimensions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from converters.tflite.tflite_operators import Operator, Tensor

MAPPED = "Mapped to Edge TPU"
NOT_SUPPORTED = "Operation not supported"
WRONG_DTYPE = "Operation is working on an unsupported data type"
WRONG_RANK = "Tensor has unsupported rank (up to 3 innermost dimensions mapped)"
DYNAMIC = "Operation not supported on dynamic-sized tensors"
LIMITED = "Operation is otherwise supported, but not mapped due to some unspecified limitation"
LATER_SUBGRAPH = "More than one subgraph is not supported"

# The newest version of the Edge TPU runtime, for which compiler 16 compiles.
NEWEST_RUNTIME = 14
_MAX_SOFTMAX = 16_000
_NO_ACTIVATION = 0  # ActivationFunctionType.NONE of TensorFlow Lite's schema

# Returns why an operator cannot be mapped, or None.
Limit = Callable[[Operator], str | None]


@dataclass(frozen=True)
class Rule:
    """A row of the table of supported operations.

    Attributes:
        runtime: the first version of the Edge TPU runtime that has the operation; 0 for all.
        limits: the known limitations.
    """

    runtime: int = 0
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True)
class Placement:
    """Whether the rules let an operator run on the Edge TPU.

    Attributes:
        status: the status in the compiler's words, such as `MAPPED`.
        reason: why the operator cannot be mapped; empty where it can.
        runtime: the first version of the Edge TPU runtime that has the operation; 0 for all.
    """

    status: str
    reason: str = ""
    runtime: int = 0

    @property
    def is_supported(self) -> bool:
        """Whether the operator by itself can be mapped."""
        return self.status == MAPPED


def check_operator(operator: Operator, runtime: int = NEWEST_RUNTIME) -> Placement:
    """Checks one operator against the requirements for all and the limits of its operation.

    Args:
        operator: the operator.
        runtime: the version of the Edge TPU runtime on the device.

    Returns:
        Whether the operator by itself can be mapped, and why not.
    """
    rule = RULES.get(operator.name)
    if rule is None:
        return Placement(NOT_SUPPORTED, f"the Edge TPU has no {operator.name}")
    if rule.runtime > runtime:
        return Placement(
            NOT_SUPPORTED, f"needs runtime {rule.runtime}, not {runtime}", rule.runtime
        )
    tensors = (*operator.inputs, *operator.outputs)
    for tensor in tensors:
        if not _has_supported_dtype(tensor):
            return Placement(WRONG_DTYPE, f"{tensor.name} is {tensor.dtype}", rule.runtime)
        if not tensor.is_static:
            return Placement(DYNAMIC, f"the shape of {tensor.name} is not static", rule.runtime)
        if any(size > 1 for size in tensor.shape[:-3]) and not _is_parameter(operator, tensor):
            return Placement(
                WRONG_RANK,
                f"{tensor.name} is {list(tensor.shape)}: more than the "
                "innermost 3 dimensions are above 1",
                rule.runtime,
            )
        # Nobody has compared the shapes and the numbers that the limits look into.
        reason = _why_unchecked(tensor)
        if reason and rule.limits:
            return Placement(LIMITED, f"{tensor.name} {reason}", rule.runtime)
    for limit in rule.limits:
        reason = limit(operator)
        if reason:
            return Placement(LIMITED, reason, rule.runtime)
    return Placement(MAPPED, runtime=rule.runtime)


def _has_supported_dtype(tensor: Tensor) -> bool:
    # Integers are supported only as biases, shapes, axes and permutations.
    return tensor.dtype in ("int8", "uint8") or (tensor.dtype == "int32" and tensor.is_constant)


def _why_unchecked(tensor: Tensor) -> str | None:
    """Returns why `operator_checks` takes an operator of such an operand as it is."""
    if not tensor.is_plain:
        return "is sparse, or its numbers are not in the graph"
    if not tensor.elements:
        return "has no elements"
    return "is a variable" if tensor.is_variable else None


def _is_parameter(operator: Operator, tensor: Tensor) -> bool:
    """Returns whether a tensor holds weights, whose four dimensions may have any size."""
    return operator.weights is not None and tensor.index == operator.weights.index


def _constant_parameters(operator: Operator) -> str | None:
    if any(not tensor.is_constant for tensor in operator.inputs[1:]):
        return "its weights or biases are computed, not constant"
    return None


def _one_dilation(operator: Operator) -> str | None:
    options = operator.options
    if options.dilationWFactor != options.dilationHFactor:
        return (
            f"the dilations in x ({options.dilationWFactor}) and y "
            f"({options.dilationHFactor}) differ"
        )
    return None


def _one_group(operator: Operator) -> str | None:
    data, weights = operator.inputs[:2]
    if data.shape[-1] != weights.shape[-1]:
        return f"a convolution in {data.shape[-1] // weights.shape[-1]} groups"
    return None


def _no_activation(operator: Operator) -> str | None:
    if operator.options.fusedActivationFunction != _NO_ACTIVATION:
        return "it has a fused activation"
    return None


def _only_zeros_constant(operator: Operator) -> str | None:
    constants = [tensor for tensor in operator.inputs if tensor.is_constant]
    if constants and (
        len(operator.inputs) != 2
        or any((tensor.values != tensor.zero_point).any() for tensor in constants)
    ):
        return "a constant is joined that is not the zeros of a two-part concatenation"
    return None


def _default_weights(operator: Operator) -> str | None:
    return "its weights are not in the default format" if operator.options.weightsFormat else None


def _one_dimensional_output(operator: Operator) -> str | None:
    output = operator.outputs[0]
    if output.elements != output.shape[-1]:
        return f"its output {list(output.shape)} is not one-dimensional"
    return None


def _softmax_size(operator: Operator) -> str | None:
    data = operator.inputs[0]
    if data.elements != data.shape[-1]:
        return f"its input {list(data.shape)} is not one-dimensional"
    if data.elements > _MAX_SOFTMAX:
        return f"its input has {data.elements:,} elements, more than {_MAX_SOFTMAX:,}"
    return None


def _axes(operator: Operator) -> set[int]:
    rank = len(operator.inputs[0].shape)
    return {int(axis) % rank for axis in operator.inputs[1].values.reshape(-1)}


def _keeps_batch(axes: Callable[[Operator], set[int]]) -> Limit:
    def limit(operator: Operator) -> str | None:
        return "it works along the batch dimension" if 0 in axes(operator) else None

    return limit


def _multiple_of_four_channels(operator: Operator) -> str | None:
    """Mean: where channels are averaged, their number must be a multiple of 4."""
    shape = operator.inputs[0].shape
    if len(shape) - 1 in _axes(operator) and shape[-1] % 4:
        return f"it averages {shape[-1]} channels, which is no multiple of 4"
    return None


def _padded_axes(operator: Operator) -> set[int]:
    return {axis for axis, sizes in enumerate(operator.inputs[1].values) if sizes.any()}


def _split_axis(operator: Operator) -> set[int]:
    rank = len(operator.inputs[1].shape)
    return {int(operator.inputs[0].values.reshape(-1)[0]) % rank}


def _pack_axis(operator: Operator) -> set[int]:
    return {operator.options.axis % len(operator.outputs[0].shape)}


def _squeezes_leading_dimensions(operator: Operator) -> str | None:
    """Squeeze: without a relayout, only dimensions of 1 before all others can be removed."""
    data, output = operator.inputs[0].shape, operator.outputs[0].shape
    if data[len(data) - len(output) :] != output:
        return f"it makes {list(output)} of {list(data)}, not by leaving out the first dimensions"
    return None


def _one_dimensional_alpha(operator: Operator) -> str | None:
    if any(size > 1 for size in operator.inputs[1].shape[:-1]):
        return "its alpha is not one-dimensional"
    return None


def _unit_strides(operator: Operator) -> str | None:
    if (operator.inputs[3].values != 1).any():
        return "a stride is not 1"
    if operator.options.ellipsisMask or operator.options.newAxisMask:
        return "it has an ellipsis or a new axis"
    return None


_CONVOLUTION = (_constant_parameters, _one_dilation)
_REDUCTION = (_keeps_batch(_axes),)

RULES: dict[str, Rule] = {
    "ADD": Rule(),
    "AVERAGE_POOL_2D": Rule(limits=(_no_activation,)),
    "CONCATENATION": Rule(limits=(_no_activation, _only_zeros_constant)),
    "CONV_2D": Rule(limits=(*_CONVOLUTION, _one_group)),
    "DEPTHWISE_CONV_2D": Rule(limits=_CONVOLUTION),
    # Its output is float, which is what the compiler says of it.
    "DEQUANTIZE": Rule(),
    "EXPAND_DIMS": Rule(13),
    "FULLY_CONNECTED": Rule(
        limits=(_constant_parameters, _default_weights, _one_dimensional_output)
    ),
    "L2_NORMALIZATION": Rule(),
    "LOGISTIC": Rule(),
    "MAXIMUM": Rule(),
    "MAX_POOL_2D": Rule(limits=(_no_activation,)),
    "MEAN": Rule(limits=(*_REDUCTION, _multiple_of_four_channels)),
    "MINIMUM": Rule(),
    "MUL": Rule(),
    "PACK": Rule(13, (_keeps_batch(_pack_axis),)),
    "PAD": Rule(limits=(_keeps_batch(_padded_axes),)),
    "PRELU": Rule(13, (_one_dimensional_alpha,)),
    "QUANTIZE": Rule(13),
    "REDUCE_MAX": Rule(14, _REDUCTION),
    "REDUCE_MIN": Rule(14, _REDUCTION),
    "RELU": Rule(),
    "RELU6": Rule(),
    "RELU_N1_TO_1": Rule(),
    "RESHAPE": Rule(),
    "RESIZE_BILINEAR": Rule(),
    "RESIZE_NEAREST_NEIGHBOR": Rule(),
    "RSQRT": Rule(14),
    "SLICE": Rule(),
    "SOFTMAX": Rule(limits=(_softmax_size,)),
    "SPACE_TO_DEPTH": Rule(),
    "SPLIT": Rule(limits=(_keeps_batch(_split_axis),)),
    "SQUARED_DIFFERENCE": Rule(14),
    "SQUEEZE": Rule(limits=(_squeezes_leading_dimensions,)),
    "STRIDED_SLICE": Rule(limits=(_unit_strides,)),
    "SUB": Rule(),
    "SUM": Rule(13, _REDUCTION),
    "TANH": Rule(),
    "TRANSPOSE": Rule(14),
    "TRANSPOSE_CONV": Rule(13),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": Rule(14),
}

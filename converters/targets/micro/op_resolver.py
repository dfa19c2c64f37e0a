"""Writes the C++ header that registers the kernels of a model in TensorFlow Lite Micro."""

from __future__ import annotations

from collections.abc import Iterable

from converters.targets.micro.c_syntax import GENERATED
from tfsqueeze.utils.errors import UserError

# Methods of tflite::MicroMutableOpResolver (tensorflow/lite/micro/micro_mutable_op_resolver.h) for
# the builtin operators in models of this project.
_METHODS = {
    "ADD": "AddAdd",
    "BATCH_MATMUL": "AddBatchMatMul",
    "CONCATENATION": "AddConcatenation",
    "CONV_2D": "AddConv2D",
    "DEPTHWISE_CONV_2D": "AddDepthwiseConv2D",
    "FULLY_CONNECTED": "AddFullyConnected",
    "GATHER": "AddGather",
    "L2_NORMALIZATION": "AddL2Normalization",
    "LOGISTIC": "AddLogistic",
    "MEAN": "AddMean",
    "MINIMUM": "AddMinimum",
    "MUL": "AddMul",
    "PAD": "AddPad",
    "QUANTIZE": "AddQuantize",
    "REDUCE_MAX": "AddReduceMax",
    "RESHAPE": "AddReshape",
    "RSQRT": "AddRsqrt",
    "SLICE": "AddSlice",
    "SOFTMAX": "AddSoftmax",
    "SPLIT": "AddSplit",
    "SPLIT_V": "AddSplitV",
    "SQUEEZE": "AddSqueeze",
    "STRIDED_SLICE": "AddStridedSlice",
    "SUB": "AddSub",
    "SUM": "AddSum",
    "TANH": "AddTanh",
    "TRANSPOSE": "AddTranspose",
}


def op_resolver_header(operators: Iterable[str]) -> str:
    """Returns a C++ header with a resolver of exactly the given builtin operators.

    Args:
        operators: names of builtin operators, such as `CONV_2D`, in any order and number.

    Raises:
        UserError: TensorFlow Lite Micro has no int8 kernel for an operator.
    """
    names = sorted(set(operators))
    unknown = [name for name in names if name not in _METHODS]
    if unknown:
        raise UserError(
            f"TensorFlow Lite Micro has no int8 kernel for {', '.join(unknown)}; train with "
            "hidden_act relu or sigmoid_gelu, as the preset squeezebert-micro does"
        )
    calls = "".join(
        f"  if (resolver.{_METHODS[name]}() != kTfLiteOk) return kTfLiteError;\n" for name in names
    )
    return (
        f"{GENERATED}#ifndef OP_RESOLVER_H_\n#define OP_RESOLVER_H_\n\n"
        '#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"\n\n'
        f"using ModelOpResolver = tflite::MicroMutableOpResolver<{len(names)}>;\n\n"
        "// Adds exactly the operators of the model.\n"
        f"inline TfLiteStatus AddModelOps(ModelOpResolver& resolver) {{\n{calls}"
        "  return kTfLiteOk;\n}\n\n#endif\n"
    )

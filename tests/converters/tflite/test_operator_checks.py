"""Each rule on operands that fit each other, that do not, and that it does not know."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from converters.tflite import operator_checks
from converters.tflite.operator_checks import check_operator, check_operators
from converters.tflite.tflite_operators import DamagedGraphError, Graph, Operator, Tensor


def tensor(*shape, dtype="int8", scales=None, **fields):
    scales = ((0.1,) if dtype == "int8" else ()) if scales is None else scales
    return Tensor(1, "x", dtype, shape, scales, 0, False, False, False, **fields)


def constant(values, dtype="int32", scales=()):
    array = np.asarray(values, dtype)
    return Tensor(
        2, "c", dtype, array.shape, scales, 0, True, False, False,
        data=np.frombuffer(array.tobytes(), np.uint8),
    )  # fmt: skip


def operator(name, inputs, *outputs, options=None, **fields):
    made = None
    if options is not None:
        made = getattr(schema, f"{options}T")()
        vars(made).update(fields)
    return Operator(0, name, tuple(inputs), outputs, options=made)


X, Y = tensor(1, 1, 8, 16), tensor(1, 1, 8, 4)
F = tensor(1, 8, dtype="float32")
KERNEL = constant(np.zeros((4, 1, 1, 16)), "int8", (0.1,))
CHANNELS = dataclasses.replace(KERNEL, scales=(0.1,) * 4)
GROUPED = constant(np.zeros((4, 1, 3, 8)), "int8", (0.1,))
DEPTHWISE = dataclasses.replace(
    constant(np.zeros((1, 1, 3, 16)), "int8", (0.1,) * 16), channel_axis=3
)
BIAS = constant(np.zeros(4))
WEIGHTS = constant(np.zeros((4, 16)), "int8", (0.1,))


def conv(data=X, kernel=KERNEL, *more, output=Y, name="CONV_2D", **fields):
    options = "DepthwiseConv2DOptions" if name.startswith("DEPTHWISE") else "Conv2DOptions"
    strides = {"strideW": 1, "strideH": 1, "dilationWFactor": 1, "dilationHFactor": 1}
    return operator(name, (data, kernel, *more), output, options=options, **strides | fields)


def dense(data=X, weights=WEIGHTS, *more, output=None, keepNumDims=True, **fields):  # noqa: N803
    return operator(
        "FULLY_CONNECTED", (data, weights, *more), output or Y,
        options="FullyConnectedOptions", keepNumDims=keepNumDims, **fields,
    )  # fmt: skip


def add(left, right, output, name="ADD", options="AddOptions", **fields):
    return operator(name, (left, right), output, options=options, **fields)


def matmul(left, right, *output, **fields):
    return operator(
        "BATCH_MATMUL", (tensor(*left), tensor(*right)), tensor(*output),
        options="BatchMatMulOptions", **fields,
    )  # fmt: skip


def mean(axes, *output, data=X, keepDims=False, name="MEAN"):  # noqa: N803
    return operator(
        name, (data, constant(axes)), tensor(*output), options="ReducerOptions", keepDims=keepDims
    )


def gather(table, rows, output, **fields):
    return operator("GATHER", (table, rows), output, options="GatherOptions", **fields)


def strided(begin, end, strides, *output, data=X, **fields):
    numbers = (constant(begin), constant(end), constant(strides))
    return operator(
        "STRIDED_SLICE", (data, *numbers), tensor(*output), options="StridedSliceOptions", **fields
    )


def split(axis, *outputs, data=X, numSplits=2):  # noqa: N803
    return operator(
        "SPLIT", (constant(axis), data), *outputs, options="SplitOptions", numSplits=numSplits
    )


def concatenation(*inputs, output=X, axis=3, **fields):
    return operator(
        "CONCATENATION", inputs, output, options="ConcatenationOptions", axis=axis, **fields
    )


def softmax(data, beta=1.0, output=None):
    return operator("SOFTMAX", (data,), output or data, options="SoftmaxOptions", beta=beta)


HALF = tensor(1, 1, 8, 8)
IDS = tensor(1, 8, dtype="int32")
TABLE = constant(np.zeros((11, 4)), "int8", (0.1,))

KNOWN = [
    conv(), conv(X, KERNEL, BIAS), conv(X, CHANNELS, BIAS, fusedActivationFunction=1),
    conv(X, GROUPED, BIAS), conv(X, GROUPED, padding=1, output=tensor(1, 1, 6, 4)),
    conv(X, GROUPED, padding=1, dilationWFactor=2, output=tensor(1, 1, 4, 4)),
    conv(strideW=3, output=tensor(1, 1, 3, 4)),
    conv(X, DEPTHWISE, name="DEPTHWISE_CONV_2D", output=X, depthMultiplier=1),
    conv(
        tensor(1, 1, 8, 16, dtype="float32"), constant(np.zeros((4, 1, 1, 16)), "float32"),
        output=tensor(1, 1, 8, 4, dtype="float32"),
    ),
    dense(), dense(X, WEIGHTS, BIAS), dense(keepNumDims=False, output=tensor(8, 4)),
    dense(tensor(1, 32), constant(np.zeros((4, 16)), "int8", (0.1,) * 4), keepNumDims=False,
          output=tensor(2, 4)),
    add(X, X, X), add(X, tensor(16), X), add(tensor(8, 1), tensor(1, 16), tensor(8, 16)),
    add(F, F, F), add(X, tensor(16), X, "MUL", "MulOptions"), add(X, X, X, "SUB", "SubOptions"),
    add(X, X, X, "MINIMUM", None), add(F, F, F, "DIV", "DivOptions"),
    add(X, X, X, "SQUARED_DIFFERENCE", None),
    matmul((4, 8, 16), (4, 16, 2), 4, 8, 2), matmul((4, 8, 16), (1, 16, 2), 4, 8, 2),
    matmul((4, 8, 16), (4, 2, 16), 4, 8, 2, adjY=True),
    matmul((4, 16, 8), (4, 16, 2), 4, 8, 2, adjX=True),
    mean([2], 1, 1, 16), mean([-2], 1, 1, 16), mean(2, 1, 1, 1, 16, keepDims=True),
    mean([1, 2], 1, 16), mean([2], 1, 1, 16, name="REDUCE_MAX"), mean([2], 1, 1, 16, name="SUM"),
    gather(TABLE, IDS, tensor(1, 8, 4)), gather(X, IDS, tensor(1, 1, 1, 8, 16), axis=2),
    strided([0] * 4, [1, 1, 4, 16], [1] * 4, 1, 1, 4, 16),
    strided([0] * 4, [0] * 4, [1, 1, 2, 1], 1, 1, 4, 16, endMask=15),
    strided([0, 0, -3, 0], [0, 0, 99, 0], [1] * 4, 1, 1, 3, 16, endMask=11),
    strided([0, 0, 1, 0], [0, 0, 2, 0], [1] * 4, 1, 1, 16, endMask=11, shrinkAxisMask=4),
    split(3, HALF, HALF), split([-1], HALF, HALF),
    operator("SPLIT_V", (X, constant([12, 4]), constant(3)), tensor(1, 1, 8, 12), Y,
             options="SplitVOptions", numSplits=2),
    concatenation(HALF, HALF), concatenation(HALF, HALF, axis=-1),
    softmax(X), softmax(F), softmax(tensor(1, 8, scales=(1e-6,))),
    operator("RESHAPE", (X, constant([8, 16])), tensor(8, 16)),
    operator("RESHAPE", (X, constant([-1, 4])), tensor(32, 4)),
    operator("RESHAPE", (X,), tensor(8, 16), options="ReshapeOptions",
             newShape=np.array([8, 16], np.int32)),
    operator("TRANSPOSE", (X, constant([0, 3, 1, -2])), tensor(1, 16, 1, 8)),
    operator("PAD", (X, constant([[0, 0], [0, 0], [1, 2], [0, 0]])), tensor(1, 1, 11, 16)),
    operator("PACK", (IDS, IDS), tensor(1, 2, 8, dtype="int32"), options="PackOptions", axis=1,
             valuesCount=2),
    operator("EXPAND_DIMS", (IDS, constant(1)), tensor(1, 1, 8, dtype="int32")),
    operator("SQUEEZE", (X,), tensor(8, 16), options="SqueezeOptions"),
    operator("SQUEEZE", (X,), tensor(1, 8, 16), options="SqueezeOptions",
             squeezeDims=np.array([1], np.int32)),
    operator("SLICE", (X, constant([0, 0, 2, 0]), constant([1, 1, -1, 4])), tensor(1, 1, 6, 4)),
    operator("QUANTIZE", (F,), tensor(1, 8)), operator("QUANTIZE", (X,), X),
    operator("DEQUANTIZE", (tensor(1, 8),), F), operator("CAST", (IDS,), F),
    operator("TANH", (X,), X), operator("RSQRT", (F,), F), operator("LOGISTIC", (X,), X),
    operator("GELU", (X,), X, options="GeluOptions"), operator("EXP", (F,), F),
    operator("L2_NORMALIZATION", (X,), X, options="L2NormOptions"),
]  # fmt: skip


@pytest.mark.parametrize("good", KNOWN, ids=lambda operator: operator.name)
def test_what_fits_is_known(good):
    assert check_operator(good) is True


def test_every_rule_is_tried():
    never = {
        name
        for name, rule in operator_checks._RULES.items()
        if rule.is_known is operator_checks._is_never_known
    }
    tried = {operator.name for operator in KNOWN}
    simple = {"ABS", "MAXIMUM", "NEG", "REDUCE_MIN", "RELU", "RELU6", "RELU_N1_TO_1", "SQRT"}
    assert set(operator_checks._RULES) == tried | never | simple | {"SQUARE"}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (operator("ADD", (X,), X, options="AddOptions"), "ADD. has 1 inputs and 1 outputs"),
        (operator("ADD", (X, X, X), X, options="AddOptions"), "has 3 inputs"),
        (operator("TANH", (X,)), "has 1 inputs and 0 outputs"),
        (operator("TANH", (X,), X, X), "has 1 inputs and 2 outputs"),
        (operator("CONV_2D", (X, KERNEL), Y), "has no Conv2DOptions"),
        (operator("CONV_2D", (X, KERNEL), Y, options="AddOptions"), "has no Conv2DOptions"),
        (conv(strideW=0), "has the stride 0, the dilation 1 and the padding 0"),
        (conv(strideH=-1), "has the stride -1"),
        (conv(dilationHFactor=0), "the dilation 0"),
        (conv(padding=2), "the padding 2"),
        (conv(output=X), r"computes \[1, 1, 8, 16\], and its operands make \[1, 1, 8, 4\]"),
        (conv(tensor(1, 8, 16)), r"reads the shape \[1, 8, 16\]"),
        (conv(tensor(1, 1, 8, 15)), r"multiplies \[1, 1, 8, 15\] with \[4, 1, 1, 16\]"),
        (conv(tensor(1, 1, 8, 48)), "multiplies"),
        (conv(X, KERNEL, constant(np.zeros(5))), r"adds \[5\] to 4"),
        (conv(X, KERNEL, constant(np.zeros((4, 1)))), r"reads the shape \[4, 1\]"),
        (conv(X, GROUPED, padding=1, output=Y), "its operands make"),
        (conv(X, KERNEL, name="DEPTHWISE_CONV_2D"), "multiplies"),
        (conv(X, DEPTHWISE, name="DEPTHWISE_CONV_2D", output=X, depthMultiplier=2), "multiplies"),
        (dense(tensor(1, 15), keepNumDims=False), r"multiplies \[1, 15\] with \[4, 16\]"),
        (dense(tensor(1, 2, 8)), "multiplies"),
        (dense(X, WEIGHTS, constant(np.zeros(3))), r"adds \[3\] to 4"),
        (dense(output=tensor(8, 4)), r"computes \[8, 4\]"),
        (dense(X, constant(np.zeros(16), "int8", (0.1,))), r"reads the shape \[16\]"),
        (add(X, tensor(15), X), r"joins \[1, 1, 8, 16\] and \[15\]"),
        (add(X, X, Y), r"computes \[1, 1, 8, 4\]"),
        (matmul((4, 8, 16), (4, 15, 2), 4, 8, 2), "multiplies"),
        (matmul((4, 8, 16), (3, 16, 2), 4, 8, 2), "multiplies"),
        (matmul((4, 8, 16), (4, 16, 2), 4, 8, 2, adjY=True), "multiplies"),
        (matmul((4, 8, 16), (4, 16, 2), 4, 8, 3), "its operands make"),
        (matmul((16,), (16, 2), 2), r"reads the shape \[16\]"),
        (mean([4], 1, 1, 8), "works along axis 4 of 4"),
        (mean([-5], 1, 1, 8), "works along axis -5 of 4"),
        (mean([2], 1, 1, 8), "its operands make"),
        (operator("MEAN", (X, constant([2.0], "float32")), Y, options="ReducerOptions"),
         "reads a shape or an axis that is no integer"),
        (gather(TABLE, IDS, tensor(1, 8, 5)), "its operands make"),
        (gather(TABLE, IDS, tensor(1, 8, 4), axis=2), "works along axis 2 of 2"),
        (strided([0] * 3, [1] * 4, [1] * 4, 1), "takes"),
        (strided([0, 0, 9, 0], [0] * 4, [1] * 4, 1, 1, 16, endMask=15, shrinkAxisMask=4),
         "works along axis 9 of 8"),
        (strided([0] * 4, [1, 1, 4, 16], [1] * 4, 1, 1, 5, 16), "its operands make"),
        (split(3, HALF, HALF, numSplits=3), "splits"),
        (split(3, HALF, HALF, HALF, numSplits=3), "splits"),
        (split(4, HALF, HALF), "works along axis 4 of 4"),
        (split(3, HALF, Y), "its operands make"),
        (operator("SPLIT_V", (X, constant([12, 5]), constant(3)), X, Y, options="SplitVOptions",
                  numSplits=2), "splits"),
        (concatenation(HALF, Y), "its operands make"),
        (concatenation(HALF, tensor(1, 1, 7, 8)), "joins"),
        (concatenation(HALF, tensor(1, 8, 8)), "joins"),
        (concatenation(HALF, HALF, axis=4), "works along axis 4 of 4"),
        (softmax(X, output=Y), "its operands make"),
        (operator("RESHAPE", (X, constant([8, 15])), tensor(8, 15)), r"makes \[8, 15\]"),
        (operator("RESHAPE", (X, constant([-1, -1])), tensor(8, 16)), "makes"),
        (operator("RESHAPE", (X, constant([-2, -64])), tensor(8, 16)), "makes"),
        (operator("TRANSPOSE", (X, constant([0, 1, 1, 2])), X), "has the order"),
        (operator("TRANSPOSE", (X, constant([0, 1, 2])), X), "has the order"),
        (operator("TRANSPOSE", (X, constant([0, 1, 2, 4])), X), "works along axis 4"),
        (operator("PAD", (X, constant([[0, 0], [0, 0], [-1, 2], [0, 0]])), X), "pads"),
        (operator("PAD", (X, constant([[0, 0]])), X), "pads"),
        (operator("PACK", (IDS, IDS), IDS, options="PackOptions", valuesCount=3), "stacks"),
        (operator("PACK", (IDS, X), IDS, options="PackOptions", valuesCount=2), "stacks"),
        (operator("EXPAND_DIMS", (IDS, constant([1, 2])), IDS), "has 2 numbers for an axis"),
        (operator("SQUEEZE", (X,), X, options="SqueezeOptions",
                  squeezeDims=np.array([2], np.int32)), "leaves out the axes"),
        (operator("SLICE", (X, constant([0, 0, 2, 0]), constant([1, 1, 7, 4])), X), "takes"),
        (operator("TRANSPOSE_CONV", (BIAS, KERNEL, X), X), "has no TransposeConvOptions"),
        (operator("MAX_POOL_2D", (X,), X), "has no Pool2DOptions"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(bad, message):
    with pytest.raises(DamagedGraphError, match=message):
        check_operator(bad)


TINY, HUGE = (tensor(1, 1, 8, 16, scales=(scale,)) for scale in (1e-9, 1e20))
HUGE_ROW = tensor(1, 8, scales=(1e20,))


@pytest.mark.parametrize(
    "unknown",
    [
        operator("LSTM", (X,)),
        operator("ethos-u", (X,), X),
        # Kernels end the process by these scales.
        add(HUGE, HUGE, X, "MUL", "MulOptions"), add(X, X, HUGE, "MUL", "MulOptions"),
        conv(X, dataclasses.replace(KERNEL, scales=(1e20,))), operator("QUANTIZE", (F,), HUGE_ROW),
        add(X, X, TINY), add(X, X, TINY, "SUB", "SubOptions"),
        add(X, X, TINY, "SQUARED_DIFFERENCE", None),
        softmax(TINY), softmax(X, beta=0.0), softmax(X, beta=float("nan")),
        # Other dtypes and quantization than ours.
        add(tensor(8, dtype="uint8"), tensor(8, dtype="uint8"), tensor(8, dtype="uint8")),
        add(tensor(8), tensor(8, dtype="float32"), tensor(8)),
        add(tensor(8, scales=()), tensor(8), tensor(8)),
        add(X, dataclasses.replace(X, scales=(0.1,) * 16), X),
        conv(X, dataclasses.replace(KERNEL, is_constant=False)),
        conv(X, dataclasses.replace(CHANNELS, channel_axis=3)),
        conv(X, KERNEL, BIAS, fusedActivationFunction=4),
        dense(weightsFormat=1),
        concatenation(HALF, HALF, fusedActivationFunction=1),
        operator("CAST", (tensor(1, 8),), F),
        # Shapes that are known at run time alone.
        operator("TANH", (dataclasses.replace(X, is_static=False),), X),
        operator("RESHAPE", (X, tensor(2, dtype="int32")), tensor(8, 16)),
        operator("RESHAPE", (X,), tensor(8, 16)),
        operator("TANH", (tensor(1, 0),), tensor(1, 0)),
        # What a rule leaves out.
        gather(TABLE, IDS, tensor(1, 8, 4), batchDims=1),
        strided([0] * 4, [0] * 4, [1] * 4, 1, endMask=15, ellipsisMask=1),
        strided([0] * 4, [0] * 4, [1, 1, -1, 1], 1, endMask=15),
        operator("TANH", (dataclasses.replace(X, is_variable=True),), X),
        operator("TANH", (dataclasses.replace(X, is_plain=False),), X),
        dataclasses.replace(operator("TANH", (X,), X), is_plain=False),
        add(tensor(1, 1, 1, 8, 4), tensor(4), tensor(1, 1, 1, 8, 4)),
        operator("MAX_POOL_2D", (X,), X, options="Pool2DOptions"),
    ],
    ids=lambda operator: operator.name,
)  # fmt: skip
def test_what_the_rules_do_not_know_is_told(unknown):
    assert check_operator(unknown) is False


def graph(*operators):
    return Graph((), operators, (), ())


def test_the_unknown_operators_of_a_file_are_named_once():
    known, unknown = operator("TANH", (X,), X), operator("LSTM", (X,))
    assert check_operators([graph(known), graph(known)]) == ()
    assert check_operators([graph(unknown, known), graph(unknown, softmax(TINY))]) == (
        "LSTM",
        "SOFTMAX",
    )
    assert check_operators([graph()]) == ("a graph without operators",)


def test_products_that_take_hours_are_refused():
    square = matmul((1, 2**14, 2**14), (1, 2**14, 2**14), 1, 2**14, 2**14)
    with pytest.raises(DamagedGraphError, match="it takes 4.4e.12 multiply-accumulates"):
        check_operators([graph(square)])

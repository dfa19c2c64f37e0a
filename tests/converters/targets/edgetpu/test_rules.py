"""Each row of the published table, on operators that meet its limits and that do not."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

from converters.targets.edgetpu.rules import (
    DYNAMIC,
    LIMITED,
    MAPPED,
    NOT_SUPPORTED,
    WRONG_DTYPE,
    WRONG_RANK,
    check_operator,
)
from converters.tflite.tflite_operators import Operator, Tensor


def tensor(*shape, dtype="int8", values=None, is_static=True):
    constant = values is not None
    data = np.asarray(values, dtype) if constant else None
    return Tensor(
        index=id(shape) % 10_000,
        name="x",
        dtype=dtype,
        shape=data.shape if constant else shape,
        scales=(0.1,),
        zero_point=0,
        is_constant=constant,
        is_graph_input=False,
        is_graph_output=False,
        is_static=is_static,
        data=np.frombuffer(data.tobytes(), np.uint8) if constant else None,
    )


def axes(*values):
    return tensor(values=values, dtype="int32")


def operator(name, *inputs, output=(1, 1, 8, 16), **options):
    options = {
        "fusedActivationFunction": 0,
        "dilationWFactor": 1,
        "dilationHFactor": 1,
        "weightsFormat": 0,
        "ellipsisMask": 0,
        "newAxisMask": 0,
        "axis": 1,
        **options,
    }
    return Operator(0, name, inputs, (tensor(*output),), options=SimpleNamespace(**options))


X = tensor(1, 1, 8, 16)
WEIGHTS, BIAS = tensor(values=np.ones((16, 1, 1, 16))), axes(*range(16))
GROUPED = tensor(values=np.ones((16, 1, 1, 4)))
UNIT = axes(1, 1, 1, 1)
DENSE = tensor(values=np.ones((4, 16)))
VARIABLE = dataclasses.replace(X, is_variable=True)
OUTSIDE = dataclasses.replace(axes(0), shape=(1, 1, 1, 0), is_plain=False)


@pytest.mark.parametrize(
    "good",
    [
        operator("CONV_2D", X, WEIGHTS, BIAS, fusedActivationFunction=1),
        operator("CONV_2D", X, WEIGHTS, BIAS, dilationWFactor=2, dilationHFactor=2),
        operator("CONCATENATION", X, X, axis=3),
        operator("CONCATENATION", X, tensor(values=np.zeros((1, 1, 8, 16))), axis=3),
        operator("FULLY_CONNECTED", X, DENSE, output=(1, 4)),
        operator("SOFTMAX", tensor(1, 16000), output=(1, 16000)),
        operator("MEAN", X, axes(2, 3)),
        operator("MEAN", tensor(1, 1, 8, 15), axes(-2)),
        operator("PAD", X, tensor(values=[[0, 0], [0, 0], [1, 1], [0, 0]], dtype="int32")),
        operator("SPLIT", axes(3), X),
        operator("STRIDED_SLICE", X, UNIT, UNIT, UNIT),
        operator("REDUCE_MAX", X, axes(-2)),
        operator("PRELU", X, tensor(values=np.ones((1, 1, 16)))),
        operator("SQUEEZE", X, output=(8, 16)),
        operator("PACK", X, X, output=(1, 2, 8, 16)),
    ],
)
def test_what_meets_the_limits_is_mapped(good):
    placement = check_operator(good)
    assert placement.is_supported and (placement.status, placement.reason) == (MAPPED, "")


@pytest.mark.parametrize(
    "bad, status, reason",
    [
        (operator("GATHER", X, axes(1)), NOT_SUPPORTED, "has no GATHER"),
        (operator("GELU", X), NOT_SUPPORTED, "has no GELU"),
        (operator("BATCH_MATMUL", X, X), NOT_SUPPORTED, "has no BATCH_MATMUL"),
        (operator("ADD", tensor(1, 8, dtype="float32"), X), WRONG_DTYPE, "float32"),
        (operator("RESHAPE", tensor(1, 8, dtype="int32")), WRONG_DTYPE, "int32"),
        (operator("ADD", tensor(2, 1, 8, 16), X), WRONG_RANK, "innermost 3"),
        (operator("ADD", tensor(1, 1, 8, 16, is_static=False)), DYNAMIC, "not static"),
        (operator("CONV_2D", X, WEIGHTS, BIAS, dilationWFactor=2), LIMITED, "dilations in x"),
        (operator("DEPTHWISE_CONV_2D", X, WEIGHTS, BIAS, dilationHFactor=3), LIMITED, "dilations"),
        (operator("CONV_2D", X, GROUPED, BIAS), LIMITED, "4 groups"),
        (operator("CONV_2D", X, tensor(16, 1, 1, 16)), WRONG_RANK, "innermost"),
        (operator("CONV_2D", X, tensor(1, 1, 1, 16)), LIMITED, "computed, not constant"),
        (
            operator("FULLY_CONNECTED", X, DENSE, output=(8, 4)),
            LIMITED,
            "not one-dimensional",
        ),
        (operator("FULLY_CONNECTED", X, tensor(16, 4), output=(1, 4)), LIMITED, "computed"),
        (
            operator(
                "FULLY_CONNECTED",
                X,
                DENSE,
                output=(1, 4),
                weightsFormat=1,
            ),
            LIMITED,
            "default format",
        ),
        (operator("SOFTMAX", tensor(1, 1, 8, 16)), LIMITED, "not one-dimensional"),
        (operator("SOFTMAX", tensor(1, 16001)), LIMITED, "more than 16,000"),
        (operator("CONCATENATION", X, X, fusedActivationFunction=1), LIMITED, "fused activation"),
        (operator("MAX_POOL_2D", X, fusedActivationFunction=1), LIMITED, "fused activation"),
        (operator("CONCATENATION", X, tensor(values=np.ones((1, 1, 8, 16)))), LIMITED, "constant"),
        (
            operator("CONCATENATION", X, X, tensor(values=np.zeros((1, 1, 8, 16)))),
            LIMITED,
            "constant",
        ),
        (operator("MEAN", X, axes(0)), LIMITED, "batch"),
        (operator("MEAN", tensor(1, 1, 8, 15), axes(-1)), LIMITED, "multiple of 4"),
        (operator("SUM", X, axes(-4)), LIMITED, "batch"),
        (
            operator("PAD", X, tensor(values=[[1, 0], [0, 0], [0, 0], [0, 0]], dtype="int32")),
            LIMITED,
            "batch",
        ),
        (operator("SPLIT", axes(0), X), LIMITED, "batch"),
        (operator("PACK", X, X, axis=0), LIMITED, "batch"),
        (operator("STRIDED_SLICE", X, UNIT, UNIT, axes(1, 1, 2, 1)), LIMITED, "stride"),
        (operator("STRIDED_SLICE", X, UNIT, UNIT, UNIT, newAxisMask=1), LIMITED, "new axis"),
        (operator("PRELU", X, tensor(values=np.ones((1, 8, 16)))), LIMITED, "one-dimensional"),
        (operator("SQUEEZE", tensor(1, 8, 1, 16), output=(1, 8, 16)), LIMITED, "first dimensions"),
        # A file may say so, and no check of it compares their shapes.
        (operator("FULLY_CONNECTED", tensor(1, 0), DENSE, output=()), LIMITED, "no elements"),
        (operator("FULLY_CONNECTED", VARIABLE, DENSE, output=()), LIMITED, "is a variable"),
        (operator("CONV_2D", X, OUTSIDE, BIAS), LIMITED, "not in the graph"),
        (operator("PACK", tensor(0), output=()), LIMITED, "no elements"),
        (operator("SUM", X, OUTSIDE), LIMITED, "not in the graph"),
    ],
)
def test_what_breaks_a_limit_is_named(bad, status, reason):
    placement = check_operator(bad)
    assert not placement.is_supported
    assert placement.status == status and reason in placement.reason


@pytest.mark.parametrize("name, first", [("RSQRT", 14), ("REDUCE_MAX", 14), ("SUM", 13)])
def test_older_runtimes_have_fewer_operations(name, first):
    one = operator(name, X, axes(2))
    assert check_operator(one, first).runtime == first and check_operator(one, first).is_supported
    assert f"needs runtime {first}" in check_operator(one, first - 1).reason

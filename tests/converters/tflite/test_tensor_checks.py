"""Shapes, sizes and quantization that do not fit each other."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from converters.tflite.tensor_checks import check_tensor, tensor_bytes
from converters.tflite.tflite_operators import DamagedGraphError, Tensor

GOOD = Tensor(
    7, "weights", "int8", (3, 4), (0.5, 0.25, 0.125), 0, True, False, False,
    data=np.zeros(12, np.uint8), channel_axis=0,
)  # fmt: skip
FLOATS = np.array([[1.0, 2.0]], np.float32)


def bytes_of(values) -> np.ndarray:
    return np.frombuffer(values.tobytes(), np.uint8)


def test_what_fits_passes():
    check_tensor(GOOD, [0, 0, 0])
    check_tensor(GOOD, [])
    check_tensor(dataclasses.replace(GOOD, scales=(), zero_point=0), [])
    check_tensor(dataclasses.replace(GOOD, dtype="int4", data=np.zeros(6, np.uint8)), [0, 0, 0])
    floats = dataclasses.replace(
        GOOD, dtype="float32", shape=(1, 2), scales=(), data=bytes_of(FLOATS)
    )
    check_tensor(floats, [])
    text = dataclasses.replace(GOOD, dtype="string", scales=(), data=np.zeros(5, np.uint8))
    check_tensor(text, [])
    assert [tensor_bytes(x) for x in (GOOD, floats, text)] == [12, 8, 0]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"shape": (3, -4)}, r"tensor 7 has the shape \[3, -4\]"),
        ({"shape": (1,) * 17, "data": np.zeros(1, np.uint8)}, "has the shape"),
        ({"shape": (3, 5)}, r"has 12 bytes for int8 \[3, 5\]"),
        ({"dtype": "int32"}, r"has 12 bytes for int32 \[3, 4\]"),
        ({"scales": (0.5, 0.25)}, r"has 2 scales along axis 0 of \[3, 4\]"),
        ({"channel_axis": 1}, "has 3 scales along axis 1"),
        ({"channel_axis": 2}, "has 3 scales along axis 2"),
        ({"channel_axis": -1}, "has 3 scales along axis -1"),
        ({"scales": (0.5, float("nan"), 0.5)}, "a scale that is not a positive number"),
        ({"scales": (0.5, float("inf"), 0.5)}, "a scale that is not a positive number"),
        ({"scales": (0.5, 0.0, 0.5)}, "a scale that is not a positive number"),
        ({"scales": (0.5, -1.0, 0.5)}, "a scale that is not a positive number"),
        ({"scales": (0.5, 1e-40, 0.5)}, "a scale that is not a positive number"),
    ],
)
def test_what_does_not_fit_is_named(fields, message):
    with pytest.raises(DamagedGraphError, match=message):
        check_tensor(dataclasses.replace(GOOD, **fields), [0, 0, 0])


@pytest.mark.parametrize(
    ("dtype", "zero_points", "message"),
    [
        ("int8", [0, 0], "has 2 zero points for 3 scales"),
        ("int8", [0, 0, 128], "a zero point outside its dtype"),
        ("int8", [0, 0, -129], "a zero point outside its dtype"),
        ("uint8", [0, 0, -1], "a zero point outside its dtype"),
        ("uint8", [0, 0, 256], "a zero point outside its dtype"),
    ],
)
def test_zero_points_are_in_range(dtype, zero_points, message):
    with pytest.raises(DamagedGraphError, match=message):
        check_tensor(dataclasses.replace(GOOD, dtype=dtype), zero_points)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_constants_are_finite(dtype, number):
    data = bytes_of(np.array([1, number], dtype))
    constant = dataclasses.replace(GOOD, dtype=dtype, shape=(2,), scales=(), data=data)
    with pytest.raises(DamagedGraphError, match="holds numbers that are not finite"):
        check_tensor(constant, [])

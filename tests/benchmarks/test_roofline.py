"""The least time of a file, from limits that make it easy to compute by hand."""

import pytest

from benchmarks.builders import build_operator
from benchmarks.roofline import roofline_milliseconds

RATES = {"float32": 1.0, "int8": 4.0}  # 10^9 multiply-accumulates per second


@pytest.mark.parametrize(("dtype", "rate"), RATES.items())
def test_products_are_bound_by_the_rate_or_by_the_bytes(dtype, rate, tmp_path):
    path = tmp_path / "dense.tflite"
    path.write_bytes(build_operator("dense", (8, 64, 32), dtype))
    macs = 8 * 64 * 32
    size = 4 if dtype == "float32" else 1
    moved = size * (8 * 64 + 64 * 32 + 8 * 32) + 4 * 32  # biases have 4 bytes
    assert roofline_milliseconds(path, RATES, 1e6) == pytest.approx(macs / rate / 1e6)
    assert roofline_milliseconds(path, RATES, 1e-3) == pytest.approx(moved / 1e-3 / 1e6)


def test_every_operator_counts_and_reshapes_do_not(tmp_path):
    path = tmp_path / "heads.tflite"
    path.write_bytes(build_operator("split_heads", (2, 8, 4), "int8"))
    # A reshape, and a transpose that reads and writes 64 bytes and its permutation.
    assert roofline_milliseconds(path, RATES, 1.0) == pytest.approx((2 * 64 + 3 * 4) / 1e6)

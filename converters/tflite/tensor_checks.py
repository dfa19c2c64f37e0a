"""Whether the shape, the size and the quantization of a tensor fit each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from converters.tflite.tflite_operators import DamagedGraphError, Tensor

_MAX_RANK = 16
_BITS = {
    "bool": 8, "int8": 8, "uint8": 8, "int16": 16, "uint16": 16, "float16": 16, "bfloat16": 16,
    "int32": 32, "uint32": 32, "float32": 32, "int64": 64, "uint64": 64, "float64": 64,
    "complex64": 64, "complex128": 128, "int4": 4, "uint4": 4, "int2": 2, "float8_e4m3fn": 8,
    "float8_e5m2": 8,
}  # fmt: skip
_SMALLEST_SCALE = float(np.finfo(np.float32).tiny)
_FLOATS = ("float16", "float32", "float64")


def tensor_bytes(tensor: Tensor) -> int:
    """Returns how much memory the numbers of a tensor take; 0 for strings and resources.

    Args:
        tensor: a tensor of any dtype.
    """
    return math.ceil(tensor.elements * _BITS.get(tensor.dtype, 0) / 8)


def check_tensor(tensor: Tensor, zero_points: Sequence[int]) -> None:
    """Checks the numbers of one tensor.

    Args:
        tensor: the tensor.
        zero_points: the zero points of all its channels.

    Raises:
        DamagedGraphError: they do not fit each other.
    """
    what = f"tensor {tensor.index}"
    if min(tensor.shape, default=0) < 0 or len(tensor.shape) > _MAX_RANK:
        raise DamagedGraphError(f"{what} has the shape {list(tensor.shape)}")
    if tensor.is_constant and tensor.is_plain:
        _check_constant(tensor, what)
    if tensor.scales:
        _check_scales(tensor, what)
    if len(zero_points) not in (0, len(tensor.scales)):
        raise DamagedGraphError(
            f"{what} has {len(zero_points)} zero points for {len(tensor.scales)} scales"
        )
    if tensor.dtype in ("int8", "uint8") and zero_points:
        allowed = np.iinfo(tensor.dtype)
        if min(zero_points) < allowed.min or max(zero_points) > allowed.max:
            raise DamagedGraphError(f"{what} has a zero point outside its dtype")


def _check_constant(tensor: Tensor, what: str) -> None:
    if tensor.dtype in _BITS and len(tensor.data) != tensor_bytes(tensor):
        raise DamagedGraphError(
            f"{what} has {len(tensor.data):,} bytes for {tensor.dtype} {list(tensor.shape)}"
        )
    if tensor.dtype in _FLOATS and not np.isfinite(tensor.data.view(tensor.dtype)).all():
        raise DamagedGraphError(f"{what} holds numbers that are not finite")


def _check_scales(tensor: Tensor, what: str) -> None:
    # A comparison with NaN is False.
    if not all(_SMALLEST_SCALE <= scale < math.inf for scale in tensor.scales):
        raise DamagedGraphError(f"{what} has a scale that is not a positive number")
    axis, channels = tensor.channel_axis, len(tensor.scales)
    if channels > 1 and not (0 <= axis < len(tensor.shape) and tensor.shape[axis] == channels):
        raise DamagedGraphError(
            f"{what} has {channels} scales along axis {axis} of {list(tensor.shape)}"
        )

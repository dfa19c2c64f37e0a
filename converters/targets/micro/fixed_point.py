"""Fixed-point arithmetic of TensorFlow Lite's reference kernels, for what an export computes.

The functions are those of gemmlowp (fixedpoint.h) and of TensorFlow Lite
(kernels/internal/quantization_util.h, common.h), in their default form, which rounds twice.
`tfsqueeze_kernels.c` has what the device computes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

_INT32_MAX = (1 << 31) - 1
# Integer bits of the differences that softmax takes the exponentials of (kernels/internal/
# reference/softmax.h), and of their sum.
_DIFFERENCE_BITS = 5
# exp(-1/8), 1/3, and exp(-2**k) for k from -2 to 4, each times 2**31 (fixedpoint.h).
_EXP_EIGHTH, _THIRD = 1895147668, 715827883
_EXP_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)


@dataclass(frozen=True)
class Factor:
    """A positive number as the kernels hold it.

    Attributes:
        multiplier: the number divided by its power of two, times 2**31.
        shift: the power of two; the kernels shift to the left where it is positive.
    """

    multiplier: int
    shift: int

    @classmethod
    def of(cls, number: float) -> Factor:
        """Returns the closest factor to a number (`QuantizeMultiplier`).

        Args:
            number: the number, not negative.

        Example:
            >>> Factor.of(0.75)
            Factor(multiplier=1610612736, shift=0)
        """
        if number == 0.0:
            return cls(0, 0)
        mantissa, shift = math.frexp(number)
        multiplier = _round_away(mantissa * (1 << 31))
        if multiplier == 1 << 31:
            multiplier, shift = multiplier // 2, shift + 1
        return cls(0, 0) if shift < -31 else cls(multiplier, shift)


def quantized_range(
    activation: tuple[float, float], scale: float, zero_point: int
) -> tuple[int, int]:
    """Returns the smallest and largest int8 value that an activation leaves.

    Args:
        activation: the ends of its range; infinite where there is none.
        scale: the scale of the output.
        zero_point: the zero point of the output.
    """

    def stored(end: float) -> float:
        return zero_point + _round_away(float(np.float32(end) / np.float32(scale)))

    low, high = activation
    return (
        int(max(-128, stored(low))) if math.isfinite(low) else -128,
        int(min(127, stored(high))) if math.isfinite(high) else 127,
    )


def softmax_exponentials(scale: float, beta: float) -> np.ndarray:
    """Returns the exponentials of the differences that two int8 inputs of softmax may have.

    Args:
        scale: the scale of the input.
        beta: the factor of the input before the softmax.

    Returns:
        exp(beta * scale * d) for d from -255 to 0, times 2**31; int32 [256]. It is 0 where the
        reference kernel takes it for 0.
    """
    factor = Factor.of(min(beta * scale * (1 << (31 - _DIFFERENCE_BITS)), _INT32_MAX))
    radius = ((1 << _DIFFERENCE_BITS) - 1) * (1 << (31 - _DIFFERENCE_BITS)) / (1 << factor.shift)
    lowest = -math.floor(radius)
    return np.array(
        [
            _exponential(_high_product(d << factor.shift, factor.multiplier)) if d >= lowest else 0
            for d in range(-255, 1)
        ],
        np.int32,
    )


def _round_away(number: float) -> int:
    """Rounds to the nearest integer, and a tie away from 0, as C does."""
    return int(math.copysign(math.floor(abs(number) + 0.5), number))


def _high_product(a: int, b: int) -> int:
    return (a * b + (1 << 30)) >> 31


def _divide_by_power(x: int, exponent: int) -> int:
    mask = (1 << exponent) - 1
    return (x >> exponent) + ((x & mask) > (mask >> 1) + (x < 0))


def _exponential(x: int) -> int:
    """`exp_on_negative_values` of a number of 5 integer bits."""
    if x == 0:
        return _INT32_MAX
    fraction_bits = 31 - _DIFFERENCE_BITS
    quarter = 1 << (fraction_bits - 2)
    remainder = (x & (quarter - 1)) - quarter
    result = _exponential_above_minus_quarter(remainder << _DIFFERENCE_BITS)
    whole_quarters = remainder - x
    for index, power in enumerate(_EXP_POWERS):
        if whole_quarters & (1 << (fraction_bits - 2 + index)):
            result = _high_product(result, power)
    return result


def _exponential_above_minus_quarter(a: int) -> int:
    """The exponential from -1/4 to 0 by its Taylor series at -1/8."""
    x = a + (1 << 28)
    x2 = _high_product(x, x)
    x3, x4 = _high_product(x2, x), _high_product(x2, x2)
    higher = _divide_by_power(_high_product(_divide_by_power(x4, 2) + x3, _THIRD) + x2, 1)
    return _EXP_EIGHTH + _high_product(_EXP_EIGHTH, x + higher)

"""What the fields of a configuration accept; a config.json may hold anything."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

# Python refuses to read an integer of thousands of digits.
_MAX_LABEL_DIGITS = 9


def is_integer(value: Any) -> bool:
    """Returns whether a value is an integer; Python's True is none here."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_positive_integer(value: Any) -> bool:
    """Returns whether a value is an integer above 0."""
    return is_integer(value) and value > 0


def is_non_negative_integer(value: Any) -> bool:
    """Returns whether a value is an integer from 0."""
    return is_integer(value) and value >= 0


def is_probability(value: Any) -> bool:
    """Returns whether a value is a number from 0 to below 1."""
    return _is_number(value) and 0 <= value < 1


def is_positive_number(value: Any) -> bool:
    """Returns whether a value is a finite number above 0."""
    return _is_number(value) and 0 < value < math.inf


def is_list(value: Any) -> bool:
    """Returns whether a value is a list, which JSON has, or a tuple."""
    return isinstance(value, (list, tuple))


def are_names(value: Any) -> bool:
    """Returns whether a value is a list of names."""
    return is_list(value) and all(isinstance(name, str) and name for name in value)


def are_numbered_names(value: Any) -> bool:
    """Returns whether a value maps numbers, which JSON has as strings, to names or numbers."""
    return isinstance(value, Mapping) and all(
        _is_label_number(number) and isinstance(name, (str, int, float))
        for number, name in value.items()
    )


def _is_label_number(value: Any) -> bool:
    if isinstance(value, str):
        return value.isdecimal() and len(value) <= _MAX_LABEL_DIGITS
    return is_integer(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or is_integer(value)

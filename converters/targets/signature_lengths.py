"""The lengths of a file for devices that run each text at the shortest length that holds it."""

from __future__ import annotations

_MIN_LENGTH = 16


def signature_lengths(max_length: int) -> list[int]:
    """Returns the lengths that a model gets a signature for: the longest, a half and a quarter.

    Args:
        max_length: the longest length in tokens.

    Returns:
        Lengths in tokens, the longest first. Only the first may be below 16.

    Example:
        >>> signature_lengths(100)
        [100, 50, 25]
    """
    shorter = (max_length // 2, max_length // 4)
    return [max_length, *(length for length in shorter if length >= _MIN_LENGTH)]

"""Ranges of int8 tensors that leave the least squared error, found in histograms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_BINS = 2048
# The ends of a range are tried at these shares of the ends of the data.
_SHARES = np.geomspace(1.0, 0.05, 25)


class Histogram:
    """The distribution of a tensor's values, over the range of all of them.

    Args:
        low: the smallest value; at most 0.
        high: the largest value; at least 0.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze.quantization.range_search import Histogram
        >>> values = np.concatenate([np.linspace(-1, 1, 9999), [50.0]])
        >>> histogram = Histogram(-1.0, 50.0)
        >>> histogram.add(values)
        >>> low, high = histogram.best_range(lambda x: x)
        >>> bool(high < 50.0)
        True
    """

    def __init__(self, low: float, high: float) -> None:
        self._low = low
        self._width = max(high - low, 1e-6) / _BINS
        self._counts = np.zeros(_BINS)

    def add(self, values: np.ndarray) -> None:
        """Counts values.

        Args:
            values: float, of any shape.
        """
        bins = ((values.ravel() - self._low) / self._width).astype(np.int64)
        self._counts += np.bincount(np.clip(bins, 0, _BINS - 1), minlength=_BINS)

    def best_range(self, function: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
        """Returns the range that leaves the least squared error after a function.

        Args:
            function: what is computed of the rounded values, element by element.

        Returns:
            The ends of the range.
        """
        filled = self._counts > 0
        counts = self._counts[filled]
        values = (self._low + self._width * (np.arange(_BINS) + 0.5))[filled]
        wanted = function(values)
        errors = {}
        for low in self._low * _SHARES:
            for high in (self._low + _BINS * self._width) * _SHARES:
                scale = max(high - low, 1e-9) / 255
                first = np.rint(low / scale)
                rounded = scale * np.clip(np.rint(values / scale), first, first + 255)
                errors[low, high] = float((counts * np.square(function(rounded) - wanted)).sum())
        return min(errors, key=lambda ends: errors[ends])

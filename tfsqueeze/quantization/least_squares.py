"""Weights of a product that bring its results nearest to given ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Of the mean of the squared inputs: how strongly the new weights are held near the old ones.
_RIDGES = (0.03, 0.3, 3.0)
# Of the same, means included: inputs that vary less are constants, as those of [CLS] in a first
# layer are, whose covariances are rounding errors.
_LEAST_VARIANCE = 1e-9


class Moments:
    """The sums over rows of inputs and targets that a regression needs.

    Args:
        channels: the number of inputs of a row.
        filters: the number of targets of a row.
    """

    def __init__(self, channels: int, filters: int) -> None:
        self._rows = 0
        self._x, self._y = np.zeros(channels), np.zeros(filters)
        self._xx, self._xy = np.zeros((channels, channels)), np.zeros((channels, filters))

    def add(self, x: np.ndarray, y: np.ndarray) -> None:
        """Adds rows.

        Args:
            x: the inputs, float [rows, channels].
            y: the targets, float [rows, filters].
        """
        # Sums of float32 would differ from row to row more than constants do.
        x, y = x.astype(np.float64), y.astype(np.float64)
        self._rows += len(x)
        self._x += x.sum(axis=0)
        self._y += y.sum(axis=0)
        self._xx += x.T @ x
        self._xy += x.T @ y

    def __add__(self, other: Moments) -> Moments:
        total = Moments(*self._xy.shape)
        for name in vars(total):
            setattr(total, name, getattr(self, name) + getattr(other, name))
        return total

    @property
    def rows(self) -> int:
        """The number of rows, at least 1."""
        return max(self._rows, 1)

    @property
    def least_penalty(self) -> float:
        """What holds back changes that follow from rounding errors of the sums alone."""
        return max(_LEAST_VARIANCE * np.trace(self._xx) / len(self._xx), 1e-12)

    @property
    def mean_target(self) -> np.ndarray:
        """The mean of the targets, float [filters]."""
        return self._y / self.rows

    def bias(self, kernel: np.ndarray) -> np.ndarray:
        """Returns the bias with which a kernel has no mean error, float [filters].

        Args:
            kernel: float [channels, filters].
        """
        return (self._y - self._x @ kernel) / self.rows

    def centered(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the covariances of the inputs, and of the inputs with the targets, times rows."""
        return (
            self._xx - np.outer(self._x, self._x) / self.rows,
            self._xy - np.outer(self._x, self._y) / self.rows,
        )


def fit_kernel(kernel: np.ndarray, halves: Sequence[Moments]) -> np.ndarray:
    """Returns the kernel of a ridge regression around a given one.

    The strength of the ridge is the one that serves the second half best after a fit to the first.
    The given kernel itself is returned if none of them serves it better.

    Args:
        kernel: float [channels, filters].
        halves: the moments of two halves of the rows.
    """
    first, second = halves
    squares, products = second.centered()

    def error(change: np.ndarray) -> float:
        # Without the part that is the same for all changes.
        return float((change * (squares @ change - 2 * residual)).sum())

    residual = products - squares @ kernel
    errors = {ridge: error(_change(kernel, first, ridge)) for ridge in _RIDGES}
    best = min(errors, key=lambda ridge: errors[ridge])
    if errors[best] >= 0.0:
        return kernel
    return kernel + _change(kernel, first + second, best)


def _change(kernel: np.ndarray, moments: Moments, ridge: float) -> np.ndarray:
    squares, products = moments.centered()
    penalty = ridge * np.trace(squares) / len(squares)
    return np.linalg.solve(
        squares + max(penalty, moments.least_penalty) * np.eye(len(squares)),
        products - squares @ kernel,
    )

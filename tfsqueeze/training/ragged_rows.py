"""Rows of token ids without padding, which large datasets are trained from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf


class PaddedRows(NamedTuple):
    """Padded rows of integers.

    Args:
        values: int [rows, length].
        lengths: int [rows], how many values of each row are no padding.
        padding: the value that pads the rows.
    """

    values: np.ndarray
    lengths: np.ndarray
    padding: int

    @property
    def max_length(self) -> int:
        """The length of the rows with their padding."""
        return self.values.shape[1]


class RaggedRows:
    """Rows of integers of any length, one after the other.

    Args:
        values: a type of integers [all values].
        limits: int64 [rows + 1], where each row begins, and where the last one ends.
        max_length: the length of padded rows.
        padding: the value that pads them.

    Attributes:
        values: the values of all rows.
        limits: where rows begin and end.
        max_length: the length of padded rows.
        padding: the value that pads them.
        dtype: that of padded rows.

    Example:
        >>> rows = RaggedRows(np.array([2, 7, 3, 2, 3], np.uint16), np.array([0, 3, 5]), 4, 0)
        >>> len(rows), rows.lengths.tolist(), rows[[1]].values.tolist()
        (2, [3, 2], [2, 3])
        >>> rows.padded().tolist()
        [[2, 7, 3, 0], [2, 3, 0, 0]]
    """

    def __init__(
        self, values: np.ndarray, limits: np.ndarray, max_length: int, padding: int
    ) -> None:
        self.values, self.limits = values, limits
        self.max_length, self.padding = max_length, padding
        self._tensors: tuple[tf.Tensor, tf.Tensor] | None = None
        self.dtype = np.dtype(np.int32)

    @classmethod
    def gather(cls, batches: Iterable[Mapping[str, PaddedRows]]) -> dict[str, RaggedRows]:
        """Returns the rows of padded batches without their padding, by name.

        Args:
            batches: padded rows by name. Names whose rows have the same lengths share `limits`.
        """
        pieces: dict[str, list[np.ndarray]] = {}
        counts: dict[str, list[np.ndarray]] = {}
        last: Mapping[str, PaddedRows] = {}
        for batch in batches:
            last = batch
            for name, rows in batch.items():
                is_value = np.arange(rows.values.shape[1]) < rows.lengths[:, None]
                pieces.setdefault(name, []).append(_small(rows.values[is_value]))
                counts.setdefault(name, []).append(rows.lengths)
        found: dict[str, RaggedRows] = {}
        for name, rows in last.items():
            limits = np.cumsum(np.concatenate([np.zeros(1, np.int64), *counts.pop(name)]))
            shared = (other.limits for other in found.values())
            limits = next((known for known in shared if np.array_equal(known, limits)), limits)
            found[name] = cls(
                np.concatenate(pieces.pop(name)), limits, rows.max_length, rows.padding
            )
        return found

    def __len__(self) -> int:
        return len(self.limits) - 1

    @property
    def lengths(self) -> np.ndarray:
        """The length of each row: int32 [rows]."""
        return np.diff(self.limits).astype(np.int32)

    def __getitem__(self, numbers: Sequence[int] | np.ndarray) -> RaggedRows:
        """Returns some of the rows, in a given order.

        Args:
            numbers: the numbers of the rows, from 0.
        """
        numbers = np.asarray(numbers, np.int64)
        if len(numbers) == len(self) and np.array_equal(numbers, np.arange(len(self))):
            return self
        lengths = self.lengths[numbers]
        limits = np.concatenate([[0], np.cumsum(lengths)])
        places = np.arange(limits[-1]) + np.repeat(self.limits[numbers] - limits[:-1], lengths)
        return RaggedRows(self.values[places], limits, self.max_length, self.padding)

    def tensors(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the values and the limits as tensors, which are made once."""
        if self._tensors is None:
            values, limits = tf.constant(self.values), tf.constant(self.limits)
            self._tensors = values, limits
            # They share the memory of the tensors. A file that they were read from is let go.
            self.values, self.limits = np.asarray(values), np.asarray(limits)
        return self._tensors

    def padded(self) -> np.ndarray:
        """Returns the rows as one array: int32 [rows, max_length]."""
        result = np.full((len(self), self.max_length), self.padding, np.int32)
        result[np.arange(self.max_length) < self.lengths[:, None]] = self.values
        return result


def _small(values: np.ndarray) -> np.ndarray:
    """Returns integers in the smallest of some types that holds them all."""
    low, high = (values.min(), values.max()) if len(values) else (0, 0)
    for dtype in (np.int8, np.uint16, np.int16):
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return values.astype(dtype)
    return values.astype(np.int32)

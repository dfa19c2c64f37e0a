"""Rows of token ids without padding, which large datasets are trained from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import tensorflow as tf


class RaggedRows:
    """Rows of integers of any length, one after the other.

    Args:
        values: uint16 or int32 [all values].
        limits: int64 [rows + 1], where each row begins, and where the last one ends.
        max_length: the length of padded rows.
        padding: the value that pads them.

    Attributes:
        values: the values of all rows.
        limits: where rows begin and end.
        max_length: the length of padded rows.
        padding: the value that pads them.

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

    @classmethod
    def gather(
        cls, batches: Iterable[Mapping[str, np.ndarray]], pad_token_id: int
    ) -> dict[str, RaggedRows]:
        """Returns the rows of padded batches without their padding, by the input's name.

        Args:
            batches: int32 [batch, length] by the input's name, `input_ids` among them.
            pad_token_id: the id that pads `input_ids`.
        """
        pieces: dict[str, list[np.ndarray]] = {}
        counts = [np.zeros(1, np.int64)]
        max_length = 0
        for batch in batches:
            is_token = batch["input_ids"] != pad_token_id
            max_length = is_token.shape[1]
            counts.append(is_token.sum(axis=1))
            for name, values in batch.items():
                kept = values[is_token]
                small = not len(kept) or kept.max() < 1 << 16
                pieces.setdefault(name, []).append(kept.astype(np.uint16 if small else np.int32))
        limits = np.cumsum(np.concatenate(counts))
        return {
            name: cls(
                np.concatenate(pieces.pop(name)),
                limits,
                max_length,
                pad_token_id if name == "input_ids" else 0,
            )
            for name in list(pieces)
        }

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

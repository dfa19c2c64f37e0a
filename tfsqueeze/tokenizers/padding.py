"""Rows of token ids as the padded inputs of a model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def pad_rows(rows: Sequence[Sequence[int] | np.ndarray], max_length: int, value: int) -> np.ndarray:
    """Returns rows of integers as one array, padded at the end.

    Args:
        rows: rows of at most `max_length` integers.
        max_length: the length of the padded rows.
        value: what to pad with.

    Returns:
        int32 [rows, max_length].

    Example:
        >>> pad_rows([[5, 6], [7]], 3, value=0).tolist()
        [[5, 6, 0], [7, 0, 0]]
    """
    padded = np.full((len(rows), max_length), value, np.int32)
    for padded_row, row in zip(padded, rows, strict=True):
        padded_row[: len(row)] = row
    return padded


def model_inputs(
    rows: Sequence[Sequence[int]],
    max_length: int,
    pad_token_id: int,
    second_starts: Sequence[int] | None = None,
) -> dict[str, np.ndarray]:
    """Returns the inputs of a BERT-like model for rows of token ids.

    Args:
        rows: rows of at most `max_length` token ids, special tokens included.
        max_length: the length of the padded rows.
        pad_token_id: the id of [PAD].
        second_starts: the position of the first token of each row's second text; None for single
            texts.

    Returns:
        `input_ids`, `attention_mask` (1 for tokens, 0 for padding) and `token_type_ids` (1 from
        the second text on, 0 elsewhere), each int32 [rows, max_length].

    Example:
        >>> inputs = model_inputs([[2, 8, 3, 9, 3]], 6, pad_token_id=0, second_starts=[3])
        >>> inputs["token_type_ids"].tolist()
        [[0, 0, 0, 1, 1, 0]]
    """
    positions = np.arange(max_length)
    is_token = positions < np.array([len(row) for row in rows], np.int64)[:, None]
    inputs = {
        "input_ids": pad_rows(rows, max_length, pad_token_id),
        "attention_mask": is_token.astype(np.int32),
    }
    if second_starts is None:
        inputs["token_type_ids"] = np.zeros_like(inputs["input_ids"])
    else:
        is_second = positions >= np.array(second_starts, np.int64)[:, None]
        inputs["token_type_ids"] = (is_token & is_second).astype(np.int32)
    return inputs

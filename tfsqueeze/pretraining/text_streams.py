"""Plain text as a stream of token ids."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

_LINES_AT_ONCE = 256
_SHUFFLED = 20_000
_BUCKETS = (16, 32, 48, 64, 96, 128, 192, 256, 384)


def stream_ids(
    files: Sequence[Path], tokenizer: WordPieceTokenizer, max_length: int
) -> tf.data.Dataset:
    """Returns the texts of files, one a line, as rows of token ids: int32 [length], no padding,
    each with its number int64 [].

    A line is `[CLS] ... [SEP]`; one of more tokens becomes several rows of at most `max_length`.
    Nothing is read before the rows are asked for, and no file as a whole.
    """
    lines = tf.data.TextLineDataset([os.fspath(path) for path in files])
    rows = lines.batch(_LINES_AT_ONCE).map(
        lambda texts: tokenizer.encode_without_truncation(texts, max_length),
        num_parallel_calls=tf.data.AUTOTUNE,
    )
    return (
        rows.unbatch().enumerate().map(lambda number, row: (tf.ensure_shape(row, [None]), number))
    )


def pad_rows(rows: Sequence[np.ndarray], max_length: int, pad_token_id: int) -> np.ndarray:
    """Returns rows of token ids as one int32 [rows, max_length], padded at the end."""
    input_ids = np.full((len(rows), max_length), pad_token_id, np.int32)
    for padded, row in zip(input_ids, rows, strict=True):
        padded[: len(row)] = row
    return input_ids


def training_batches(
    rows: tf.data.Dataset, *, max_length: int, batch_tokens: int, pad_token_id: int, seed: int
) -> tf.data.Dataset:
    """Shuffles numbered rows of token ids and batches those of like length.

    rows: of (int32 [length], int64 []), as `stream_ids` returns them.
    batch_tokens: about how many tokens, padding included, a batch has.

    Returns batches of (int32 [batch, length], padded, and int64 [batch]).
    """
    limits = [length for length in _BUCKETS if length < max_length] + [max_length]
    return (
        rows.shuffle(_SHUFFLED, seed=seed)
        .bucket_by_sequence_length(
            lambda ids, number: tf.size(ids),
            [limit + 1 for limit in limits[:-1]],
            [max(1, batch_tokens // limit) for limit in limits],
            padding_values=(pad_token_id, np.int64(0)),
        )
        .prefetch(tf.data.AUTOTUNE)
    )

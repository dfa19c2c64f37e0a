"""Files of texts and of pairs of texts as streams and batches of token ids."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfsqueeze.data.readers.prepared_folders import holds_rows, read_rows
from tfsqueeze.data.sources.text_files import holds_pairs
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

_LINES_PER_BATCH = 256
_SHUFFLED_ROWS = 20_000
# The lengths that divide rows into groups of similar length, four in each octave: of a row of 16
# tokens or more, at most a fifth is padding.
_BUCKET_LENGTHS = tuple(
    octave * quarter // 4 for octave in (16, 32, 64, 128, 256) for quarter in (4, 5, 6, 7)
)


def stream_ids(
    files: Sequence[Path], tokenizer: WordPieceTokenizer, max_length: int
) -> tf.data.Dataset:
    """Returns the lines of text files as rows of token ids.

    A text becomes one row `[CLS] ... [SEP]`, or several rows if it is too long. A pair becomes one
    row `[CLS] ... [SEP] ... [SEP]`, in which the longer text is shortened first. The files are read
    as a stream.

    Args:
        files: files with one text per line, or with one pair; see `text_files`. Or all are files of
            rows that the tokenizer made; see `tfsqueeze.data.readers.prepared_folders`.
        tokenizer: turns lines into token ids.
        max_length: the largest number of tokens of a row.

    Returns:
        A dataset of token ids, int32 [length] without padding, with the number of the row, int64
        [].
    """

    def encode_texts(lines: tf.Tensor) -> tf.RaggedTensor:
        return tokenizer.encode_without_truncation(lines, max_length)

    def encode_pairs(lines: tf.Tensor) -> tf.RaggedTensor:
        texts = tf.strings.split(lines, "\t").to_tensor(shape=[None, 2])
        encodings = tokenizer(texts[:, 0], texts[:, 1], max_length=max_length, padding="longest")
        lengths = tf.reduce_sum(encodings["attention_mask"], axis=1)
        return tf.RaggedTensor.from_tensor(encodings["input_ids"], lengths)

    def rows(
        paths: Sequence[Path], encode: Callable[[tf.Tensor], tf.RaggedTensor]
    ) -> tf.data.Dataset:
        lines = tf.data.TextLineDataset([os.fspath(path) for path in paths])
        return (
            lines.batch(_LINES_PER_BATCH)
            .map(encode, num_parallel_calls=tf.data.AUTOTUNE)
            .unbatch()
            .map(lambda row: tf.ensure_shape(row, [None]))
        )

    if all(map(holds_rows, files)):
        data = read_rows(files)
    else:
        pairs = [path for path in files if holds_pairs(path)]
        texts = [path for path in files if not holds_pairs(path)]
        kinds = [(texts, encode_texts), (pairs, encode_pairs)]
        parts = [rows(paths, encode) for paths, encode in kinds if paths]
        data = functools.reduce(lambda first, second: first.concatenate(second), parts)
    return data.enumerate().map(lambda number, row: (row, number))


def token_inputs(input_ids: tf.Tensor, tokenizer: WordPieceTokenizer) -> dict[str, tf.Tensor]:
    """Returns token ids with their types: 1 after the first [SEP], for the second text of a pair.

    Args:
        input_ids: int32 [batch, length], padded.
        tokenizer: made the ids.

    Returns:
        `input_ids` and `token_type_ids`, int32 [batch, length].
    """
    ends = tf.cast(input_ids == tokenizer.sep_token_id, tf.int32)
    is_second = (tf.cumsum(ends, axis=1, exclusive=True) > 0) & (
        input_ids != tokenizer.pad_token_id
    )
    return {"input_ids": input_ids, "token_type_ids": tf.cast(is_second, tf.int32)}


def training_batches(
    rows: tf.data.Dataset, *, max_length: int, batch_tokens: int, pad_token_id: int, seed: Any
) -> tf.data.Dataset:
    """Shuffles rows of token ids in blocks, and batches rows of similar length.

    Args:
        rows: a dataset of token ids, int32 [length], and numbers, int64 [], as `stream_ids` returns
            it.
        max_length: the length of the longest row.
        batch_tokens: the approximate number of tokens of a batch, padding included.
        pad_token_id: the id of [PAD].
        seed: integers [2], which fix the order.

    Returns:
        A dataset of padded token ids, int32 [batch, length], and numbers, int64 [batch].
    """
    limits = [length for length in _BUCKET_LENGTHS if length < max_length] + [max_length]
    return _shuffle(
        rows, seed
    ).bucket_by_sequence_length(
        lambda ids, number: tf.size(ids),  # pyright: ignore[reportArgumentType]
        [limit + 1 for limit in limits[:-1]],
        [max(1, batch_tokens // limit) for limit in limits],
        padding_values=(pad_token_id, np.int64(0)),
    )


def _shuffle(rows: tf.data.Dataset, seed: Any) -> tf.data.Dataset:
    """Shuffles rows within blocks, in an order that depends on the seed alone."""

    def shuffle_block(index, block):
        ids, numbers = block
        order = tf.random.experimental.stateless_shuffle(
            tf.range(tf.size(numbers)), tf.random.experimental.stateless_fold_in(seed, index)
        )
        return tf.gather(ids, order), tf.gather(numbers, order)

    blocks = rows.ragged_batch(_SHUFFLED_ROWS).enumerate().map(shuffle_block)
    return blocks.unbatch().map(lambda ids, number: (tf.ensure_shape(ids, [None]), number))

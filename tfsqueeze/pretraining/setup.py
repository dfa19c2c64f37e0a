"""What a pretraining run trains: the model, its batches and its loss."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.pretraining.text_streams import training_batches
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.ragged_rows import PaddedRows, RaggedRows
from tfsqueeze.utils.tf_data import resumable_epochs, without_autotune

_ROWS_AT_ONCE = 4096

# What is counted, the number done and the number in total.
Progress = Callable[[str, int, int], None]


@dataclasses.dataclass
class Setup:
    """How the backbone is built, and the data and the loss that train it.

    `build` returns the backbone model, and `trainer` takes it and returns the model that trains it.
    `batches` takes the number of steps that were done and, for the batches of all epochs,
    `endless_epochs`; it returns the batches of one epoch by default.
    """

    build: Callable[[], Any]
    trainer: Callable[[Any], keras.Model]
    batches: Callable[..., tf.data.Dataset]
    steps: int
    rows: int
    loss: keras.losses.Loss | None = None
    metrics: Sequence[keras.metrics.Metric] | None = None


def epoch_batches(
    rows: Callable[[Any], tf.data.Dataset],
    tokenizer: WordPieceTokenizer,
    options: PretrainingOptions,
) -> tuple[Callable[..., tf.data.Dataset], int, int]:
    """Returns the batches of an epoch, and the numbers of batches and rows.

    Args:
        rows: takes a seed, int64 [2], and returns the rows of an epoch; see `training_batches`.
        tokenizer: made the rows.
        options: the settings of the run.

    Returns:
        A function that takes the number of steps that were done and, by default,
        `resumable_epochs`, and returns batches of ids, numbers and a seed, int64 [2]; the number
        of batches; and that of rows.
    """

    def epoch(number: Any) -> tf.data.Dataset:
        seed = tf.stack([tf.constant(options.seed, tf.int64), number])
        batches = training_batches(
            rows(seed),
            max_length=options.max_length,
            batch_tokens=options.batch_tokens,
            pad_token_id=tokenizer.pad_token_id,
            seed=seed,
        )
        return batches.enumerate().map(
            lambda index, batch: (*batch, tf.random.experimental.stateless_fold_in(seed, index))
        )

    steps, count = epoch(tf.constant(0, tf.int64)).reduce(
        np.zeros(2, np.int64),
        lambda counts, batch: counts + tf.stack([np.int64(1), tf.shape(batch[0], tf.int64)[0]]),
    )
    steps = int(steps)

    def batches(iterations: Any, epochs: Any = resumable_epochs) -> tf.data.Dataset:
        return epochs(epoch, iterations, steps)

    return batches, steps, int(count)


def shuffled_rows(
    rows: RaggedRows, numbers: np.ndarray | None = None
) -> Callable[[Any], tf.data.Dataset]:
    """Returns what gives the rows of an epoch in a random order, for `epoch_batches`.

    Args:
        rows: token ids.
        numbers: int64, the rows of an epoch, which may be there several times; None for each once.

    Returns:
        A function that takes a seed, int64 [2], and returns a dataset of token ids, int32 [length],
        and the numbers of the rows, int64 [].
    """
    tokens, limits = rows.tensors()
    chosen = tf.constant(np.arange(len(rows)) if numbers is None else numbers, tf.int64)

    def shuffled(seed: Any) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(chosen, seed)

        def row(number: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return tf.cast(tokens[limits[number] : limits[number + 1]], tf.int32), number

        return tf.data.Dataset.from_tensor_slices(order).map(row)

    return shuffled


def packed_rows(
    rows: tf.data.Dataset, options: PretrainingOptions, tokenizer: WordPieceTokenizer
) -> RaggedRows:
    """Returns the rows of a stream without padding, one after the other in memory.

    Args:
        rows: a dataset of token ids, int32 [length].
        options: the settings of the run.
        tokenizer: made the rows.
    """
    padded = rows.map(lambda ids: (ids, tf.size(ids))).padded_batch(
        _ROWS_AT_ONCE, ([options.max_length], []), (tokenizer.pad_token_id, 0)
    )
    return RaggedRows.gather(
        {"input_ids": PaddedRows(ids, lengths, tokenizer.pad_token_id)}
        for ids, lengths in without_autotune(padded).as_numpy_iterator()
    )["input_ids"]

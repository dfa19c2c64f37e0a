"""tf.data without autotuning, and epochs that resume."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def without_autotune(data: tf.data.Dataset) -> tf.data.Dataset:
    """Returns a dataset with the same elements that runs without tf.data's autotuning thread.

    At the end of an epoch TensorFlow 2.21 waits for that thread. The thread may miss the signal to
    stop and then sleeps as long as the epoch has taken, up to a minute: a fifth of the time to
    train a MiniLM on SST-2.

    Args:
        data: a dataset of any elements.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return data.with_options(options)


def resumable_epochs(
    epoch: Callable[[tf.Tensor], tf.data.Dataset], iterations: Any, steps: int
) -> tf.data.Dataset:
    """Returns a dataset that knows, at each pass over it, where the training stands.

    A pass holds the rest of the current epoch, which is all of it unless a training resumes within
    the epoch.

    Args:
        epoch: takes the number of an epoch, from 0, int64 [], and returns its batches.
        iterations: the number of steps that were done, an int64 variable, which is read when a
            pass begins; or a number that stays.
        steps: the number of batches in an epoch.

    Example:
        >>> iterations = tf.Variable(4, dtype=tf.int64)
        >>> data = resumable_epochs(lambda number: tf.data.Dataset.range(3), iterations, 3)
        >>> list(data.as_numpy_iterator())
        [1, 2]
    """
    count = tf.constant(steps, tf.int64)
    return tf.data.Dataset.from_tensors(0).flat_map(
        lambda _: epoch(iterations // count).skip(iterations % count)
    )


def endless_epochs(
    epoch: Callable[[tf.Tensor], tf.data.Dataset], iterations: Any, steps: int
) -> tf.data.Dataset:
    """Returns the batches of one epoch after the other, from where the training stands.

    Keras reads a distributed dataset in one pass over all epochs.

    Args:
        epoch: takes the number of an epoch, from 0, int64 [], and returns its batches.
        iterations: the number of steps that were done, an int64 variable, which is read when the
            pass begins; or a number that stays.
        steps: the number of batches in an epoch.

    Example:
        >>> data = endless_epochs(lambda number: tf.data.Dataset.range(3), 4, 3)
        >>> list(data.take(4).as_numpy_iterator())
        [1, 2, 0, 1]
    """
    count = tf.constant(steps, tf.int64)

    def rest(_: tf.Tensor) -> tf.data.Dataset:
        done = tf.convert_to_tensor(iterations, tf.int64)
        epochs = tf.data.Dataset.range(done // count, tf.int64.max)
        return epochs.flat_map(epoch).skip(done % count)

    data = tf.data.Dataset.from_tensors(0).flat_map(rest)
    return data.apply(
        tf.data.experimental.assert_cardinality(tf.data.experimental.INFINITE_CARDINALITY)
    )

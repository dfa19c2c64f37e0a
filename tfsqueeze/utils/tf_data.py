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

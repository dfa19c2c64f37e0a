"""Keras models without TensorFlow's AutoGraph.

AutoGraph rewrites Python's control flow for values that are tensors. No layer, loss or metric of
ours has any, so the graphs stay the same without it, and tracing one takes about half as long.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def skip_autograph(model: Any) -> Any:
    """Keeps AutoGraph from rewriting the layers of a Keras model, and returns the model.

    Args:
        model: the model, which changes in place.
    """
    model.call = tf.autograph.experimental.do_not_convert(model.call)
    return model


def skip_autograph_of_steps(model: Any) -> None:
    """Keeps AutoGraph from rewriting a model's losses, metrics and optimizer too.

    For models that we compile. The losses and metrics of a user may need AutoGraph.

    Args:
        model: the model, which changes in place.
    """
    model.train_step = tf.autograph.experimental.do_not_convert(model.train_step)
    model.test_step = tf.autograph.experimental.do_not_convert(model.test_step)

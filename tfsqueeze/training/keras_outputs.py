"""The logits of a Keras model, as the converted model would give them."""

from __future__ import annotations

import numpy as np
import tf_keras as keras

from tfsqueeze.tasks import Task
from tfsqueeze.training.batches import evaluation_batches


def keras_outputs(
    model: keras.Model, task: Task, inputs: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Returns the logits of a Keras model.

    Args:
        model: of the task.
        task: names the outputs.
        inputs: arrays [n, ...] by the input's name.

    Returns:
        float32 [n, ...] by the output's name.
    """
    logits = model.predict(evaluation_batches(inputs), verbose=0)
    return logits if isinstance(logits, dict) else {next(iter(task.outputs)): logits}

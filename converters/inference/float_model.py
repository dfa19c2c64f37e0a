"""The float Keras model of a run or of a checkpoint, with the predictor of its task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from converters.inference.predictor import Predictor, predictor_class
from converters.runtime.interpreters import TensorDetails
from converters.tflite.run_description import describe_run
from tfsqueeze.tasks import Task
from tfsqueeze.training.keras_outputs import keras_outputs
from tfsqueeze.training.trained_run import TaskModel


class FloatModel:
    """A Keras model with those methods of `TFLiteModel` that a predictor calls.

    Args:
        model: the Keras model.
        task: its task.
        max_length: the number of tokens of a row.

    Attributes:
        input_details: the inputs.
        output_details: the outputs.
        by_length: nothing: the model takes any length.
    """

    def __init__(self, model: Any, task: Task, max_length: int) -> None:
        self._model, self._task = model, task
        self.by_length: dict[int, Any] = {}
        zeros = {name: np.zeros((1, max_length), np.int32) for name in model.input_names}
        self.input_details = tuple(map(_details, zeros.items()))
        self.output_details = tuple(map(_details, self.predict(zeros).items()))

    def predict(self, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Returns the outputs, float32 [rows, ...] by name, of int32 rows [rows, length]."""
        return keras_outputs(self._model, self._task, dict(inputs))

    def predict_logits(self, inputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Returns the only output, float32 [rows, ...], of int32 rows [rows, length]."""
        (logits,) = self.predict(inputs).values()
        return logits


def _details(tensor: tuple[str, np.ndarray]) -> TensorDetails:
    name, values = tensor
    return TensorDetails(name, values.dtype, values.shape, 0.0, 0)


def open_float_model(run: TaskModel) -> Predictor:
    """Returns a predictor that computes with the float model of a run or of a checkpoint.

    Args:
        run: a training run, or a checkpoint.
    """
    model: Any = FloatModel(run.float_model, run.task, run.options.max_length)
    return predictor_class(run.task.name)(model, describe_run(run))

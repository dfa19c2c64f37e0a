"""Models of a task as a measurement of robustness calls them."""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any

from converters.experiments.task_verdicts import TRUTHS, Predictions
from converters.experiments.truth_confidences import TRUTH_CONFIDENCES
from converters.inference.predictor import Predictor
from tfsqueeze.robustness.greedy_search import Verdict
from tfsqueeze.tasks import Task
from tfsqueeze.utils.errors import UserError


class MeasuredModel(abc.ABC):
    """The base of the models of a task: a `RobustnessModel`.

    Args:
        task: the task.
        classes: the names of each output's classes.
        scores: the names of the scores, the main one first.
    """

    def __init__(
        self, task: Task, classes: Mapping[str, Sequence[str]], scores: Sequence[str]
    ) -> None:
        self.task, self.classes, self._scores = task, classes, scores

    @abc.abstractmethod
    def predict(self, dataset: Any) -> Predictions:
        """Returns the predictions for a dataset, as `Task.decode` does."""

    def judge(self, dataset: Any) -> list[Verdict]:
        """Returns the verdict on each example of a labelled dataset.

        Raises:
            UserError: predictions of the task are neither right nor wrong.
        """
        raise UserError(no_attack(self.task))

    def score(self, dataset: Any) -> dict[str, float]:
        """Returns the scores on a labelled dataset."""
        metrics = self.task.metrics(dataset, self.predict(dataset), self.classes)
        # Of some tasks the data decide which scores there are.
        return {name: metrics[name] for name in self._scores if name in metrics}


class PredictorModel(MeasuredModel):
    """A .tflite file, or a float model, by its predictor.

    Args:
        predictor: the predictor.
        scores: the names of the scores, the main one first.
    """

    def __init__(self, predictor: Predictor, scores: Sequence[str]) -> None:
        super().__init__(predictor.task, predictor.classes, scores)
        self._predictor = predictor

    def predict(self, dataset):
        predictions: dict[str, list[Any]] = {}
        for encodings, logits, _ in self._predictor.run_in_batches(dataset):
            for name, values in self.task.decode(logits, encodings, self.classes).items():
                predictions.setdefault(name, []).extend(values)
        return predictions

    def judge(self, dataset):
        truth, confidences_of = TRUTHS[self.task.name], TRUTH_CONFIDENCES[self.task.name]
        verdicts, start = [], 0
        for encodings, logits, stop in self._predictor.run_in_batches(dataset):
            part = dataset.take(range(start, stop))
            predictions = self.task.decode(logits, encodings, self.classes)
            confidences = confidences_of(self.task, self.classes, part, encodings, logits)
            verdicts += truth.verdicts(part, predictions, confidences.tolist())
            start = stop
        return verdicts


def no_attack(task: Task) -> str:
    """Returns why the models of a task such as regression cannot be attacked."""
    return (
        f"the predictions of {task.name} are neither right nor wrong, so that no attack can succeed"
    )

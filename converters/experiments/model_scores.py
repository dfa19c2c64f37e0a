"""What the files of one model cost and how good they are, side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from converters.experiments.checkpoint_conversion import compare_with_float
from converters.inference.predictor import Predictor
from converters.runtime.interpreters import available_runtimes
from converters.runtime.workers import latency, run_in_workers
from tfsqueeze.data.datasets.dataset import Dataset
from tfsqueeze.training.trained_run import TrainedRun

_ROUNDS = 20


@dataclasses.dataclass(frozen=True)
class EvaluationSet:
    """Examples that models are measured on.

    Attributes:
        name: what they are called.
        examples: the examples, of the task of the models.
        has_labels: whether they are labelled; without labels there are no scores.
    """

    name: str
    examples: Dataset
    has_labels: bool


@dataclasses.dataclass(frozen=True)
class ModelScores:
    """One file's part of a comparison.

    Attributes:
        name: the file's name in the comparison.
        bytes: its size.
        milliseconds: the median time of an inference on one thread of this machine.
        scores: the task's scores by their names; none without labelled examples.
        likeness: how like the float model's its results are, in 0..1: the share of equal decisions,
            or the mean cosine of vectors; None with labelled examples, or for the float model.
    """

    name: str
    bytes: int
    milliseconds: float
    scores: dict[str, float]
    likeness: float | None

    def to_dict(self) -> dict[str, Any]:
        """Returns the scores as a JSON-able dict."""
        return dataclasses.asdict(self)


def score_models(
    run: TrainedRun, models: Mapping[str, bytes], float_name: str, test: EvaluationSet | None
) -> list[ModelScores]:
    """Measures the .tflite files of a run, on the newest runtime that is installed.

    Args:
        run: the run.
        models: packed files by name.
        float_name: the name of the file in float32, among `models`.
        test: what they are measured on; None for size and time alone. Without labels, the run's
            tokenizer must have the length of the files.

    Raises:
        UserError: the examples have labels that the model lacks, or a file cannot be run.
    """
    runtime = available_runtimes()[-1]
    # A process without TensorFlow, whose threads would share the core.
    (measured,) = run_in_workers(latency, [(dict(models), runtime, 1, _ROUNDS)], workers=1)
    times = {row["name"]: row["median"] for row in measured["models"]}
    return [
        ModelScores(
            name,
            len(content),
            times[name],
            _scores(run, content, test) if test and test.has_labels else {},
            _likeness(run, content, test)
            if test and not test.has_labels and name != float_name
            else None,
        )
        for name, content in models.items()
    ]


def _scores(run: TrainedRun, content: bytes, test: EvaluationSet) -> dict[str, float]:
    metrics = Predictor.open(content, available_runtimes()[-1]).evaluate(test.examples)
    return {score.name: metrics[score.name] for score in run.task.scores if score.name in metrics}


def _likeness(run: TrainedRun, content: bytes, test: EvaluationSet) -> float:
    compared = compare_with_float(run, content, test.examples)
    name = "agreement_with_float" if "agreement_with_float" in compared else "cosine_to_float"
    return compared[name]

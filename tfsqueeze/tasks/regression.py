"""A number for a text, or for a pair of texts."""

from __future__ import annotations

import math

from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.data.datasets.number_dataset import NumberDataset
from tfsqueeze.evaluation.regression_scores import regression_metrics
from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks.outputs import TextNumber
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.tasks.text_task import TextTask
from tfsqueeze.utils.errors import UserError


class Regression(TextTask):
    """Tells a number for texts, such as a rating.

    Args:
        mean: the mean of the numbers in training; `with_decoding` sets it and the scale.
        scale: their standard deviation.
    """

    name = TaskName.REGRESSION.value
    title = "text regressor"
    dataset_type = NumberDataset
    problem_type = ProblemType.REGRESSION
    scores = (
        Score("pearson", "Pearson"),
        Score("spearman", "Spearman"),
        Score("r2", "R2", "number"),
        Score("mean_absolute_error", "Mean absolute error", "number"),
    )
    has_labels = False

    def __init__(self, mean: float = 0.0, scale: float = 1.0) -> None:
        self.outputs = {"logits": TextNumber(mean, scale)}

    @property
    def data(self):
        from tfsqueeze.tasks.regression_data import RegressionData

        return RegressionData()

    @property
    def training(self):
        from tfsqueeze.tasks.regression_training import RegressionTraining

        return RegressionTraining(self)

    def classes(self, labels, slots):
        return {}

    def with_decoding(self, decoding, labels):
        """Returns the task with the `mean` and the `scale` of the numbers in training."""
        mean, scale = (decoding.get(name, math.nan) for name in ("mean", "scale"))
        if not all(isinstance(x, float) and math.isfinite(x) for x in (mean, scale)) or scale <= 0:
            raise UserError("mean and scale must be finite numbers, and scale above 0")
        return Regression(mean, scale)

    def head_decoding(self, labels):
        """Returns a `mean` of 0 and a `scale` of 1, as transformers trains on plain numbers."""
        return {"mean": 0.0, "scale": 1.0}

    def metrics(self, dataset, predictions, classes):
        """Returns the metrics of `regression_metrics`."""
        return regression_metrics(dataset.numbers(), predictions["logits"])

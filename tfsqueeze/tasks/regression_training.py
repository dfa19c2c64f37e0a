"""Targets and configuration of text regressors."""

from __future__ import annotations

import numpy as np

from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.data.datasets.number_dataset import NumberDataset
from tfsqueeze.tasks.task_training import require_dataset_type
from tfsqueeze.tasks.text_task_training import TextTaskTraining
from tfsqueeze.utils.errors import UserError


class RegressionTraining(TextTaskTraining):
    """Trains regressors of texts or pairs of texts on standardised numbers."""

    # A regressor answers the number itself; a correlation would not see a wrong scale.
    monitored = ("r2",)
    label_fields = ()

    def configure(self, config, splits):
        require_dataset_type(splits, NumberDataset, self.task)
        return config.with_labels(["LABEL_0"], ProblemType.REGRESSION)

    def decoding(self, splits):
        """Returns the `mean` and the `scale`, the standard deviation, of the training numbers."""
        numbers = splits.train.numbers()
        mean, scale = float(numbers.mean()), float(numbers.std())
        if not np.isfinite(scale) or scale <= 1e-12 * abs(mean):
            raise UserError(
                f"{splits.train.name} has the same number for each text, or numbers too large to "
                "compute with; there is nothing to learn from them"
            )
        return {"mean": mean, "scale": scale}

    def targets(self, dataset, encodings, classes):
        output = self.task.outputs["logits"]
        return {"logits": output.standardise(dataset.numbers())}

"""Any number of labels for a text, or for a pair of texts."""

from __future__ import annotations

from collections.abc import Sequence

from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.data.datasets.multi_label_dataset import MultiLabelDataset
from tfsqueeze.evaluation.multi_label import multi_label_metrics
from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks.outputs import TextLabels
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.tasks.text_task import TextTask
from tfsqueeze.utils.errors import UserError


class MultiLabelClassification(TextTask):
    """Tells which labels texts have.

    Args:
        thresholds: the probability from which a text has a label, for each label; 0.5 for all by
            default. `with_decoding` sets them.
    """

    name = TaskName.MULTI_LABEL_CLASSIFICATION.value
    title = "multi-label text classifier"
    dataset_type = MultiLabelDataset
    problem_type = ProblemType.MULTI_LABEL_CLASSIFICATION
    label_columns = {"logits": "labels"}
    scores = (
        Score("micro_f1", "Micro F1"),
        Score("macro_f1", "Macro F1"),
        Score("mean_average_precision", "Mean average precision"),
        Score("exact_match", "Exact match"),
    )

    def __init__(self, thresholds: Sequence[float] | None = None) -> None:
        self.outputs = {"logits": TextLabels(thresholds)}

    @property
    def data(self):
        from tfsqueeze.tasks.multi_label_classification_data import MultiLabelClassificationData

        return MultiLabelClassificationData()

    @property
    def training(self):
        from tfsqueeze.tasks.multi_label_classification_training import (
            MultiLabelClassificationTraining,
        )

        return MultiLabelClassificationTraining(self)

    def classes(self, labels, slots):
        return {"logits": list(labels)}

    def with_decoding(self, decoding, labels):
        """Returns the task with the `thresholds` that validation chose, one for each label."""
        thresholds = decoding.get("thresholds")
        if (
            not isinstance(thresholds, list)
            or len(thresholds) != len(labels)
            or not all(isinstance(value, float) and 0 < value < 1 for value in thresholds)
        ):
            raise UserError(
                f"the thresholds must be {len(labels)} numbers between 0 and 1, one for each label"
            )
        return MultiLabelClassification(thresholds)

    def head_decoding(self, labels):
        """Returns `thresholds` of 0.5, those of transformers."""
        return {"thresholds": [0.5] * len(labels)}

    def check_dataset(self, dataset, classes, pairs):
        super().check_dataset(dataset, classes, pairs)
        dataset.label_matrix(classes["logits"])

    def metrics(self, dataset, predictions, classes):
        """Returns the metrics of `multi_label_metrics`."""
        names = classes["logits"]
        return multi_label_metrics(
            dataset.label_matrix(names),
            [[name in found.labels for name in names] for found in predictions["logits"]],
            [found.probabilities for found in predictions["logits"]],
            names,
        )

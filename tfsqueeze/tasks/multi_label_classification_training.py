"""Targets, configuration and thresholds of classifiers with several labels for a text."""

from __future__ import annotations

from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.data.datasets.multi_label_dataset import MultiLabelDataset
from tfsqueeze.evaluation.multi_label import choose_thresholds
from tfsqueeze.tasks.task_training import require_dataset_type
from tfsqueeze.tasks.text_task_training import TextTaskTraining
from tfsqueeze.utils.errors import UserError


class MultiLabelClassificationTraining(TextTaskTraining):
    """Trains classifiers of texts or pairs of texts with several labels each."""

    monitored = ("micro_f1",)

    def configure(self, config, splits):
        require_dataset_type(splits, MultiLabelDataset, self.task)
        if not splits.label_names:
            raise UserError(f"{splits.train.name} has no text with a label; give some texts labels")
        return config.with_labels(splits.label_names, ProblemType.MULTI_LABEL_CLASSIFICATION)

    def targets(self, dataset, encodings, classes):
        return {"logits": dataset.label_matrix(classes["logits"])}

    def choose_decoding(self, dataset, encodings, targets, classes, predict):
        """Returns the `thresholds` that `choose_thresholds` chooses."""
        return {"thresholds": choose_thresholds(targets["logits"], predict()["logits"]).tolist()}

"""Targets and configuration of text classifiers."""

from __future__ import annotations

from tfsqueeze.data.datasets.labels import UNKNOWN_ID
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.tasks.task_training import require_dataset_type
from tfsqueeze.tasks.text_task_training import TextTaskTraining


class TextClassificationTraining(TextTaskTraining):
    """Trains classifiers of texts, and of pairs of texts where the dataset has `text_pairs`."""

    monitored = ("accuracy",)
    monitor_choices = ("accuracy", "macro_f1", "balanced_accuracy")
    has_classes = True

    def configure(self, config, splits):
        require_dataset_type(splits, TextDataset, self.task)
        return config.with_labels(splits.label_names)

    def targets(self, dataset, encodings, classes):
        return {"logits": dataset.label_ids(classes["logits"], UNKNOWN_ID)}

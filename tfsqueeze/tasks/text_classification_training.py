"""Targets and configuration of text classifiers."""

from __future__ import annotations

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.tasks.task_training import TaskTraining, require_dataset_type


class TextClassificationTraining(TaskTraining):
    """Trains classifiers of texts, and of pairs of texts where the dataset has `text_pairs`."""

    monitored = ("accuracy",)
    label_fields = ("id2label",)

    def input_names(self, dataset):
        types = ("token_type_ids",) if dataset.text_pairs is not None else ()
        return ("input_ids", *types)

    def configure(self, config, splits):
        require_dataset_type(splits, TextDataset, self.task)
        return config.with_labels(splits.label_names)

    def vocabulary_texts(self, dataset):
        return [*dataset.texts, *(dataset.text_pairs or ())]

    def targets(self, dataset, encodings, classes):
        return {"logits": dataset.label_ids(classes["logits"])}

"""Targets and configuration of token classifiers."""

from __future__ import annotations

from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.tasks.task_training import require_dataset_type
from tfsqueeze.tasks.word_task_training import WordTaskTraining, tag_names, word_targets


class TokenClassificationTraining(WordTaskTraining):
    """Trains taggers of words."""

    monitored = ("f1",)
    label_fields = ("id2label",)

    def configure(self, config, splits):
        require_dataset_type(splits, TokenDataset, self.task)
        return config.with_labels(tag_names(splits))

    def targets(self, dataset, encodings, classes):
        return {"logits": word_targets(dataset, encodings, classes["logits"])}

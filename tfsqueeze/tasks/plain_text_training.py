"""What the training on plain texts shares."""

from __future__ import annotations

from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset
from tfsqueeze.tasks.task_training import TaskTraining, require_dataset_type


class PlainTextTraining(TaskTraining):
    """The base of what trains models on plain texts."""

    def configure(self, config, splits):
        require_dataset_type(splits, SentenceDataset, self.task)
        return config

    def vocabulary_texts(self, dataset):
        return dataset.texts

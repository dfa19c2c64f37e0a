"""Datasets of texts or pairs of texts with labels."""

from __future__ import annotations

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.sources.evaluation_set import load_evaluation_set
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks.task_data import TaskData


class TextClassificationData(TaskData):
    """Reads named datasets, folders of tables, and RTE's XML files."""

    def load_splits(self, name_or_path, *, seed=0, **columns):
        return load_dataset(name_or_path, seed=seed, **columns)

    def unlabelled(self, texts, text_pairs):
        pairs = None if text_pairs is None else list(text_pairs)
        return TextDataset("texts without labels", list(texts), text_pairs=pairs)

    def load_evaluation_set(self, name_or_path, *, seed=0, **columns):
        return load_evaluation_set(name_or_path, seed=seed, **columns)

"""What the tasks that learn from plain texts share."""

from __future__ import annotations

from pathlib import Path

from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset
from tfsqueeze.data.readers.text_lines import load_plain_texts, read_plain_texts
from tfsqueeze.tasks.task import Task, require_kind
from tfsqueeze.utils.errors import UserError


class PlainTextTask(Task):
    """The base of the tasks whose data are `SentenceDataset`s; they have no labels."""

    has_labels = False

    def load_splits(self, name_or_path, *, seed=0, text_column="text", **columns):
        return load_plain_texts(name_or_path, text_column=text_column, seed=seed)

    def load_evaluation_set(self, name_or_path, *, seed=0, **columns):
        if Path(name_or_path).is_file():
            return read_plain_texts(name_or_path, **columns)
        return self.load_held_out(name_or_path, seed=seed, **columns)

    def configure(self, config, splits):
        require_kind(splits, SentenceDataset, self)
        return config

    def classes(self, labels, slots):
        return {}

    def texts(self, dataset):
        return dataset.texts


def require_plain_texts(dataset, task: Task) -> None:
    """Raises UserError for a dataset that is no `SentenceDataset`, which models of a task read."""
    if not isinstance(dataset, SentenceDataset):
        raise UserError(f"{dataset.name} has no plain texts; the model is for {task.name}")

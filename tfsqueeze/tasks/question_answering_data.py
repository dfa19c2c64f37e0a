"""Datasets of questions about texts."""

from __future__ import annotations

from pathlib import Path

from tfsqueeze.data.readers.squad import load_squad, read_squad
from tfsqueeze.tasks.task_data import TaskData


class QuestionAnsweringData(TaskData):
    """Reads files in SQuAD's JSON."""

    def load_splits(self, name_or_path, *, seed=0, max_per_source=None, **columns):
        return load_squad(name_or_path, seed=seed, max_per_source=max_per_source)

    def load_evaluation_set(self, name_or_path, *, seed=0, **columns):
        if Path(name_or_path).is_file():
            return read_squad(name_or_path)
        return self.load_held_out(name_or_path, seed=seed)

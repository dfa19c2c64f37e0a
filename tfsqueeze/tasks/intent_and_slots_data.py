"""Datasets of commands with an intent and slots."""

from __future__ import annotations

from tfsqueeze.data.readers.snips import load_snips, read_snips
from tfsqueeze.tasks.word_task_data import WordTaskData


class IntentAndSlotsData(WordTaskData):
    """Reads SNIPS' JSON files."""

    def read_file(self, path):
        return read_snips(path)

    def load_splits(self, name_or_path, *, seed=0, **columns):
        return load_snips(name_or_path, seed=seed)

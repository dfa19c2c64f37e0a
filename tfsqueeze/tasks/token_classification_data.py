"""Datasets of sentences whose words have tags."""

from __future__ import annotations

from tfsqueeze.data.readers.conll import load_conll_folder, read_conll
from tfsqueeze.tasks.word_task_data import WordTaskData


class TokenClassificationData(WordTaskData):
    """Reads CoNLL files."""

    def read_file(self, path):
        return read_conll(path)

    def load_splits(self, name_or_path, *, seed=0, **columns):
        return load_conll_folder(name_or_path, seed=seed)

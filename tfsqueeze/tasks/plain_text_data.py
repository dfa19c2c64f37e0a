"""Datasets of plain texts."""

from __future__ import annotations

from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset
from tfsqueeze.data.readers.file_patterns import is_file_or_pattern
from tfsqueeze.data.readers.text_lines import load_plain_texts, read_plain_texts
from tfsqueeze.tasks.task_data import TABLE_OPTIONS, TaskData, require_single_texts


class PlainTextData(TaskData):
    """Reads files of one text a line, and the texts of tables and named datasets."""

    unused_columns = TABLE_OPTIONS - {"text_column"}

    def load_splits(self, name_or_path, *, seed=0, text_column="text", **columns):
        return load_plain_texts(name_or_path, text_column=text_column, seed=seed)

    def unlabelled(self, texts, text_pairs):
        require_single_texts(text_pairs)
        return SentenceDataset("texts without labels", list(texts))

    def load_evaluation_set(self, name_or_path, *, seed=0, text_column="text", **columns):
        if is_file_or_pattern(name_or_path):
            return read_plain_texts(name_or_path, text_column=text_column)
        return self.load_held_out(name_or_path, seed=seed, text_column=text_column, **columns)

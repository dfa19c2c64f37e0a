"""Datasets of questions about texts."""

from __future__ import annotations

from tfsqueeze.data.datasets.question_dataset import QuestionDataset
from tfsqueeze.data.readers.file_patterns import is_file_or_pattern
from tfsqueeze.data.readers.squad import load_squad, read_squad
from tfsqueeze.tasks.task_data import TABLE_OPTIONS, TaskData

_QUESTION_WORDS = 8


class QuestionAnsweringData(TaskData):
    """Reads files in SQuAD's JSON."""

    unused_columns = TABLE_OPTIONS

    def load_splits(self, name_or_path, *, seed=0, max_per_source=None, **columns):
        return load_squad(name_or_path, seed=seed, max_per_source=max_per_source)

    def unlabelled(self, texts, text_pairs):
        """Returns questions with their contexts.

        Of a single text the first words stand for a question about it.
        """
        if text_pairs is None:
            questions = [" ".join(text.split()[:_QUESTION_WORDS]) for text in texts]
            texts, text_pairs = questions, texts
        numbers = range(len(texts))
        return QuestionDataset(
            "texts without labels",
            list(texts),
            list(text_pairs),
            [[] for _ in numbers],
            [str(number) for number in numbers],
            list(numbers),
        )

    def load_evaluation_set(self, name_or_path, *, seed=0, **columns):
        if is_file_or_pattern(name_or_path):
            return read_squad(name_or_path)
        return self.load_held_out(name_or_path, seed=seed)

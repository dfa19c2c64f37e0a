"""What the data of the tasks that tag words share."""

from __future__ import annotations

import abc

from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.data.readers.file_patterns import is_file_or_pattern
from tfsqueeze.tasks.task_data import TABLE_OPTIONS, TaskData, require_single_texts
from tfsqueeze.tokenizers.words import split_words


class WordTaskData(TaskData):
    """The base of what reads sentences of words with tags."""

    unused_columns = TABLE_OPTIONS

    @abc.abstractmethod
    def read_file(self, path: str) -> TokenDataset:
        """Reads one labelled file.

        Raises:
            UserError: the file cannot be read.
        """

    def unlabelled(self, texts, text_pairs):
        require_single_texts(text_pairs)
        return TokenDataset("texts without labels", [split_words(text) for text in texts])

    def load_evaluation_set(self, name_or_path, *, seed=0, **columns):
        if is_file_or_pattern(name_or_path):
            return self.read_file(name_or_path)
        return self.load_held_out(name_or_path, seed=seed)

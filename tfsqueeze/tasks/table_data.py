"""What the data of the tasks that read tables of texts share."""

from __future__ import annotations

import abc
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from tfsqueeze.data.datasets.text_examples import TextExamples
from tfsqueeze.data.readers.file_patterns import is_file_or_pattern
from tfsqueeze.data.readers.folders import load_tables
from tfsqueeze.tasks.task_data import TaskData


class TableData(TaskData):
    """The base of what reads tables of texts whose labels are not one name each.

    Attributes:
        dataset_type: the class of the datasets.
        make_splits: the class of the splits.
    """

    dataset_type: ClassVar[type[TextExamples]]
    make_splits: ClassVar[Callable[..., Any]]

    @abc.abstractmethod
    def read_file(self, path: Path, **columns: Any) -> TextExamples:
        """Reads one file; `columns` as for `load_splits`.

        Raises:
            UserError: the file cannot be read.
        """

    def load_splits(self, name_or_path, *, seed=0, **columns):
        return load_tables(
            Path(name_or_path), self.read_file, type(self).make_splits, seed=seed, **columns
        )

    def unlabelled(self, texts, text_pairs):
        pairs = None if text_pairs is None else list(text_pairs)
        return self.dataset_type("texts without labels", list(texts), text_pairs=pairs)

    def load_evaluation_set(self, name_or_path, *, seed=0, **columns):
        if is_file_or_pattern(name_or_path):
            return self.read_file(Path(name_or_path), **columns)
        return self.load_held_out(name_or_path, seed=seed, **columns)

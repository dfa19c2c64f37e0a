"""What the data of the tasks that tag words share."""

from __future__ import annotations

import abc
from pathlib import Path

from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.tasks.task_data import TaskData


class WordTaskData(TaskData):
    """The base of what reads sentences of words with tags."""

    @abc.abstractmethod
    def read_file(self, path: str) -> TokenDataset:
        """Reads one labelled file.

        Raises:
            UserError: the file cannot be read.
        """

    def load_evaluation_set(self, name_or_path, *, seed=0, **columns):
        if Path(name_or_path).is_file():
            return self.read_file(name_or_path)
        return self.load_held_out(name_or_path, seed=seed)

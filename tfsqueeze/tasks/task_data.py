"""How the datasets of a task are read."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any, ClassVar

from tfsqueeze.data.datasets.dataset import Dataset, Splits
from tfsqueeze.utils.errors import UserError

# The options of labels in tables of texts, and all options of such tables.
LABEL_OPTIONS = frozenset({"keep_nan_labels", "label_separator"})
TABLE_OPTIONS = LABEL_OPTIONS | {"text_column", "label_column", "text_pair_column"}


class TaskData(abc.ABC):
    """The base of what reads the datasets of a task.

    Attributes:
        unused_columns: the options of `load_splits` that it takes and does not read, which
            `check_columns` refuses.
    """

    unused_columns: ClassVar[frozenset[str]] = frozenset()

    @abc.abstractmethod
    def load_splits(self, name_or_path: str, *, seed: int = 0, **columns: Any) -> Splits:
        """Loads the data to train on.

        Args:
            name_or_path: a dataset's name, or a file or folder.
            seed: of the parts that are drawn at random.
            **columns: `text_column`, `label_column`, `text_pair_column`, `keep_nan_labels` and
                `label_separator` of tables of texts, `max_per_source` of questions; tasks ignore
                their `unused_columns`.

        Raises:
            UserError: the data cannot be read.
        """

    def unlabelled(self, texts: Sequence[str], text_pairs: Sequence[str] | None) -> Dataset:
        """Returns texts as a dataset of the task, without labels.

        Args:
            texts: the texts, or the first text of each pair.
            text_pairs: the second text of each pair; None for single texts.

        Raises:
            UserError: the task reads pairs and these are single texts, or the other way round.
        """
        raise UserError("texts without labels cannot be made data of this task")

    @abc.abstractmethod
    def load_evaluation_set(self, name_or_path: str, *, seed: int = 0, **columns: Any) -> Dataset:
        """Loads one labelled file, or what `load_held_out` loads; arguments as there."""

    def load_held_out(self, name_or_path: str, *, seed: int = 0, **columns: Any) -> Dataset:
        """Loads the test part of `load_splits`, or its validation part where it has no test part.

        The arguments are those of `load_splits`.
        """
        splits = self.load_splits(name_or_path, seed=seed, **columns)
        return splits.test or splits.validation


def require_single_texts(text_pairs: Sequence[str] | None) -> None:
    """Checks that there are no second texts.

    Raises:
        UserError: there are.
    """
    if text_pairs is not None:
        raise UserError("the model reads single texts, and these are pairs; give one text per line")

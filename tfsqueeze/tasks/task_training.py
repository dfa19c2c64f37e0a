"""How the models of a task are trained: their configuration and their targets."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.tasks.encodings import Encodings
from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from tfsqueeze.tasks.task import Task


class TaskTraining(abc.ABC):
    """The base of what trains the models of a task.

    Args:
        task: the task.

    Attributes:
        monitored: the Keras metrics, without `val_`, whose mean on validation chooses the epoch.
        has_own_teacher: whether a teacher of the task's own makes its targets.
    """

    monitored: ClassVar[tuple[str, ...]]
    has_own_teacher: ClassVar[bool] = False

    def __init__(self, task: Task) -> None:
        self.task = task

    def input_names(self, dataset: Any) -> tuple[str, ...]:
        """Returns the inputs of a model that is trained on a dataset."""
        return ("input_ids",)

    @abc.abstractmethod
    def configure(self, config: EncoderConfig, splits: Any) -> EncoderConfig:
        """Returns the config with the names of the classes in the data.

        Raises:
            UserError: the data are for another task.
        """

    @abc.abstractmethod
    def vocabulary_texts(self, dataset: Any) -> list[str]:
        """Returns the texts that a vocabulary can be trained from."""

    def encode(self, tokenizer: Any, dataset: Any) -> Encodings:
        """Tokenizes a dataset for training; as `Task.encode` unless the task says otherwise."""
        return self.task.encode(tokenizer, dataset)

    @abc.abstractmethod
    def targets(
        self, dataset: Any, encodings: Encodings, classes: Mapping[str, Sequence[str]]
    ) -> dict[str, np.ndarray]:
        """Returns the targets by the output's name, in the form that its `Output` describes.

        Raises:
            UserError: the dataset has no labels, or one without a name.
        """

    def add_teacher_targets(
        self,
        dataset: Any,
        teacher: str | None = None,
        folder: Path | None = None,
        progress: Callable[[int, int], None] = lambda *_: None,
    ) -> Any:
        """Returns the dataset with the targets that the task's own teacher makes for it.

        Without such a teacher it returns the dataset as it is.

        Args:
            dataset: the dataset.
            teacher: the teacher's name or folder; the task's default teacher if None.
            folder: keeps what the teacher computes; None keeps it nowhere.
            progress: called with how many examples are done, and of how many.

        Raises:
            UserError: there is no such teacher.
        """
        return dataset

    def monitored_value(self, logs: Mapping[str, float], prefix: str = "") -> float:
        """Returns the mean of the monitored metrics in Keras' logs."""
        return sum(logs[prefix + name] for name in self.monitored) / len(self.monitored)


def require_dataset_type(splits: Any, dataset_type: type, task: Task) -> None:
    """Checks that the parts of a dataset have the type that a task is trained on.

    Raises:
        UserError: they have another.
    """
    if not isinstance(splits.train, dataset_type):
        raise UserError(
            f"{task.name} is trained on a {dataset_type.__name__}, not on a "
            f"{type(splits.train).__name__}; load the data for this task"
        )

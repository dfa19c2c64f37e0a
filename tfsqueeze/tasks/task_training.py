"""How the models of a task are trained: their configuration and their targets."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.tasks.encodings import Encodings
from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from tfsqueeze.tasks.task import Task

_ONE_LABEL = ProblemType.SINGLE_LABEL_CLASSIFICATION.value


class TaskTraining(abc.ABC):
    """The base of what trains the models of a task.

    Args:
        task: the task.

    Attributes:
        monitored: the Keras metrics, without `val_`, whose mean on validation chooses the epoch.
        monitor_choices: the Keras metrics of which a run may choose one instead.
        has_classes: whether each example has one class, whose weight a run may choose.
        has_own_teacher: whether a teacher of the task's own makes its targets.
        label_fields: the fields of the config that name the classes of the head.
    """

    monitored: ClassVar[tuple[str, ...]]
    monitor_choices: ClassVar[tuple[str, ...]] = ()
    has_classes: ClassVar[bool] = False
    has_own_teacher: ClassVar[bool] = False
    label_fields: ClassVar[tuple[str, ...]] = ()

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

    def match_head(self, config: EncoderConfig, pretrained: EncoderConfig) -> EncoderConfig | None:
        """Returns the config with its classes in the order of a pretrained model's head.

        Args:
            config: the config that `configure` returned.
            pretrained: the config of the pretrained model.

        Returns:
            The config, or None if the head is for other classes.
        """
        changes = {}
        if pretrained.problem_type not in (None, config.problem_type or _ONE_LABEL):
            return None
        for name in self.label_fields:
            wanted, known = (_label_names(getattr(each, name, ())) for each in (config, pretrained))
            ordered = order_labels(wanted, known)
            if ordered is None:
                return None
            changes[name] = dict(enumerate(ordered)) if name == "id2label" else tuple(ordered)
        return config.replace(**changes)

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

    def decoding(self, splits: Any) -> dict[str, Any]:
        """Returns what predictions are decoded with that follows from the training data.

        Returns:
            JSON-able values for `Task.with_decoding`; most tasks need none.

        Raises:
            UserError: the data have no such values.
        """
        return {}

    def choose_decoding(
        self,
        targets: Mapping[str, np.ndarray],
        predict: Callable[[], Mapping[str, np.ndarray]],
    ) -> dict[str, Any]:
        """Returns what predictions are decoded with that validation chooses after training.

        Args:
            targets: the targets of the validation part, as `targets` returns them.
            predict: returns the trained model's logits of that part, by the output's name.

        Returns:
            JSON-able values for `Task.with_decoding`; most tasks need none.
        """
        return {}

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


def order_labels(names: Sequence[str], pretrained: Sequence[str]) -> list[str] | None:
    """Returns labels of data in the order of a pretrained model's head.

    Args:
        names: the labels of the data, without duplicates.
        pretrained: the labels of the pretrained model, in the order of their numbers.

    Returns:
        All labels of the pretrained model, if those of the data are among them. The labels of the
        data by their number, if they are numbers and the pretrained model has `LABEL_0`, `LABEL_1`
        and so on, as transformers calls labels without names. Otherwise None: the head is for other
        labels.

    Example:
        >>> order_labels(["account", "refund"], ["refund", "account", "delivery"])
        ['refund', 'account', 'delivery']
        >>> order_labels(["0", "1", "10", "2"], [f"LABEL_{i}" for i in range(4)]) is None
        True
        >>> order_labels(["1", "0"], ["LABEL_0", "LABEL_1"])
        ['0', '1']
    """
    if names and set(names) <= set(pretrained):
        return list(pretrained)
    numbers = [str(number) for number in range(len(pretrained))]
    if list(pretrained) == [f"LABEL_{number}" for number in numbers] and set(names) == set(numbers):
        return numbers
    return None


def _label_names(labels: Mapping[int, str] | Sequence[str]) -> list[str]:
    return list(labels.values() if isinstance(labels, Mapping) else labels)


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

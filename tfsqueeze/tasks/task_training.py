"""How the models of a task are trained: their configuration and their targets."""

from __future__ import annotations

import abc
import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.data.datasets.label_names import (
    listed,
    match_names,
    names_in,
    rename,
    sorted_names,
)
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
        monitor_choices: the Keras metrics of which a run may choose one instead.
        has_classes: whether each example has one class, whose weight a run may choose.
        has_own_teacher: whether a teacher of the task's own makes its targets.
        allows_word_dropout: whether words may be dropped in training. An answer must be found by
            its words.
        label_fields: the fields of the config that name the classes of the head, in the order of
            the task's `label_columns`.
    """

    monitored: ClassVar[tuple[str, ...]]
    monitor_choices: ClassVar[tuple[str, ...]] = ()
    has_classes: ClassVar[bool] = False
    has_own_teacher: ClassVar[bool] = False
    allows_word_dropout: ClassVar[bool] = True
    label_fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, task: Task) -> None:
        self.task = task

    def task_for(self, splits: Any) -> Task:
        """Returns the task in the form that learns from some data; by default as it is.

        Args:
            splits: the parts of the data.

        Raises:
            UserError: there is nothing to learn from.
        """
        return self.task

    def input_names(self, dataset: Any) -> tuple[str, ...]:
        """Returns the inputs of a model that is trained on a dataset."""
        return ("input_ids",)

    @abc.abstractmethod
    def configure(self, config: EncoderConfig, splits: Any) -> EncoderConfig:
        """Returns the config with the names of the classes in the data.

        Raises:
            UserError: the data are for another task.
        """

    def name_by_head(
        self, splits: Any, head: EncoderConfig, source: str
    ) -> tuple[Any, dict[str, Any]]:
        """Names the labels of data as the head of a pretrained model does.

        Args:
            splits: the parts of the data.
            head: the config of the pretrained model.
            source: the folder or name of the pretrained model, for messages.

        Returns:
            The splits with the head's names, and the fields of a config that name the classes, in
            the order of the head.

        Raises:
            UserError: the head does not know a label, or has a name twice.
        """
        fields = {}
        for field, column in zip(self.label_fields, self.task.label_columns.values(), strict=True):
            labels = getattr(head, field, ())
            is_numbered = isinstance(labels, Mapping)
            known = list(labels.values() if is_numbered else labels)
            names = names_in(splits.train, column)
            try:
                self.check_head_names(known, column)
                ordered = order_labels(names, known)
                matched = match_names(names, ordered)
                if matched is None:
                    raise UserError(_mismatch(names, known, splits.train.name, column))
            except UserError as error:
                raise UserError(
                    f"{source}, {field} in config.json: {error}; or train a new head (--new-head)"
                ) from None
            parts = {
                part: rename(getattr(splits, part), column, matched)
                for part in ("train", "validation", "test")
                if getattr(splits, part) is not None
            }
            splits = dataclasses.replace(splits, **parts)
            fields[field] = dict(enumerate(ordered)) if is_numbered else tuple(ordered)
        return splits, fields

    def check_head_names(self, names: Sequence[str], column: str) -> None:
        """Checks that the classes of a pretrained model's head are classes of the task.

        Args:
            names: the names of the classes.
            column: the column of datasets that holds them.

        Raises:
            UserError: a name is there twice, or no class of the task can have it.
        """
        repeated = [name for name, count in Counter(names).items() if count > 1]
        if repeated:
            raise UserError(
                f"two classes have the name {repeated[0][:40]!r}; give each a name of its own"
            )

    @abc.abstractmethod
    def vocabulary_texts(self, dataset: Any) -> Iterable[str]:
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
            UserError: the dataset has no labels, or the task refuses one of them.
        """

    def training_rows(
        self, dataset: Any, encodings: Encodings, targets: Mapping[str, np.ndarray], seed: int
    ) -> np.ndarray:
        """Returns the numbers of the rows to train on, ascending: int [rows]; by default all.

        Args:
            dataset: the examples.
            encodings: their rows.
            targets: what `targets` returned.
            seed: fixes what is left out.
        """
        return np.arange(len(encodings))

    def decoding(self, splits: Any) -> dict[str, Any]:
        """Returns what predictions are decoded with that follows from the training data.

        A head that a run keeps brings its own values instead.

        Returns:
            JSON-able values for `Task.with_decoding`; most tasks need none.

        Raises:
            UserError: the data have no such values.
        """
        return {}

    def choose_decoding(
        self,
        dataset: Any,
        encodings: Encodings,
        targets: Mapping[str, np.ndarray],
        classes: Mapping[str, Sequence[str]],
        predict: Callable[[], Mapping[str, np.ndarray]],
    ) -> dict[str, Any]:
        """Returns what predictions are decoded with that validation chooses after training.

        Args:
            dataset: the validation part.
            encodings: its rows.
            targets: its targets, as `targets` returns them.
            classes: the names of each output's classes.
            predict: returns the trained model's logits of the rows, by the output's name.

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


def order_labels(names: Collection[str], pretrained: Sequence[str]) -> list[str]:
    """Returns the names of the classes of a pretrained model's head.

    Args:
        names: the labels of the data.
        pretrained: the labels of the pretrained model, in the order of their numbers.

    Returns:
        The labels of the pretrained model; or their numbers, if the data's labels are these, and
        the pretrained model has `LABEL_0`, `LABEL_1` and so on, as transformers calls labels
        without names.

    Example:
        >>> order_labels(["account", "refund"], ["refund", "account", "delivery"])
        ['refund', 'account', 'delivery']
        >>> order_labels(["1", "0"], ["LABEL_0", "LABEL_1"])
        ['0', '1']
    """
    numbers = [str(number) for number in range(len(pretrained))]
    if set(names) == set(numbers) and _lack_names(pretrained):
        return numbers
    return list(pretrained)


def _lack_names(pretrained: Sequence[str]) -> bool:
    return list(pretrained) == [f"LABEL_{number}" for number in range(len(pretrained))]


def _mismatch(names: Collection[str], known: Sequence[str], dataset: str, column: str) -> str:
    """Returns what is wrong with labels that the head does not know, and what to do."""
    unknown = sorted_names(set(names).difference(known))[0][:40]
    numbers = "0" if len(known) == 1 else f"0 to {len(known) - 1}"
    if _lack_names(known):
        return (
            f"the {len(known)} classes have no names but LABEL_0 and so on, and {dataset} has "
            f"{unknown!r} in its {column}; write the names there, in the order that the model was "
            f"trained with, or give the data the numbers {numbers}"
        )
    return (
        f"the head knows {listed(known)}, and {dataset} has {unknown!r} in its {column}; give the "
        f"data these names or the numbers {numbers}"
    )


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

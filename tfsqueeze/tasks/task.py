"""What a task is: the outputs of its models, and how examples are encoded and results decoded.

A task has two further parts, which are imported only where they are needed, so that predicting
loads no reader of data and no training code: `Task.data` reads its datasets, `Task.training`
makes targets of them.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.data.datasets.label_names import match_names, names_in, rename
from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks.encodings import Encodings
from tfsqueeze.tasks.outputs import Output
from tfsqueeze.tasks.task_data import TaskData
from tfsqueeze.tasks.task_training import TaskTraining


class Task(abc.ABC):
    """The base of the tasks, each of which has one instance in `tfsqueeze.tasks`.

    Attributes:
        name: the task's name in `--task`, run.json and the metadata of files.
        title: what a model of the task is called.
        head: the end of the names of its model classes, after `For`.
        outputs: the outputs of its models by name, in their order.
        scores: the scores among `metrics` that tables show.
        problem_type: what a head of the task decides, in the words of Hugging Face's configs; None
            for tasks that these have no word for.
        label_output: the name of the output that labels whole texts, whose probabilities can be
            calibrated; None where there is none.
        label_columns: for each output whose classes are labels of data, their column in a dataset.
        has_labels: whether its data have labels, which `id2label` names.
        measures_pairs: whether models that read single texts are measured on pairs, where data
            have them.
        verified_examples: how many examples a verification takes by default; None for all.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    head: ClassVar[str]
    outputs: Mapping[str, Output]
    scores: ClassVar[tuple[Score, ...]]
    problem_type: ClassVar[ProblemType | None] = None
    label_output: ClassVar[str | None] = None
    label_columns: ClassVar[Mapping[str, str]] = {}
    has_labels: ClassVar[bool] = True
    measures_pairs: ClassVar[bool] = False
    verified_examples: ClassVar[int | None] = None

    @property
    @abc.abstractmethod
    def data(self) -> TaskData:
        """How the task's datasets are read."""

    @property
    @abc.abstractmethod
    def training(self) -> TaskTraining:
        """How the task's models are trained."""

    @property
    def returns_dict(self) -> bool:
        """Whether its models return a dict of outputs; otherwise they return `logits` alone."""
        return list(self.outputs) != ["logits"]

    @abc.abstractmethod
    def classes(self, labels: Sequence[str], slots: Sequence[str]) -> dict[str, list[str]]:
        """Returns the names of each output's classes.

        Args:
            labels: the names in `id2label`, in their order.
            slots: the names in `slot_labels`, in their order.
        """

    def name_labels(self, dataset: Any, classes: Mapping[str, Sequence[str]]) -> Any:
        """Returns a dataset whose labels have the names that a model gives them.

        `match_names` says which names those are. A column with other labels stays as it is.

        Args:
            dataset: a labelled dataset.
            classes: the names of each output's classes.
        """
        for output, column in self.label_columns.items():
            found = match_names(names_in(dataset, column), classes[output])
            dataset = rename(dataset, column, found or {})
        return dataset

    def with_decoding(self, decoding: Mapping[str, Any], labels: Sequence[str]) -> Task:
        """Returns the task with what its training found out for decoding.

        Most tasks need nothing more than logits and return themselves.

        Args:
            decoding: JSON-able values, as `TaskTraining.decoding` and
                `TaskTraining.choose_decoding` return them.
            labels: the names in `id2label`, in their order.

        Raises:
            UserError: a value is missing, or is none that the task can decode with.
        """
        return self

    def head_decoding(self, labels: Sequence[str]) -> dict[str, Any]:
        """Returns what the predictions of a checkpoint's own head are decoded with.

        Args:
            labels: the names in `id2label`, in their order.

        Returns:
            JSON-able values for `with_decoding`; most tasks need none.
        """
        return {}

    @abc.abstractmethod
    def check_dataset(
        self, dataset: Any, classes: Mapping[str, Sequence[str]], pairs: bool
    ) -> None:
        """Checks that a model can be evaluated on a dataset.

        Args:
            dataset: a labelled dataset.
            classes: the names of each output's classes.
            pairs: whether the model reads pairs of texts.

        Raises:
            UserError: the dataset is for another task, or has labels that the model lacks. Tasks
                with one class a text or a word allow a few; see `check_known_names`.
        """

    @abc.abstractmethod
    def encode(self, tokenizer: Any, dataset: Any) -> Encodings:
        """Tokenizes a dataset with a `WordPieceTokenizer` or a `DeviceTokenizer`."""

    def decode(
        self,
        logits: Mapping[str, np.ndarray],
        encodings: Encodings,
        classes: Mapping[str, Sequence[str]],
    ) -> dict[str, list[Any]]:
        """Returns the predictions of each output, as its `Output.decode` does.

        Args:
            logits: float [rows, ...] by the output's name.
            encodings: the rows that the logits are of.
            classes: the names of each output's classes.
        """
        return {
            name: output.decode(logits[name], encodings, classes.get(name, ()))
            for name, output in self.outputs.items()
        }

    @abc.abstractmethod
    def metrics(
        self,
        dataset: Any,
        predictions: Mapping[str, list[Any]],
        classes: Mapping[str, Sequence[str]],
    ) -> dict[str, Any]:
        """Returns how good predictions, as `decode` returns them, are; JSON-able.

        Raises:
            UserError: the dataset has no labels, or the task refuses one of them.
        """

    def active_logits(
        self, logits: Mapping[str, np.ndarray], encodings: Encodings
    ) -> dict[str, np.ndarray]:
        """Returns the logits that decide something, as `Output.active_logits` does."""
        return {
            name: output.active_logits(logits[name], encodings)
            for name, output in self.outputs.items()
        }

    def decisions(
        self,
        logits: Mapping[str, np.ndarray],
        encodings: Encodings,
        classes: Mapping[str, Sequence[str]],
    ) -> dict[str, np.ndarray]:
        """Returns what the logits decide, as `Output.decisions` does.

        The items along the first axis of each array are equal where two models decide alike.

        Args:
            logits: float [rows, ...] by the output's name.
            encodings: the rows that they are of.
            classes: the names of each output's classes.
        """
        return {
            name: output.decisions(logits[name], encodings, classes.get(name, ()))
            for name, output in self.outputs.items()
        }

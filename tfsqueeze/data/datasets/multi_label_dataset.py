"""Texts or pairs of texts with any number of labels each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfsqueeze.data.datasets.label_names import check_known_names, sorted_names
from tfsqueeze.data.datasets.labels import label_ids, stratified_split
from tfsqueeze.data.datasets.text_examples import TextExamples


@dataclass(frozen=True)
class MultiLabelDataset(TextExamples):
    """Texts or pairs of texts, each with no label, one or several.

    Args:
        name: the name that messages and reports call the dataset by.
        texts: the text of each example, or the first text of each pair.
        labels: the labels of each example by name; None for texts without labels.
        text_pairs: the second text of each pair; None for single texts.
        languages: the language of each example; None if the source does not say it.

    Raises:
        UserError: the columns differ in length.

    Example:
        >>> dataset = MultiLabelDataset("mail", ["hi", "now!"], labels=[(), ("new", "urgent")])
        >>> dataset.label_names()
        ['new', 'urgent']
        >>> dataset.label_matrix(["new", "urgent"]).tolist()
        [[0.0, 0.0], [1.0, 1.0]]
    """

    labels: list[tuple[str, ...]] | None = None

    def label_names(self) -> list[str]:
        """Returns the distinct labels, sorted; a label's index in this list is its number.

        Numbers are sorted by value.

        Raises:
            UserError: the dataset has no labels.
        """
        return sorted_names(label for labels in self._require_labels() for label in labels)

    def label_matrix(self, label_names: Sequence[str]) -> np.ndarray:
        """Returns which labels each example has.

        Args:
            label_names: the label of each column.

        Returns:
            float32 [examples, labels], 1 for the labels of an example and 0 for all others.

        Raises:
            UserError: the dataset has no labels, or one that `label_names` lacks.
        """
        matrix = np.zeros((len(self), len(label_names)), np.float32)
        rows = [row for row, labels in enumerate(self._require_labels()) for _ in labels]
        flat = [label for labels in self._require_labels() for label in labels]
        matrix[rows, label_ids(self.name, flat, label_names, rows)] = 1
        return matrix

    def split(self, fraction: float, seed: int) -> tuple[MultiLabelDataset, MultiLabelDataset]:
        """Divides the examples into the rest and a held-out part, stratified by rarest label.

        Args:
            fraction: the size of the held-out part as a fraction of the whole, in 0..1.
            seed: fixes which examples are held out.

        Returns:
            The rest and the held-out part.

        Raises:
            UserError: one of the parts would be empty.
        """
        strata = None
        if self.labels is not None:
            counts = Counter(label for labels in self.labels for label in labels)
            strata = [
                min(labels, key=lambda label: (counts[label], label), default="")
                for labels in self.labels
            ]
        rest, held_out = stratified_split(self.name, len(self), strata, fraction, seed)
        return self.take(rest), self.take(held_out)


@dataclass(frozen=True)
class MultiLabelDatasetSplits:
    """The splits of a dataset with several labels for each text.

    Args:
        train: the examples to train on.
        validation: the examples that choose among epochs and settings.
        test: the examples to report scores on; None if there are none.

    Raises:
        UserError: a part has no labels, or more than 1 in 20 examples of `validation` or `test`
            have a label that `train` lacks.

    Example:
        >>> train = MultiLabelDataset("mail", ["hi", "now"], labels=[("new",), ("new", "urgent")])
        >>> MultiLabelDatasetSplits(train, train.take([0])).label_names
        ['new', 'urgent']
    """

    train: MultiLabelDataset
    validation: MultiLabelDataset
    test: MultiLabelDataset | None = None

    def __post_init__(self) -> None:
        """Checks that `train` has nearly every label."""
        known = self.train.label_names()
        for part in (self.validation, self.test):
            if part is not None:
                check_known_names(part, "labels", part.label_names(), known)

    @property
    def label_names(self) -> list[str]:
        """The labels of all parts, sorted; a label's index is its number."""
        parts = (self.train, self.validation, self.test)
        return sorted_names(
            name for part in parts if part is not None for name in part.label_names()
        )

"""Texts or pairs of texts with one label each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tfsqueeze.data.datasets.label_names import check_known_names, sorted_names
from tfsqueeze.data.datasets.labels import label_ids, stratified_split
from tfsqueeze.data.datasets.numbered_columns import NumberedLabels
from tfsqueeze.data.datasets.text_examples import TextExamples


@dataclass(frozen=True)
class TextDataset(TextExamples):
    """Texts or pairs of texts, with or without labels.

    Args:
        name: the name that messages and reports call the dataset by.
        texts: the text of each example, or the first text of each pair.
        labels: the label of each example by name; None for texts without labels.
        text_pairs: the second text of each pair; None for single texts.
        languages: the language of each example; None if the source does not say it.
        teacher_logits: a teacher's logits of each text, float [texts, names], in the order of
            `labels.names`; None without a teacher. Then `labels` are `NumberedLabels`.

    Raises:
        UserError: the columns differ in length.

    Example:
        >>> dataset = TextDataset("reviews", ["good", "bad", "fine"], labels=["pos", "neg", "pos"])
        >>> dataset.label_names()
        ['neg', 'pos']
        >>> dataset.label_ids(["neg", "pos"]).tolist()
        [1, 0, 1]
        >>> dataset.take([2, 0]).texts
        ['fine', 'good']
    """

    labels: Sequence[str] | None = None
    teacher_logits: np.ndarray | None = field(default=None, repr=False)

    def label_names(self) -> list[str]:
        """Returns the distinct labels, sorted; a label's index in this list is its class id.

        Numbers are sorted by value.

        Raises:
            UserError: the dataset has no labels.
        """
        labels = self._require_labels()
        if not isinstance(labels, NumberedLabels):
            return sorted_names(labels)
        # A teacher also gives logits of labels that are the best one of no text.
        return sorted_names(labels.present_names() if self.teacher_logits is None else labels.names)

    def label_ids(self, label_names: Sequence[str], unknown: int | None = None) -> np.ndarray:
        """Returns the class id of each example's label.

        Args:
            label_names: the label of each class id.
            unknown: the id of labels that `label_names` lacks; None refuses them.

        Returns:
            int32 [examples].

        Raises:
            UserError: the dataset has no labels, or `unknown` is None and it has one that
                `label_names` lacks.
        """
        return label_ids(self.name, self._require_labels(), label_names, unknown=unknown)

    def split(self, fraction: float, seed: int) -> tuple[TextDataset, TextDataset]:
        """Divides the examples into the rest and a held-out part, stratified by label.

        Every label keeps its share in both parts (a label with a single example stays in the
        rest). If the held-out part is too small to hold every label, or there are no labels, it is
        drawn at random.

        Args:
            fraction: the size of the held-out part as a fraction of the whole, in 0..1.
            seed: fixes which examples are held out.

        Returns:
            The rest and the held-out part.

        Raises:
            UserError: one of the parts would be empty.
        """
        rest, held_out = stratified_split(self.name, len(self), self.labels, fraction, seed)
        return self.take(rest), self.take(held_out)


@dataclass(frozen=True)
class TextDatasetSplits:
    """The splits of a labelled dataset.

    Args:
        train: the examples to train on.
        validation: the examples that choose among epochs and settings.
        test: the examples to report scores on; None if the authors publish none.

    Raises:
        UserError: a part has no labels, or more than 1 in 20 examples of `validation` or `test`
            have a label that `train` lacks.

    Example:
        >>> whole = TextDataset("letters", list("aabb"), labels=["a", "a", "b", "b"])
        >>> TextDatasetSplits(*whole.split(0.5, seed=0)).label_names
        ['a', 'b']
    """

    train: TextDataset
    validation: TextDataset
    test: TextDataset | None = None

    def __post_init__(self) -> None:
        """Checks that `train` has nearly every label."""
        known = self.train.label_names()
        for part in (self.validation, self.test):
            if part is not None:
                check_known_names(part, "labels", part.label_names(), known)

    @property
    def label_names(self) -> list[str]:
        """The labels of all parts, sorted; a label's index is its class id."""
        parts = (self.train, self.validation, self.test)
        return sorted_names(
            name for part in parts if part is not None for name in part.label_names()
        )

"""Texts with labels in memory, and how they are divided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfsqueeze.data.datasets.in_memory_dataset import InMemoryDataset, check_column_lengths
from tfsqueeze.data.datasets.labels import label_ids, stratified_split
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class TextDataset(InMemoryDataset):
    """Texts or pairs of texts, with one label name each or without labels.

    Raises:
        UserError: the columns differ in length.
    """

    name: str
    texts: list[str]
    labels: list[str] | None = None
    text_pairs: list[str] | None = None

    def __post_init__(self) -> None:
        check_column_lengths(self, "texts", ("labels", "text_pairs"))

    def __len__(self) -> int:
        return len(self.texts)

    def label_names(self) -> list[str]:
        """The distinct labels, sorted; a label's place in this list is its class id.

        Raises:
            UserError: the dataset has no labels.
        """
        return sorted(set(self._require_labels()))

    def label_ids(self, label_names: Sequence[str]) -> np.ndarray:
        """Each label as its place in `label_names`: int32 [len(self)].

        Raises:
            UserError: the dataset has no labels, or one that `label_names` lacks.
        """
        return label_ids(self.name, self._require_labels(), label_names)

    def split(self, fraction: float, seed: int) -> tuple[TextDataset, TextDataset]:
        """Divides into a rest and a held-out `fraction`, shuffled by `seed`.

        Every label keeps its share in both (a label with a single example stays in the rest). A
        held-out part that is too small to hold every label, or one without labels, is drawn at
        random.

        Raises:
            UserError: one of the parts would be empty.
        """
        rest, held_out = stratified_split(self.name, len(self), self.labels, fraction, seed)
        return self.take(rest), self.take(held_out)

    def _require_labels(self) -> list[str]:
        if self.labels is None:
            raise UserError(f"{self.name} has no labels; name the column that holds them")
        return self.labels


@dataclass(frozen=True)
class TextDatasetSplits:
    """The parts of a labelled dataset; `test` is None where its authors publish none.

    Raises:
        UserError: `validation` or `test` has a label that `train` lacks.
    """

    train: TextDataset
    validation: TextDataset
    test: TextDataset | None = None

    def __post_init__(self) -> None:
        for part in (self.validation, self.test):
            if part is not None:
                part.label_ids(self.label_names)

    @property
    def label_names(self) -> list[str]:
        """The labels of `train`, sorted: class id to name."""
        return self.train.label_names()

"""Texts with labels in memory, and how they are divided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfsqueeze.errors import UserError


@dataclass(frozen=True)
class TextDataset:
    """Texts or pairs of texts, with one label name each or without labels.

    Raises:
        UserError: the columns differ in length.
    """

    name: str
    texts: list[str]
    labels: list[str] | None = None
    text_pairs: list[str] | None = None

    def __post_init__(self) -> None:
        for column in ("labels", "text_pairs"):
            values = getattr(self, column)
            if values is not None and len(values) != len(self.texts):
                raise UserError(
                    f"{self.name} has {len(self.texts):,} texts but {len(values):,} {column}"
                )

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
        ids = {name: index for index, name in enumerate(label_names)}
        for row, label in enumerate(self._require_labels(), start=1):
            if label not in ids:
                raise UserError(
                    f"{self.name} has the label {label!r} (example {row:,}), which is not among "
                    f"the {len(ids)} known labels; add training examples of it or remove it"
                )
        return np.array([ids[label] for label in self.labels], np.int32)

    def split(self, fraction: float, seed: int) -> tuple[TextDataset, TextDataset]:
        """Divides into a rest and a held-out `fraction`, shuffled by `seed`.

        Every label keeps its share in both (a label with a single example stays in the rest). A
        held-out part that is too small to hold every label, or one without labels, is drawn at
        random.

        Raises:
            UserError: one of the parts would be empty.
        """
        from sklearn.model_selection import train_test_split

        held_out_size = round(fraction * len(self))
        if not 0 < held_out_size < len(self):
            raise UserError(
                f"{self.name} has {len(self):,} examples: too few to hold out {fraction:.0%}"
            )
        counts = Counter(self.labels or ())
        common = [i for i in range(len(self)) if self.labels is None or counts[self.labels[i]] > 1]
        classes = sum(count > 1 for count in counts.values())
        parts = (held_out_size, len(common) - held_out_size)
        if self.labels is not None and min(parts) >= classes > 0:
            candidates, strata = common, [self.labels[i] for i in common]
        else:
            candidates, strata = list(range(len(self))), None
        _, held_out = train_test_split(
            candidates, test_size=held_out_size, random_state=seed, stratify=strata
        )
        chosen = set(held_out)
        return self.take([i for i in range(len(self)) if i not in chosen]), self.take(held_out)

    def sample(self, n: int, seed: int) -> TextDataset:
        """At most `n` examples drawn without replacement, in a random order fixed by `seed`."""
        order = np.random.default_rng(seed).permutation(len(self))
        return self.take(order[:n].tolist())

    def take(self, indices: Sequence[int]) -> TextDataset:
        """The examples at `indices`, in that order."""

        def pick(column: list[str] | None) -> list[str] | None:
            return None if column is None else [column[i] for i in indices]

        return TextDataset(
            self.name, pick(self.texts), labels=pick(self.labels), text_pairs=pick(self.text_pairs)
        )

    def _require_labels(self) -> list[str]:
        if self.labels is None:
            raise UserError(f"{self.name} has no labels; name the column that holds them")
        return self.labels


@dataclass(frozen=True)
class DatasetSplits:
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

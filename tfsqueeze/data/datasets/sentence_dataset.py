"""Plain texts in memory, as what a teacher makes of them or how alike people find them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tfsqueeze.data.datasets.in_memory_dataset import InMemoryDataset, check_column_lengths
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class SentenceDataset(InMemoryDataset):
    """Texts without labels.

    text_pairs, scores: for each text another one, and how alike the two are.
    vectors: a teacher's sentence vectors, float32 [texts, channels].

    Raises:
        UserError: the columns differ in length, or there are pairs without scores.
    """

    name: str
    texts: list[str]
    text_pairs: list[str] | None = None
    scores: list[float] | None = None
    vectors: np.ndarray | None = None

    def __post_init__(self) -> None:
        if (self.text_pairs is None) != (self.scores is None):
            raise UserError(
                f"{self.name} has pairs without scores, or scores without pairs; give both or none"
            )
        check_column_lengths(self, "texts", ("text_pairs", "scores", "vectors"))

    def __len__(self) -> int:
        return len(self.texts)

    def split(self, fraction: float, seed: int) -> tuple[SentenceDataset, SentenceDataset]:
        """Divides into a rest and a held-out `fraction`, drawn by `seed`.

        Raises:
            UserError: one of the parts would be empty.
        """
        count = round(fraction * len(self))
        if not 0 < count < len(self):
            raise UserError(
                f"{self.name} has {len(self):,} texts: too few to hold out {fraction:.0%}"
            )
        order = np.random.default_rng(seed).permutation(len(self))
        return self.take(sorted(order[count:])), self.take(sorted(order[:count]))


@dataclass(frozen=True)
class SentenceDatasetSplits:
    """The parts of plain texts; `test` is None where there is none."""

    train: SentenceDataset
    validation: SentenceDataset
    test: SentenceDataset | None = None

    # Data of other tasks have them.
    label_names = None

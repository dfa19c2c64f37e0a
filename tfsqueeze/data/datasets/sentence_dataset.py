"""Texts or pairs of texts without labels, with sentence vectors or similarity scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfsqueeze.data.datasets.column_dataset import ColumnDataset
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class SentenceDataset(ColumnDataset):
    """Texts without labels.

    Args:
        name: the name that messages and reports call the dataset by.
        texts: the text of each example, or the first text of each pair.
        text_pairs: the second text of each pair; None for single texts.
        scores: how similar people find the two texts of each pair; None for single texts, and for
            pairs whose texts belong together, such as a question and its answer.
        vectors: the teacher's sentence vector of each text, float32 [texts, channels], or None.
        languages: the language of each example; None if the source does not say it.

    Raises:
        UserError: the columns differ in length, or there are scores without pairs.

    Example:
        >>> dataset = SentenceDataset("pairs", ["a cat"], text_pairs=["a kitten"], scores=[4.5])
        >>> len(dataset)
        1
    """

    texts: Sequence[str]
    text_pairs: Sequence[str] | None = None
    scores: Sequence[float] | None = None
    vectors: np.ndarray | None = None
    languages: Sequence[str] | None = None

    def __post_init__(self) -> None:
        """Checks that scores are those of pairs, and the lengths of the columns."""
        if self.text_pairs is None and self.scores is not None:
            raise UserError(f"{self.name} has scores without second texts; give both or none")
        super().__post_init__()

    def split(self, fraction: float, seed: int) -> tuple[SentenceDataset, SentenceDataset]:
        """Divides the texts into the rest and a held-out part, at random.

        Args:
            fraction: the size of the held-out part as a fraction of the whole, in 0..1.
            seed: fixes which texts are held out.

        Returns:
            The rest and the held-out part, each in the order of this dataset.

        Raises:
            UserError: one of the parts would be empty.
        """
        count = round(fraction * len(self))
        if not 0 < count < len(self):
            raise UserError(
                f"{self.name} has {len(self):,} texts: too few to hold out {fraction:.0%}"
            )
        order = np.random.default_rng(seed).permutation(len(self))
        return self.take(np.sort(order[count:])), self.take(np.sort(order[:count]))


@dataclass(frozen=True)
class SentenceDatasetSplits:
    """The splits of texts without labels.

    Args:
        train: the texts to train on.
        validation: the texts that choose among epochs and settings.
        test: the texts to report scores on; None if there are none.

    Example:
        >>> whole = SentenceDataset("letters", list("abcd"))
        >>> splits = SentenceDatasetSplits(*whole.split(0.25, seed=0))
        >>> len(splits.train), len(splits.validation), splits.label_names
        (3, 1, None)
    """

    train: SentenceDataset
    validation: SentenceDataset
    test: SentenceDataset | None = None

    @property
    def label_names(self) -> None:
        """None: plain texts have no labels."""
        return None

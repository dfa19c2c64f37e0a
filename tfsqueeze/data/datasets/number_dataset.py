"""Texts or pairs of texts with a number each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tfsqueeze.data.datasets.labels import stratified_split
from tfsqueeze.data.datasets.text_examples import TextExamples


@dataclass(frozen=True)
class NumberDataset(TextExamples):
    """Texts or pairs of texts, each with a number, such as a rating.

    Args:
        name: the name that messages and reports call the dataset by.
        texts: the text of each example, or the first text of each pair.
        labels: the number of each example; None for texts without.
        text_pairs: the second text of each pair; None for single texts.
        languages: the language of each example; None if the source does not say it.

    Raises:
        UserError: the columns differ in length.

    Example:
        >>> NumberDataset("reviews", ["good", "bad"], labels=[4.5, 1.0]).numbers().tolist()
        [4.5, 1.0]
    """

    labels: list[float] | None = None

    def numbers(self) -> np.ndarray:
        """Returns the number of each example, float64 [examples].

        Raises:
            UserError: the dataset has no numbers.
        """
        return np.array(self._require_labels(), np.float64)

    def split(self, fraction: float, seed: int) -> tuple[NumberDataset, NumberDataset]:
        """Divides the examples into the rest and a held-out part, at random.

        Args:
            fraction: the size of the held-out part as a fraction of the whole, in 0..1.
            seed: fixes which examples are held out.

        Returns:
            The rest and the held-out part.

        Raises:
            UserError: one of the parts would be empty.
        """
        rest, held_out = stratified_split(self.name, len(self), None, fraction, seed)
        return self.take(rest), self.take(held_out)


@dataclass(frozen=True)
class NumberDatasetSplits:
    """The splits of a dataset with a number for each text.

    Args:
        train: the examples to train on.
        validation: the examples that choose among epochs and settings.
        test: the examples to report scores on; None if there are none.

    Example:
        >>> train = NumberDataset("reviews", ["good", "bad"], labels=[4.5, 1.0])
        >>> NumberDatasetSplits(train, train.take([0])).label_names is None
        True
    """

    train: NumberDataset
    validation: NumberDataset
    test: NumberDataset | None = None
    label_names: None = None

"""The interfaces that all datasets and all divisions of data into splits share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from typing import Self


class Dataset(Protocol):
    """Examples of one kind.

    `TextDataset`, `TokenDataset`, `QuestionDataset` and `SentenceDataset` satisfy it.

    Example:
        >>> from tfsqueeze.data.datasets.text_dataset import TextDataset
        >>> def head(dataset: Dataset) -> Dataset:
        ...     return dataset.take(range(2))
        >>> len(head(TextDataset("letters", ["a", "b", "c"])))
        2
    """

    @property
    def name(self) -> str:
        """The name that messages and reports call the dataset by."""
        ...

    def __len__(self) -> int:
        """Returns the number of examples."""
        ...

    def take(self, indices: Sequence[int]) -> Self:
        """Returns the examples at some indices.

        Args:
            indices: indices of examples, from 0, in the order of the result.
        """
        ...

    def sample(self, n: int, seed: int) -> Self:
        """Returns examples drawn at random without replacement.

        Args:
            n: the largest number of examples.
            seed: fixes the examples and their order.
        """
        ...

    def split(self, fraction: float, seed: int) -> tuple[Self, Self]:
        """Divides the examples into the rest and a held-out part.

        Args:
            fraction: the size of the held-out part as a fraction of the whole, in 0..1.
            seed: fixes which examples are held out.

        Returns:
            The rest and the held-out part.

        Raises:
            UserError: one of the parts would be empty.
        """
        ...


class Splits(Protocol):
    """The training, validation and test split of some data.

    `TextDatasetSplits`, `TokenDatasetSplits`, `QuestionDatasetSplits` and `SentenceDatasetSplits`
    satisfy it.

    Example:
        >>> from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
        >>> def sizes(splits: Splits) -> tuple[int, int]:
        ...     return len(splits.train), len(splits.validation)
        >>> letters = TextDataset("letters", ["a", "b", "c"], labels=["vowel", "other", "other"])
        >>> sizes(TextDatasetSplits(letters, letters.take([0])))
        (3, 1)
    """

    @property
    def train(self) -> Dataset:
        """The examples to train on."""
        ...

    @property
    def validation(self) -> Dataset:
        """The examples that choose among epochs and settings."""
        ...

    @property
    def test(self) -> Dataset | None:
        """The examples to report scores on; None if the data come without a test split."""
        ...

    @property
    def label_names(self) -> list[str] | None:
        """The name of each class id; None if the examples have no labels."""
        ...

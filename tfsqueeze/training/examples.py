"""The examples that a run learns from, and where each of them comes from."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.datasets.dataset import Splits
from tfsqueeze.data.datasets.language_identification import with_languages
from tfsqueeze.data.datasets.neighbour_words import NeighbourWords, augment
from tfsqueeze.data.datasets.text_examples import TextExamples
from tfsqueeze.data.readers.text_lines import read_lines
from tfsqueeze.data.sources.text_files import text_files
from tfsqueeze.robustness.noisy_copies import TRAINING_NOISES, WORD_NOISES, noisy_copies
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError


class Origin(enum.IntEnum):
    """Where an example comes from."""

    ORIGINAL = 0
    UNLABELLED = 1
    VARIANT = 2
    NOISY_COPY = 3
    ADVERSARIAL = 4


@dataclasses.dataclass(frozen=True)
class Examples:
    """A dataset, and the origin of each of its examples.

    Args:
        dataset: the examples.
        origins: int [examples], the `Origin` of each.
        sources: int [examples], the example that a variant, a noisy copy or an adversarial text
            was made from; the example itself where it was not made from another.
    """

    dataset: Any
    origins: np.ndarray
    sources: np.ndarray

    def __len__(self) -> int:
        return len(self.dataset)

    @classmethod
    def originals(cls, dataset: Any) -> Examples:
        """Returns a dataset whose examples are all original."""
        origins = np.full(len(dataset), Origin.ORIGINAL, np.int8)
        return cls(dataset, origins, np.arange(len(dataset)))

    def have(self, *origins: Origin) -> np.ndarray:
        """Returns which examples have one of the origins: bool [examples]."""
        return np.isin(self.origins, origins)

    @property
    def lack_labels(self) -> np.ndarray:
        """Which examples are unlabelled or variants of unlabelled ones: bool [examples]."""
        return self.origins[self.sources] == Origin.UNLABELLED

    def extend(self, added: Any, origin: Origin, sources: np.ndarray | None = None) -> Examples:
        """Returns the examples with a dataset after them.

        Args:
            added: the further examples.
            origin: their origin.
            sources: int [added], the examples that they were made from; None if from no other.
        """
        if sources is None:
            sources = len(self) + np.arange(len(added))
        return Examples(
            concatenate([self.dataset, added], self.dataset.name),
            np.concatenate([self.origins, np.full(len(added), origin)]),
            np.concatenate([self.sources, sources]),
        )

    def teacher_dataset(self) -> tuple[Any, np.ndarray]:
        """Returns what a teacher reads for the examples.

        A teacher reads the text of a noisy copy or an adversarial text without its changes, so that
        the student learns to understand the copy as the teacher understands the text.

        Returns:
            A dataset without such copies, and for each example its number in that dataset: int
            [examples].
        """
        is_changed = self.have(Origin.NOISY_COPY, Origin.ADVERSARIAL)
        read = np.flatnonzero(~is_changed)
        wanted = np.where(is_changed, self.sources, np.arange(len(self)))
        return self.dataset.take(read), np.searchsorted(read, wanted)


def prepare_examples(
    splits: Splits, options: TrainingOptions, words: NeighbourWords | None, folder: Path
) -> Examples:
    """Returns all examples that a run learns from.

    Args:
        splits: the parts of the data.
        options: says how many variants and noisy copies there are, and names unlabelled texts.
        words: the words that variants get; None for a run without variants.
        folder: keeps the texts of named datasets.

    Raises:
        UserError: a source of texts does not exist, or the data allow no unlabelled texts, no
            copies or no other order.
    """
    examples = Examples.originals(
        in_both_orders(splits.train) if options.both_orders else splits.train
    )
    examples = add_unlabelled(examples, splits, options.unlabelled, folder)
    if words is not None:
        examples = add_variants(examples, words, options)
    return add_noisy_copies(examples, options)


def in_both_orders(pairs: Any) -> Any:
    """Returns pairs of texts, followed by the same pairs the other way round.

    Args:
        pairs: a dataset of pairs.

    Raises:
        UserError: the dataset has no pairs.
    """
    if getattr(pairs, "text_pairs", None) is None:
        raise UserError(f"{pairs.name} has no pairs of texts; train without both_orders")
    swapped = dataclasses.replace(pairs, texts=pairs.text_pairs, text_pairs=pairs.texts)
    return concatenate([pairs, swapped], pairs.name)


def add_unlabelled(
    examples: Examples, splits: Splits, sources: Sequence[str], folder: Path
) -> Examples:
    """Adds texts without labels.

    A text that any part of the data holds already is left out, whatever its case, spaces and
    punctuation. The first example's label is a placeholder for the missing ones. The languages of
    the texts are identified if the training texts have some.

    Args:
        examples: the training texts.
        splits: the parts of the data.
        sources: see `TrainingOptions.unlabelled`.
        folder: keeps the texts of named datasets.

    Raises:
        UserError: a source does not exist, or the data are not single texts.
    """
    if not sources:
        return examples
    train = splits.train
    if not isinstance(train, TextExamples) or train.text_pairs is not None:
        raise UserError(
            f"{train.name} does not hold single texts, and unlabelled texts can be added to "
            "those alone; leave them out"
        )
    seen = {
        _letters(text)
        for part in (train, splits.validation, splits.test)
        if part is not None
        for text in part.texts
    }
    texts = []
    for file in text_files(sources, folder):
        for line in read_lines(file):
            if (letters := _letters(line)) and letters not in seen:
                seen.add(letters)
                texts.append(line)
    placeholders = (train.labels or [])[:1] * len(texts)
    unlabelled = dataclasses.replace(
        train, name="unlabelled", texts=texts, labels=placeholders, languages=None
    )
    if train.languages is not None:
        unlabelled = with_languages(unlabelled)
    return examples.extend(unlabelled, Origin.UNLABELLED)


def _letters(text):
    return "".join(filter(str.isalnum, text.casefold()))


def add_variants(examples: Examples, words: NeighbourWords, options: TrainingOptions) -> Examples:
    """Adds `options.augmented_copies` variants of each example.

    In a variant, neighbours replace some of the words.
    """
    copies = options.augmented_copies
    variants = augment(
        examples.dataset,
        copies,
        lambda texts: [
            text
            for copy in range(copies)
            for text in words.replace(texts, options.replaced_words, options.seed + copy)
        ],
    )
    return examples.extend(variants, Origin.VARIANT, np.tile(np.arange(len(examples)), copies))


def add_noisy_copies(examples: Examples, options: TrainingOptions) -> Examples:
    """Adds `options.noisy_copies` noisy copies of each original example."""
    copies = options.noisy_copies
    if not copies:
        return examples
    originals = np.flatnonzero(examples.have(Origin.ORIGINAL))
    names = TRAINING_NOISES if isinstance(examples.dataset, TextExamples) else WORD_NOISES
    noisy = augment(
        examples.dataset.take(originals),
        copies,
        lambda texts: noisy_copies(texts, copies, options.noise_level, options.seed, names),
    )
    return examples.extend(noisy, Origin.NOISY_COPY, np.tile(originals, copies))

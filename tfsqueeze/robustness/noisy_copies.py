"""Data augmentation: noisy copies of training texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.robustness.noises import noise_functions
from tfsqueeze.utils.errors import UserError

# The noises that keep the label and that BERT's text normalization does not undo.
TRAINING_NOISES = (
    "keyboard",
    "swap",
    "drop",
    "insert",
    "repeat",
    "ocr",
    "asr",
    "punctuation_removed",
    "punctuation_added",
    "lost_spaces",
    "homoglyphs",
    "word_drop",
)
# The ones among them that stay within words, so that each word keeps its tag.
WORD_NOISES = ("keyboard", "swap", "drop", "insert", "repeat", "ocr", "homoglyphs")


def noisy_copies(
    texts: Sequence[str],
    copies: int,
    level: float,
    seed: int,
    names: Sequence[str] = TRAINING_NOISES,
    words: NeighbourWords | None = None,
) -> list[str]:
    """Returns noisy copies of all texts, without the original texts.

    Each text of each copy has one noise, drawn at random.

    Args:
        texts: the texts to copy.
        copies: the number of copies.
        level: the share of the letters, words or spaces that a noise edits, in 0..1.
        seed: fixes the noises.
        names: the names in `NOISES` to draw from.
        words: the neighbours of words, for `synonyms`.

    Returns:
        The first copy of all texts, then the second copy, and so on.

    Raises:
        UserError: a noise is unknown, there is none, or the level is not in 0..1.

    Example:
        >>> noisy_copies(["play jazz"], 2, 1.0, seed=0, names=["uppercase"])
        ['PLAY JAZZ', 'PLAY JAZZ']
    """
    functions = list(noise_functions(names, words).values())
    if not functions:
        raise UserError("noisy copies need at least one noise")
    noisy = []
    for copy in range(copies):
        for index, text in enumerate(texts):
            generator = np.random.default_rng([seed, copy, index])
            noise = functions[int(generator.integers(len(functions)))]
            noisy.append(noise(text, level, generator))
    return noisy

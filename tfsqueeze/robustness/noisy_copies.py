"""Noisy copies of training texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.robustness.noises import noise_functions
from tfsqueeze.utils.errors import UserError

# Those that leave the label as it is and that BERT's text normalization does not undo.
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
# Those of them that stay within words, so that each word keeps its tag.
WORD_NOISES = ("keyboard", "swap", "drop", "insert", "repeat", "ocr", "homoglyphs")


def noisy_copies(
    texts: Sequence[str],
    copies: int,
    level: float,
    seed: int,
    names: Sequence[str] = TRAINING_NOISES,
    words: NeighbourWords | None = None,
) -> list[str]:
    """Returns `copies` of all texts, one copy of all after the other, without the texts as they
    were; each text of each copy has one noise, drawn by the seed.

    level: the share of each noise's places that it touches, in 0..1.
    names: which of `NOISES`; `synonyms` needs `words`.

    Raises UserError for an unknown noise or none, and where the level is not in 0..1.
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

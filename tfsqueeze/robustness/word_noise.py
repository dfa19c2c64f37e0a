"""Word noise: deleted words and replaced words."""

from __future__ import annotations

import re

import numpy as np

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.robustness.text_edits import WORD, choose_one, edit_matches, match_case

_WORD_AND_SPACE = re.compile(r"\S+\s*")


def word_drop(text: str, level: float, generator: np.random.Generator) -> str:
    """Deletes words, with their punctuation and the space after them.

    Args:
        text: any text.
        level: the share of the words to delete, in 0..1.
        generator: draws the words.
    """
    return edit_matches(_WORD_AND_SPACE, text, level, generator, lambda match: "")


def synonyms(text: str, level: float, generator: np.random.Generator, words: NeighbourWords) -> str:
    """Replaces words by neighbours in a table of word embeddings.

    Words without neighbours stay. Neighbours need not be synonyms: opposites occur in similar
    contexts too, so a label may no longer hold at high levels.

    Args:
        text: any text.
        level: the share of the words to replace, in 0..1.
        generator: draws the words and their replacements.
        words: the neighbours of words.
    """

    def replacement(match: re.Match[str]) -> str:
        neighbours = words.neighbours(match[0])
        return match_case(match[0], choose_one(neighbours, generator)) if neighbours else match[0]

    return edit_matches(WORD, text, level, generator, replacement)

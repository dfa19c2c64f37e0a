"""Words that are left out or give way to others."""

from __future__ import annotations

import re

import numpy as np

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.robustness.text_edits import WORD, choose_one, edit_matches, match_case

_WORD_AND_SPACE = re.compile(r"\S+\s*")


def word_drop(text: str, level: float, generator: np.random.Generator) -> str:
    """Leaves out a share of the words."""
    return edit_matches(_WORD_AND_SPACE, text, level, generator, lambda match: "")


def synonyms(text: str, level: float, generator: np.random.Generator, words: NeighbourWords) -> str:
    """Replaces a share of the words by words near them in a table of embeddings.

    Words without neighbours stay. Near words need not be synonyms: opposites stand in like places
    too, so that a label may no longer hold at high levels.
    """

    def near(match):
        found = words.neighbours(match[0])
        return match_case(match[0], choose_one(found, generator)) if found else match[0]

    return edit_matches(WORD, text, level, generator, near)

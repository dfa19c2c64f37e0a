"""The attacks by name: what each puts in a word's place."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.robustness.greedy_search import Candidates
from tfsqueeze.robustness.selection import select_by_name
from tfsqueeze.robustness.text_edits import choose_one, match_case
from tfsqueeze.robustness.typing_noise import neighbour_key


@dataclass(frozen=True)
class Attack:
    """What an attack does in a few words, and whether it takes `NeighbourWords`."""

    description: str
    needs_words: bool = False


ATTACKS: dict[str, Attack] = {
    "deepwordbug": Attack("one letter of a word swapped, replaced, left out or added"),
    "textfooler": Attack("words near in the embeddings", needs_words=True),
}


def attack_candidates(
    names: Sequence[str], words: NeighbourWords | None = None
) -> dict[str, Candidates]:
    """Returns what `greedy_search` takes for each of some attacks.

    words: what `textfooler` draws from.

    Raises UserError for an unknown name, and for `textfooler` without words.
    """
    return {
        name: NeighbourCandidates(words) if attack.needs_words else character_edits
        for name, attack in select_by_name("attack", ATTACKS, names, words).items()
    }


def character_edits(word: str, generator: np.random.Generator) -> list[str]:
    """Returns a word with one character swapped with the next, replaced by a neighbour on the
    keyboard, left out, and added before it, each at a place drawn by chance (DeepWordBug, Gao et
    al. 2018, arXiv 1801.04354, table 3); none for a single character."""
    if len(word) < 2:
        return []
    swapped, replaced, left_out, added = (
        int(generator.integers(end)) for end in (len(word) - 1, len(word), len(word), len(word) + 1)
    )
    return [
        word[:swapped] + word[swapped + 1] + word[swapped] + word[swapped + 2 :],
        word[:replaced] + neighbour_key(word[replaced], generator) + word[replaced + 1 :],
        word[:left_out] + word[left_out + 1 :],
        word[:added] + choose_one(string.ascii_lowercase, generator) + word[added:],
    ]


class NeighbourCandidates:
    """The words near a word in a table of embeddings, the nearest first."""

    def __init__(self, words: NeighbourWords):
        self._words = words

    def __call__(self, word: str, generator: np.random.Generator) -> list[str]:
        """Returns the neighbours in the case of the word; the generator is not used."""
        return [match_case(word, near) for near in self._words.neighbours(word)]

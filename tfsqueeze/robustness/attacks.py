"""The attacks by name, and the replacements of a word that each proposes."""

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
    """An attack.

    Args:
        description: what the attack does, in a few words.
        needs_words: whether it needs the neighbours of words.
    """

    description: str
    needs_words: bool = False


ATTACKS: dict[str, Attack] = {
    "deepwordbug": Attack("one letter of a word swapped, replaced, deleted or inserted"),
    "textfooler": Attack("neighbours in the embeddings", needs_words=True),
}


def attack_candidates(
    names: Sequence[str], words: NeighbourWords | None = None
) -> dict[str, Candidates]:
    """Returns the function that proposes replacements, for each of some attacks.

    Args:
        names: names in `ATTACKS`.
        words: the neighbours of words, for `textfooler`.

    Raises:
        UserError: a name is unknown, or `textfooler` lacks `words`.

    Example:
        >>> list(attack_candidates(["deepwordbug"]))
        ['deepwordbug']
    """
    selected = select_by_name("attack", ATTACKS, names, words)
    return {
        name: character_edits
        if words is None or not attack.needs_words
        else NeighbourCandidates(words)
        for name, attack in selected.items()
    }


def character_edits(word: str, generator: np.random.Generator) -> list[str]:
    """Returns the four character edits of a word in DeepWordBug.

    At a random position each, two characters are swapped, one is replaced by a neighbour on the
    keyboard, one is deleted, and one is inserted (Gao et al. 2018, arXiv 1801.04354, table 3).

    Args:
        word: the word to edit.
        generator: draws positions and characters.

    Returns:
        Four words; none for a word of one character.

    Example:
        >>> len(character_edits("great", np.random.default_rng(0)))
        4
    """
    if len(word) < 2:
        return []
    swapped, replaced, deleted, inserted = (
        int(generator.integers(end)) for end in (len(word) - 1, len(word), len(word), len(word) + 1)
    )
    return [
        word[:swapped] + word[swapped + 1] + word[swapped] + word[swapped + 2 :],
        word[:replaced] + neighbour_key(word[replaced], generator) + word[replaced + 1 :],
        word[:deleted] + word[deleted + 1 :],
        word[:inserted] + choose_one(string.ascii_lowercase, generator) + word[inserted:],
    ]


class NeighbourCandidates:
    """Proposes the neighbours of a word in a table of embeddings, the nearest first.

    Args:
        words: the neighbours of words.
    """

    def __init__(self, words: NeighbourWords):
        self._words = words

    def __call__(self, word: str, generator: np.random.Generator) -> list[str]:
        """Returns the neighbours of a word in its case.

        Args:
            word: the word to replace.
            generator: not used; the neighbours are fixed.
        """
        return [match_case(word, neighbour) for neighbour in self._words.neighbours(word)]

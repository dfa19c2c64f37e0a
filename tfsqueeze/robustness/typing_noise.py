"""Typing noise: neighbouring keys, swaps, deletions, insertions and repetitions of letters."""

from __future__ import annotations

import math
import string

import numpy as np

from tfsqueeze.robustness.text_edits import (
    LETTER,
    LETTER_OR_DIGIT,
    choose_one,
    draw_count,
    edit_matches,
    match_case,
)

# The rows of letters of a QWERTY keyboard, and the offset of each from the left, in keys.
_ROWS = (("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75))
_MAX_KEY_DISTANCE = 1.3
_KEYS = {
    key: (column + offset, row)
    for row, (keys, offset) in enumerate(_ROWS)
    for column, key in enumerate(keys)
}
# The letters next to each letter on a QWERTY keyboard.
NEIGHBOUR_KEYS = {
    key: "".join(
        other
        for other in _KEYS
        if other != key and math.dist(_KEYS[key], _KEYS[other]) < _MAX_KEY_DISTANCE
    )
    for key in _KEYS
}


def neighbour_key(letter: str, generator: np.random.Generator) -> str:
    """Returns a letter next to another one on the keyboard.

    Args:
        letter: any character.
        generator: draws one of the neighbours.

    Returns:
        The neighbour in the case of the letter; the character itself if it has no neighbours.
    """
    neighbours = NEIGHBOUR_KEYS.get(letter.lower())
    return match_case(letter, choose_one(neighbours, generator)) if neighbours else letter


def keyboard(text: str, level: float, generator: np.random.Generator) -> str:
    """Replaces letters by their neighbours on a QWERTY keyboard.

    Args:
        text: any text.
        level: the share of the letters to replace, in 0..1.
        generator: draws the letters and the neighbours.
    """
    return edit_matches(
        LETTER, text, level, generator, lambda match: neighbour_key(match[0], generator)
    )


def swap(text: str, level: float, generator: np.random.Generator) -> str:
    """Swaps adjacent letters that differ, each letter at most once.

    Args:
        text: any text.
        level: the share of the letters to move, in 0..1; fewer move if there are not enough pairs.
        generator: draws the pairs.
    """
    letters = [LETTER.match(c) is not None for c in text]
    pairs = [
        i for i in range(len(text) - 1) if letters[i] and letters[i + 1] and text[i] != text[i + 1]
    ]
    order = generator.permutation(len(pairs))
    count = draw_count(sum(letters) / 2, level, generator)
    swapped = list(text)
    moved: set[int] = set()
    for pair in order.tolist():
        first = pairs[pair]
        if len(moved) < 2 * count and not moved & {first, first + 1}:
            swapped[first : first + 2] = text[first + 1], text[first]
            moved |= {first, first + 1}
    return "".join(swapped)


def drop(text: str, level: float, generator: np.random.Generator) -> str:
    """Deletes letters and digits.

    Args:
        text: any text.
        level: the share of the letters and digits to delete, in 0..1.
        generator: draws them.
    """
    return edit_matches(LETTER_OR_DIGIT, text, level, generator, lambda match: "")


def insert(text: str, level: float, generator: np.random.Generator) -> str:
    """Inserts random letters after letters and digits.

    Args:
        text: any text.
        level: the share of the letters and digits to insert one after, in 0..1.
        generator: draws the positions and the letters.
    """
    return edit_matches(
        LETTER_OR_DIGIT,
        text,
        level,
        generator,
        lambda match: match[0] + choose_one(string.ascii_lowercase, generator),
    )


def repeat(text: str, level: float, generator: np.random.Generator) -> str:
    """Doubles letters and digits.

    Args:
        text: any text.
        level: the share of the letters and digits to double, in 0..1.
        generator: draws them.
    """
    return edit_matches(LETTER_OR_DIGIT, text, level, generator, lambda match: 2 * match[0])

"""What fingers do to letters: neighbouring keys, swaps, drops, insertions and repeats."""

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

# The rows of letters of a QWERTY keyboard, and how far each is shifted, in keys.
_ROWS = (("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75))
_MAX_KEY_DISTANCE = 1.3
_KEYS = {
    key: (column + shift, row)
    for row, (keys, shift) in enumerate(_ROWS)
    for column, key in enumerate(keys)
}
# The letters beside each letter on a QWERTY keyboard.
NEIGHBOUR_KEYS = {
    key: "".join(
        other
        for other in _KEYS
        if other != key and math.dist(_KEYS[key], _KEYS[other]) < _MAX_KEY_DISTANCE
    )
    for key in _KEYS
}


def neighbour_key(letter: str, generator: np.random.Generator) -> str:
    """Returns a letter beside this one on the keyboard, in its case; the same where none is."""
    near = NEIGHBOUR_KEYS.get(letter.lower())
    return match_case(letter, choose_one(near, generator)) if near else letter


def keyboard(text: str, level: float, generator: np.random.Generator) -> str:
    """Replaces a share of the letters by their neighbours on a QWERTY keyboard."""
    return edit_matches(
        LETTER, text, level, generator, lambda match: neighbour_key(match[0], generator)
    )


def swap(text: str, level: float, generator: np.random.Generator) -> str:
    """Swaps unlike letters side by side until a share of the letters has been moved, or no
    further pair is there."""
    letters = [LETTER.match(c) is not None for c in text]
    pairs = [
        i for i in range(len(text) - 1) if letters[i] and letters[i + 1] and text[i] != text[i + 1]
    ]
    order = generator.permutation(len(pairs))
    count = draw_count(sum(letters) / 2, level, generator)
    swapped, moved = list(text), set()
    for pair in order.tolist():
        here = pairs[pair]
        if len(moved) < 2 * count and not moved & {here, here + 1}:
            swapped[here : here + 2] = text[here + 1], text[here]
            moved |= {here, here + 1}
    return "".join(swapped)


def drop(text: str, level: float, generator: np.random.Generator) -> str:
    """Leaves out a share of the letters and digits."""
    return edit_matches(LETTER_OR_DIGIT, text, level, generator, lambda match: "")


def insert(text: str, level: float, generator: np.random.Generator) -> str:
    """Puts a random letter after a share of the letters and digits."""
    return edit_matches(
        LETTER_OR_DIGIT,
        text,
        level,
        generator,
        lambda match: match[0] + choose_one(string.ascii_lowercase, generator),
    )


def repeat(text: str, level: float, generator: np.random.Generator) -> str:
    """Doubles a share of the letters and digits."""
    return edit_matches(LETTER_OR_DIGIT, text, level, generator, lambda match: 2 * match[0])

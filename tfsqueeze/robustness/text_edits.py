"""Random edits of a share of a text's words, letters or spaces."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from tfsqueeze.utils.errors import UserError

# A word may have apostrophes inside.
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# A word with its punctuation.
NON_SPACES = re.compile(r"\S+")
LETTER = re.compile(r"[^\W\d_]")
LETTER_OR_DIGIT = re.compile(r"[^\W_]")
SPACES = re.compile(r"\s+")


def draw_count(count: float, level: float, generator: np.random.Generator) -> int:
    """Returns `level * count`, rounded up or down at random so that its mean is exact.

    Args:
        count: the number of units that can be edited.
        level: the share of the units to edit, in 0..1.
        generator: draws the rounding.

    Raises:
        UserError: the level is not in 0..1.

    Example:
        >>> draw_count(10, 0.5, np.random.default_rng(0))
        5
    """
    if not 0 <= level <= 1:
        raise UserError(f"a noise level must be in 0..1, not {level}")
    return int(level * count + generator.random())


def edit_matches(
    pattern: re.Pattern[str],
    text: str,
    level: float,
    generator: np.random.Generator,
    edit: Callable[[re.Match[str]], str],
) -> str:
    """Returns a text with a random share of a pattern's matches edited.

    With generators of the same seed, the matches edited at a lower level are also edited at a
    higher level.

    Args:
        pattern: matches what can be edited.
        text: the text.
        level: the share of the matches to edit, in 0..1.
        generator: draws the matches.
        edit: returns the replacement of a match.

    Raises:
        UserError: the level is not in 0..1.

    Example:
        >>> edit_matches(SPACES, "a b c", 1.0, np.random.default_rng(0), lambda match: "-")
        'a-b-c'
    """
    matches = list(pattern.finditer(text))
    order = generator.permutation(len(matches))
    chosen = order[: draw_count(len(matches), level, generator)]
    parts, end = [], 0
    for index in sorted(chosen.tolist()):
        match = matches[index]
        parts += [text[end : match.start()], edit(match)]
        end = match.end()
    return "".join([*parts, text[end:]])


def match_case(original: str, word: str) -> str:
    """Returns a word in the case of another one: in capitals, with a capital, or unchanged.

    Args:
        original: the word whose case is taken.
        word: the word to return.

    Example:
        >>> match_case("Good", "great"), match_case("GOOD", "great")
        ('Great', 'GREAT')
    """
    if len(original) > 1 and original.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if original[:1].isupper() else word


def choose_one(choices: str | Sequence[str], generator: np.random.Generator) -> str:
    """Returns one of the choices, drawn with equal probabilities.

    Args:
        choices: the characters of a string, or strings.
        generator: draws the choice.
    """
    return choices[int(generator.integers(len(choices)))]

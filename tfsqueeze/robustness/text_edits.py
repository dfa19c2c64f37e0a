"""The places of a text that a noise may touch, and how some of them are drawn."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from tfsqueeze.utils.errors import UserError

# A word may have apostrophes inside.
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# What stands between white space, punctuation included.
NON_SPACES = re.compile(r"\S+")
LETTER = re.compile(r"[^\W\d_]")
LETTER_OR_DIGIT = re.compile(r"[^\W_]")
SPACES = re.compile(r"\s+")


def draw_count(count: float, level: float, generator: np.random.Generator) -> int:
    """Returns `level * count` rounded up or down by chance, so that it is right on average.

    Raises UserError where the level is not in 0..1.
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
    """Replaces a share of a pattern's matches, drawn without replacement, by what `edit` returns.

    With generators of one seed the matches touched at a lower level are among those touched at
    a higher one.

    Raises UserError where the level is not in 0..1.
    """
    matches = list(pattern.finditer(text))
    order = generator.permutation(len(matches))
    touched = order[: draw_count(len(matches), level, generator)]
    parts, end = [], 0
    for index in sorted(touched.tolist()):
        match = matches[index]
        parts += [text[end : match.start()], edit(match)]
        end = match.end()
    return "".join([*parts, text[end:]])


def match_case(like: str, word: str) -> str:
    """Returns a word in capitals, with a capital, or as it is, as `like` is written."""
    if len(like) > 1 and like.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word


def choose_one(choices: str | list[str], generator: np.random.Generator) -> str:
    """Returns one of the choices."""
    return choices[int(generator.integers(len(choices)))]

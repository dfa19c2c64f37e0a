"""Writing noise: case, punctuation and whitespace."""

from __future__ import annotations

import re

import numpy as np

from tfsqueeze.robustness.text_edits import (
    LETTER,
    NON_SPACES,
    SPACES,
    WORD,
    choose_one,
    edit_matches,
)

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~‘’“”«»–—…¡¿]")
_ADDED_PUNCTUATION = [".", ",", "!", "?", ";", ":", "...", "!!", "-"]
# A space, a tab, a no-break space, a thin space and an ideographic space.
_ADDED_SPACES = [" ", "\t", "\u00a0", "\u2009", "\u3000"]


def lowercase(text: str, level: float, generator: np.random.Generator) -> str:
    """Writes words in lowercase.

    Args:
        text: any text.
        level: the share of the words to change, in 0..1.
        generator: draws the words.
    """
    return edit_matches(NON_SPACES, text, level, generator, lambda match: match[0].lower())


def uppercase(text: str, level: float, generator: np.random.Generator) -> str:
    """Writes words in capitals.

    Args:
        text: any text.
        level: the share of the words to change, in 0..1.
        generator: draws the words.
    """
    return edit_matches(NON_SPACES, text, level, generator, lambda match: match[0].upper())


def random_case(text: str, level: float, generator: np.random.Generator) -> str:
    """Inverts the case of letters.

    Args:
        text: any text.
        level: the share of the letters to change, in 0..1.
        generator: draws the letters.
    """
    return edit_matches(LETTER, text, level, generator, lambda match: match[0].swapcase())


def punctuation_removed(text: str, level: float, generator: np.random.Generator) -> str:
    """Deletes punctuation marks.

    Args:
        text: any text.
        level: the share of the punctuation marks to delete, in 0..1.
        generator: draws the marks.
    """
    return edit_matches(_PUNCTUATION, text, level, generator, lambda match: "")


def punctuation_added(text: str, level: float, generator: np.random.Generator) -> str:
    """Inserts punctuation marks after words.

    Args:
        text: any text.
        level: the share of the words to insert a mark after, in 0..1.
        generator: draws the words and the marks.
    """
    return edit_matches(
        WORD,
        text,
        level,
        generator,
        lambda match: match[0] + choose_one(_ADDED_PUNCTUATION, generator),
    )


def extra_spaces(text: str, level: float, generator: np.random.Generator) -> str:
    """Adds a second space, ordinary or exotic, to spaces between words.

    Args:
        text: any text.
        level: the share of the spaces to extend, in 0..1.
        generator: draws the spaces and the added ones.
    """
    return edit_matches(
        SPACES,
        text,
        level,
        generator,
        lambda match: match[0] + choose_one(_ADDED_SPACES, generator),
    )


def lost_spaces(text: str, level: float, generator: np.random.Generator) -> str:
    """Deletes spaces, so that words run together.

    Args:
        text: any text.
        level: the share of the spaces to delete, in 0..1.
        generator: draws the spaces.
    """
    return edit_matches(SPACES, text, level, generator, lambda match: "")

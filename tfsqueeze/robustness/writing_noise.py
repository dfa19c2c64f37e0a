"""Careless writing: capitals, punctuation and white space."""

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
_ADDED = [".", ",", "!", "?", ";", ":", "...", "!!", "-"]
# A space, a tab, a no-break space, a thin space and an ideographic space.
_MORE_SPACES = [" ", "\t", "\u00a0", "\u2009", "\u3000"]


def lowercase(text: str, level: float, generator: np.random.Generator) -> str:
    """Writes a share of the words in small letters."""
    return edit_matches(NON_SPACES, text, level, generator, lambda match: match[0].lower())


def uppercase(text: str, level: float, generator: np.random.Generator) -> str:
    """Writes a share of the words in capitals."""
    return edit_matches(NON_SPACES, text, level, generator, lambda match: match[0].upper())


def random_case(text: str, level: float, generator: np.random.Generator) -> str:
    """Changes the case of a share of the letters."""
    return edit_matches(LETTER, text, level, generator, lambda match: match[0].swapcase())


def punctuation_removed(text: str, level: float, generator: np.random.Generator) -> str:
    """Leaves out a share of the punctuation marks."""
    return edit_matches(_PUNCTUATION, text, level, generator, lambda match: "")


def punctuation_added(text: str, level: float, generator: np.random.Generator) -> str:
    """Puts a punctuation mark after a share of the words."""
    return edit_matches(
        WORD, text, level, generator, lambda match: match[0] + choose_one(_ADDED, generator)
    )


def extra_spaces(text: str, level: float, generator: np.random.Generator) -> str:
    """Adds a second space, usual or odd, to a share of the spaces."""
    return edit_matches(
        SPACES, text, level, generator, lambda match: match[0] + choose_one(_MORE_SPACES, generator)
    )


def lost_spaces(text: str, level: float, generator: np.random.Generator) -> str:
    """Leaves out a share of the spaces, so that words run together."""
    return edit_matches(SPACES, text, level, generator, lambda match: "")

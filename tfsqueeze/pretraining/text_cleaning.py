"""Cleaning of plain text."""

from __future__ import annotations

import re
import unicodedata

# Control characters other than those that are whitespace.
_CONTROL = "\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff"
_SPACES = re.compile(rf"[\s{_CONTROL}]+")


def clean_text(text: str) -> str:
    r"""Returns a text in normal form C, with one space for each run of whitespace.

    Control characters and byte order marks count as whitespace.

    Args:
        text: the text.

    Example:
        >>> clean_text("  two\t\twords \x00 ")
        'two words'
    """
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def count_words(text: str) -> int:
    """Returns the number of words of a clean text that have a letter.

    Args:
        text: the text.

    Example:
        >>> count_words("-- 3 little pigs --")
        2
    """
    return sum(any(map(str.isalpha, word)) for word in text.split(" "))

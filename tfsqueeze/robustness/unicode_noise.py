"""Unicode noise: characters that look like others, and invisible characters."""

from __future__ import annotations

import re

import numpy as np

from tfsqueeze.robustness.text_edits import LETTER_OR_DIGIT, choose_one, edit_matches

# Cyrillic, Armenian and Greek letters that look like Latin ones (Unicode Technical Standard 39,
# confusables.txt).
HOMOGLYPHS = {
    "a": "\u0430",
    "c": "\u0441",
    "d": "\u0501",
    "e": "\u0435",
    "h": "\u04bb",
    "i": "\u0456",
    "j": "\u0458",
    "n": "\u0578",
    "o": "\u043e",
    "p": "\u0440",
    "q": "\u051b",
    "s": "\u0455",
    "u": "\u057d",
    "w": "\u051d",
    "x": "\u0445",
    "y": "\u0443",
    "A": "\u0410",
    "B": "\u0412",
    "C": "\u0421",
    "E": "\u0415",
    "H": "\u041d",
    "I": "\u0406",
    "J": "\u0408",
    "K": "\u039a",
    "M": "\u041c",
    "N": "\u039d",
    "O": "\u041e",
    "P": "\u0420",
    "S": "\u0405",
    "T": "\u0422",
    "X": "\u0425",
    "Y": "\u03a5",
    "Z": "\u0396",
}
_CONFUSABLE = re.compile(f"[{''.join(HOMOGLYPHS)}]")
# Zero-width space, zero-width non-joiner, zero-width joiner, and word joiner.
_INVISIBLE = ["\u200b", "\u200c", "\u200d", "\u2060"]


def homoglyphs(text: str, level: float, generator: np.random.Generator) -> str:
    """Replaces Latin letters by letters of other scripts that look the same.

    Args:
        text: any text.
        level: the share of the letters in `HOMOGLYPHS` to replace, in 0..1.
        generator: draws the letters.
    """
    return edit_matches(_CONFUSABLE, text, level, generator, lambda match: HOMOGLYPHS[match[0]])


def zero_width(text: str, level: float, generator: np.random.Generator) -> str:
    """Inserts invisible characters after letters and digits.

    Args:
        text: any text.
        level: the share of the letters and digits to insert one after, in 0..1.
        generator: draws the positions and the characters.
    """
    return edit_matches(
        LETTER_OR_DIGIT,
        text,
        level,
        generator,
        lambda match: match[0] + choose_one(_INVISIBLE, generator),
    )

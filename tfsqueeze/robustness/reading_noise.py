"""Reading noise: the confusions of optical character recognition."""

from __future__ import annotations

import re

import numpy as np

from tfsqueeze.robustness.text_edits import choose_one, edit_matches

# Characters and pairs of characters of similar shape.
_SIMILAR_SHAPES = (
    "0 O o",
    "1 l I i",
    "2 Z z",
    "5 S s",
    "6 b",
    "8 B",
    "9 g q",
    "rn m",
    "cl d",
    "vv w",
    "nn m",
    "ri n",
    "li h",
    "ii u",
    "c e",
    "u v",
    "f t",
    "i j",
    ", .",
    "; :",
    "' `",
)


def _confusions() -> dict[str, list[str]]:
    table: dict[str, list[str]] = {}
    for group in _SIMILAR_SHAPES:
        shapes = group.split()
        for shape in shapes:
            table.setdefault(shape, []).extend(other for other in shapes if other != shape)
    return table


# The misreadings of each character or pair of characters.
CONFUSIONS = _confusions()
_CONFUSABLE = re.compile("|".join(map(re.escape, sorted(CONFUSIONS, key=len, reverse=True))))


def ocr(text: str, level: float, generator: np.random.Generator) -> str:
    """Replaces characters and pairs of characters by others of similar shape.

    Args:
        text: any text.
        level: the share of the characters and pairs in `CONFUSIONS` to replace, in 0..1.
        generator: draws them and their replacements.
    """
    return edit_matches(
        _CONFUSABLE,
        text,
        level,
        generator,
        lambda match: choose_one(CONFUSIONS[match[0]], generator),
    )

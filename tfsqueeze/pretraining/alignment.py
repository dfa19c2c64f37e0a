"""Whether lines are translations of each other, as far as that can be seen without knowing both."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from tfsqueeze.utils.errors import UserError

# A translation that is this many times as long or as short as is usual is none.
_MOST_UNUSUAL_LENGTH = 3.0
# Shorter texts vary too much in length, and a name is the same in many languages.
_LEAST_CHARACTERS, _LEAST_WORDS = 10, 4
# Texts next to each other that are compared, and by how many standard errors a wrong order wins.
_COMPARED_TEXTS = 512
_STANDARD_ERRORS = 4.0


@dataclasses.dataclass(frozen=True)
class Alignment:
    """Which translations are kept.

    Args:
        kept: bool [texts].
        missing: the number of texts without a translation.
        copied: the number of texts that are the same in both languages.
        unusual: the number of translations of an unusual length.
    """

    kept: np.ndarray
    missing: int
    copied: int
    unusual: int

    def to_dict(self) -> dict[str, int]:
        """Returns the numbers of texts as JSON-able values."""
        return {
            "kept": int(self.kept.sum()),
            "missing": self.missing,
            "copied": self.copied,
            "unusual_length": self.unusual,
        }


def align(originals: Sequence[str], translations: Sequence[str]) -> Alignment:
    """Finds translations that are missing, copies of the original, or of an unusual length.

    Args:
        originals: the texts.
        translations: their translations; an empty one is missing.

    Example:
        >>> translations = ["hier schläft eine Katze", "eine Katze schläft hier", "ja"]
        >>> align(["a cat sleeps here"] * 3, translations).kept.tolist()
        [True, True, False]
    """
    missing = np.array(
        [not (one and other) for one, other in zip(originals, translations, strict=True)]
    )
    copied = ~missing & np.array(
        [
            one.casefold() == other.casefold() and len(one.split()) >= _LEAST_WORDS
            for one, other in zip(originals, translations, strict=True)
        ]
    )
    lengths = np.array([list(map(len, originals)), list(map(len, translations))], np.float64)
    ratios = np.log(np.maximum(lengths[1], 1)) - np.log(np.maximum(lengths[0], 1))
    comparable = ~missing & ~copied
    usual = np.median(ratios[comparable]) if comparable.any() else 0.0
    unusual = (
        comparable
        & (lengths.max(axis=0) >= _LEAST_CHARACTERS)
        & (np.abs(ratios - usual) > np.log(_MOST_UNUSUAL_LENGTH))
    )
    return Alignment(
        comparable & ~unusual, int(missing.sum()), int(copied.sum()), int(unusual.sum())
    )


def check_order(
    originals: Sequence[str],
    translations: Sequence[str],
    embed: Callable[[Sequence[str]], np.ndarray],
    name: str,
    language: str,
) -> float:
    """Checks that no neighbouring line fits better than the line that should be the translation.

    A teacher of one language knows little of another, but names, numbers and related words are
    enough to see a file that lacks a line.

    Args:
        originals: the texts.
        translations: their translations, none of them empty.
        embed: returns a vector of length 1 for each text.
        name: the file, for messages.
        language: the language of the translations, for messages.

    Returns:
        The mean cosine of a text and its translation.

    Raises:
        UserError: the lines before or after fit better.
    """
    first = max(0, (len(originals) - _COMPARED_TEXTS) // 2)
    # From the middle: a line that is missing anywhere before shifts it.
    part = slice(first, first + _COMPARED_TEXTS)
    ours, theirs = embed(originals[part]), embed(translations[part])
    matched = (ours * theirs).sum(axis=1)
    for shift, where in ((1, "after"), (-1, "before")):
        inner = slice(1, len(matched) - 1)
        others = (ours * np.roll(theirs, -shift, axis=0)).sum(axis=1)[inner]
        difference = others - matched[inner]
        if len(difference) < 2:
            continue
        error = difference.std(ddof=1) / np.sqrt(len(difference))
        if difference.mean() > _STANDARD_ERRORS * error:
            raise UserError(
                f"{name}: the {language} lines are not translations of the same lines: around line "
                f"{first + len(matched) // 2:,} the line {where} fits better; a line is missing or "
                "too many"
            )
    return float(matched.mean())

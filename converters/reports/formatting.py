"""How reports write values: numbers with their units, means with their spread, and safe text.

The functions for numbers take None for a value that was not measured, and return `ABSENT` for it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tfsqueeze.evaluation.score import Score

ABSENT = "–"


def decimals(value: float | None, digits: int = 2) -> str:
    """Returns a number with so many digits after the point, such as `1,234.50`."""
    return ABSENT if value is None else f"{value:,.{digits}f}"


def difference(value: float | None, digits: int = 2) -> str:
    """Returns a number with its sign, such as `+1.25`."""
    return ABSENT if value is None else f"{value:+,.{digits}f}"


def integer(value: int | None) -> str:
    """Returns a whole number, such as `1,234`."""
    return ABSENT if value is None else f"{value:,}"


def number_of(count: int, noun: str) -> str:
    """Returns a number of things, such as `1 thread` or `2 threads`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def percent(value: float | None, digits: int = 2) -> str:
    """Returns a fraction of 1 in percent, such as `87.50 %`."""
    return ABSENT if value is None else f"{percentage(value, digits)} %"


def percentage(value: float | None, digits: int = 2) -> str:
    """Returns a fraction of 1 in percent without the sign, for tables whose note names the unit."""
    return ABSENT if value is None else f"{100 * value:.{digits}f}"


def short_percent(value: float) -> str:
    """Returns a fraction of 1 in percent with no more digits than it needs, such as `5 %`."""
    return f"{100 * value:g} %"


def with_spread(mean: float, spread: float | None, write: Callable[[float], str]) -> str:
    """Returns a mean and a standard deviation, such as `87.50 ± 0.25`.

    Args:
        mean: of the measured values.
        spread: their standard deviation; None for a single value, which has none.
        write: returns the text of either.

    Returns:
        The mean, and after ± the spread where there is one.
    """
    return write(mean) if spread is None else f"{write(mean)} ± {write(spread)}"


def score_text(score: Score, row: Mapping[str, Any]) -> str:
    """Returns a row's value of a score in the score's own format, such as `87.50 %`."""
    value = row.get(score.name)
    return ABSENT if value is None else score.text(value)


def title_in_sentence(title: str) -> str:
    """Returns a title within a sentence: `Accuracy` as `accuracy`; `F1` keeps its capital."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def interval(low: float, high: float, digits: int = 2) -> str:
    """Returns two numbers as an interval, such as `1.10-1.35`."""
    return f"{decimals(low, digits)}-{decimals(high, digits)}"


def ratio(value: float | None, digits: int = 2) -> str:
    """Returns how many times as much something is, such as `0.43 x`."""
    return ABSENT if value is None else f"{decimals(value, digits)} x"


def milliseconds(value: float | None, digits: int = 2) -> str:
    """Returns a time, such as `10.50 ms`."""
    return ABSENT if value is None else f"{decimals(value, digits)} ms"


def millions(value: float | None, digits: int = 1) -> str:
    """Returns a number, or bytes in megabytes of 1,000,000, in millions without the unit."""
    return ABSENT if value is None else decimals(value / 1e6, digits)


def size(count: int) -> str:
    """Returns a number of bytes in decimal units, such as `2.35 MB`.

    Disks and downloads are sold in these: 1 KB is 1000 bytes.
    """
    if count < 1000:
        return f"{count} B"
    return f"{count / 1e3:.1f} KB" if count < 999_950 else f"{count / 1e6:.2f} MB"


def plain_text(value: object) -> str:
    """Returns a value as one line without control characters and lone surrogates."""
    line = " ".join(str(value).split())
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs") else c for c in line)


def shorten(value: object, length: int) -> str:
    """Returns a value as plain text of at most `length` characters, cut off at an ellipsis."""
    text = plain_text(value)
    return text if len(text) <= length else text[: length - 1] + "…"

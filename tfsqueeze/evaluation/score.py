"""A score that reports show: its name, its title, and how its values are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ScoreFormat = Literal["percent", "decimal", "number"]


@dataclass(frozen=True)
class Score:
    """One figure that says how good predictions are.

    Args:
        name: its key in the metrics of a task, and in JSON.
        title: what tables and plots call it.
        format: `percent` for fractions of 1, which tables show in percent; `decimal` for any
            other number; `number` for one of any size, which tables show with four digits.

    Example:
        >>> Score("f1", "F1").text(0.875)
        '87.50 %'
        >>> Score("perplexity", "Perplexity", "decimal").text(12.3456)
        '12.35'
        >>> Score("mean_absolute_error", "Mean absolute error", "number").text(0.0123456)
        '0.01235'
    """

    name: str
    title: str
    format: ScoreFormat = "percent"

    def text(self, value: float) -> str:
        """Returns a value as tables show it."""
        if self.format == "number":
            return f"{value:,.4g}"
        return f"{100 * value:.2f} %" if self.format == "percent" else f"{value:,.2f}"

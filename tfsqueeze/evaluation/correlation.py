"""How good predicted numbers are, such as grades of similarity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfsqueeze.utils.errors import UserError


def correlation_metrics(
    values: Sequence[float] | np.ndarray, predictions: Sequence[float] | np.ndarray
) -> dict[str, Any]:
    """Pearson's and Spearman's correlation, the measures of GLUE's STS-B, by scipy.

    Args:
        values: true numbers, floats [examples].
        predictions: predicted numbers, floats [examples].

    Returns:
        A JSON-able dictionary: `examples`; `pearson` and `spearman` in -1..1 (of equal numbers
        Spearman's takes the mean rank), 0 where all values or all predictions are the same.

    Raises:
        UserError: there are fewer than two examples, the lengths differ, or a number is not
            finite.
    """
    from scipy import stats

    values, predictions = np.asarray(values, np.float64), np.asarray(predictions, np.float64)
    if values.shape != predictions.shape or values.ndim != 1 or values.size < 2:
        raise UserError(
            f"values {list(values.shape)} and predictions {list(predictions.shape)} must be two "
            "lists of the same length, of at least two examples"
        )
    for name, numbers in (("value", values), ("prediction", predictions)):
        if not np.isfinite(numbers).all():
            place = int(np.argmin(np.isfinite(numbers)))
            raise UserError(f"the {name} {numbers[place]} (example {place + 1:,}) is not finite")
    constant = min(np.ptp(values), np.ptp(predictions)) == 0
    return {
        "examples": int(values.size),
        "pearson": 0.0 if constant else float(stats.pearsonr(values, predictions).statistic),
        "spearman": 0.0 if constant else float(stats.spearmanr(values, predictions).statistic),
    }

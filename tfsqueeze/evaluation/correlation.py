"""Correlation of predicted numbers, such as similarity scores, with true ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfsqueeze.utils.errors import UserError


def correlation_metrics(
    values: Sequence[float] | np.ndarray, predictions: Sequence[float] | np.ndarray
) -> dict[str, Any]:
    """Returns Pearson's and Spearman's correlation, the metrics of GLUE's STS-B, by scipy.

    Args:
        values: the true numbers, float [examples].
        predictions: the predicted numbers, float [examples].

    Returns:
        A JSON-able dictionary: `examples`, their number; `pearson` and `spearman`, in -1..1 (equal
        numbers share their mean rank), 0 if all values or all predictions are the same.

    Raises:
        UserError: there are fewer than two examples, the lengths differ, or a number is not
            finite.

    Example:
        >>> correlation_metrics([1.0, 2.0, 3.0], [2.0, 4.0, 9.0])["spearman"]
        1.0
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
            index = int(np.argmin(np.isfinite(numbers)))
            raise UserError(f"the {name} {numbers[index]} (example {index + 1:,}) is not finite")
    constant = min(np.ptp(values), np.ptp(predictions)) == 0
    return {
        "examples": int(values.size),
        "pearson": 0.0 if constant else float(stats.pearsonr(values, predictions).statistic),
        "spearman": 0.0 if constant else float(stats.spearmanr(values, predictions).statistic),
    }

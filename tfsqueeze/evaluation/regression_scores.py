"""How near predicted numbers are to true ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfsqueeze.evaluation.correlation import correlation_metrics


def regression_metrics(
    values: Sequence[float] | np.ndarray, predictions: Sequence[float] | np.ndarray
) -> dict[str, Any]:
    """Returns correlations, the coefficient of determination and the mean error.

    Args:
        values: the true numbers, float [examples].
        predictions: the predicted numbers, float [examples].

    Returns:
        The `correlation_metrics`, and by scikit-learn `r2`, at most 1, and `mean_absolute_error`,
        in the unit of the numbers.

    Raises:
        UserError: as in `correlation_metrics`.

    Example:
        >>> regression_metrics([1.0, 2.0, 3.0], [1.5, 2.0, 2.5])["r2"]
        0.75
    """
    from sklearn import metrics

    return {
        **correlation_metrics(values, predictions),
        "r2": float(metrics.r2_score(values, predictions)),
        "mean_absolute_error": float(metrics.mean_absolute_error(values, predictions)),
    }

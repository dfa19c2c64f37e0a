"""Scores of numbers, against a case computed by hand."""

from __future__ import annotations

import json

import pytest

from tfsqueeze.evaluation.regression_scores import regression_metrics
from tfsqueeze.utils.errors import UserError


def test_scores_of_a_case_computed_by_hand():
    metrics = regression_metrics([1.0, 2.0, 3.0, 6.0], [2.0, 2.0, 3.0, 5.0])
    # Squared errors 1 + 0 + 0 + 1; the values are 2, 1, 0 and 3 off their mean.
    assert metrics["r2"] == pytest.approx(1 - 2 / 14)
    assert metrics["mean_absolute_error"] == 0.5
    assert metrics["spearman"] == pytest.approx(0.9487, abs=1e-4)
    assert metrics["pearson"] == pytest.approx(9 / (14 * 6) ** 0.5)
    assert json.loads(json.dumps(metrics)) == metrics
    with pytest.raises(UserError, match="at least two examples"):
        regression_metrics([1.0], [1.0])

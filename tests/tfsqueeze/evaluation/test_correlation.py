"""Correlation of numbers, against counts made by hand."""

from __future__ import annotations

import json
import math

import pytest

from tfsqueeze.evaluation.correlation import correlation_metrics
from tfsqueeze.utils.errors import UserError


def test_correlations_of_cases_counted_by_hand():
    # The same order, but not a line.
    metrics = correlation_metrics([1, 2, 3], [1, 2, 9])
    assert metrics["examples"] == 3
    assert metrics["spearman"] == pytest.approx(1)
    assert metrics["pearson"] == pytest.approx(8 / math.sqrt(2 * 38))
    # Ranks 1, 2, 3, 4 and 2, 1, 4, 3: 1 - 6 * 4 / (4 * 15).
    assert correlation_metrics([1, 2, 3, 4], [2, 1, 4, 3])["spearman"] == pytest.approx(0.6)
    # Equal numbers share their mean rank: 1.5, 1.5, 3 and 1, 2, 3.
    assert correlation_metrics([0, 0, 5], [1, 2, 3])["spearman"] == pytest.approx(math.sqrt(3) / 2)
    assert json.loads(json.dumps(metrics)) == metrics


@pytest.mark.filterwarnings("error")
def test_one_number_for_all_has_no_correlation():
    for values, predictions in (([1, 2, 3], [2, 2, 2]), ([0, 0], [1, 2])):
        metrics = correlation_metrics(values, predictions)
        assert (metrics["pearson"], metrics["spearman"]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("values", "predictions", "message"),
    [
        ([1], [1], "at least two examples"),
        ([1, 2], [1, 2, 3], r"values \[2\] and predictions \[3\]"),
        ([1, 2], [1, math.nan], r"the prediction nan \(example 2\) is not finite"),
        ([math.inf, 2], [1, 2], r"the value inf \(example 1\) is not finite"),
    ],
)
def test_errors(values, predictions, message):
    with pytest.raises(UserError, match=message):
        correlation_metrics(values, predictions)

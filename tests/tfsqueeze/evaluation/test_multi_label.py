"""Scores and thresholds of several labels, against counts made by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tfsqueeze.evaluation.multi_label import choose_thresholds, multi_label_metrics
from tfsqueeze.utils.errors import UserError


def test_metrics_of_a_case_counted_by_hand():
    labels = [[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 1, 0]]
    predictions = [[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0]]
    probabilities = [[0.9, 0.1, 0.3], [0.8, 0.2, 0.2], [0.7, 0.4, 0.1], [0.2, 0.6, 0.1]]
    metrics = multi_label_metrics(labels, predictions, probabilities, ["a", "b", "c"])
    assert metrics["examples"] == 4
    # 3 right of 4 predicted and 4 true.
    assert metrics["micro_f1"] == pytest.approx(2 * 3 / (4 + 4))
    # F1: a 4/5, b 2/3; c occurs nowhere and does not count.
    assert metrics["macro_f1"] == pytest.approx((4 / 5 + 2 / 3) / 2)
    # Average precision: a 1; b (1/1 + 2/3) / 2; c has no texts.
    assert metrics["mean_average_precision"] == pytest.approx((1 + 5 / 6) / 2)
    assert metrics["exact_match"] == 0.5
    assert metrics["per_class"][1] == {
        "label": "b",
        "precision": 1.0,
        "recall": 0.5,
        "f1": pytest.approx(2 / 3),
        "support": 2,
    }
    assert json.loads(json.dumps(metrics)) == metrics


def test_texts_without_labels_have_scores():
    metrics = multi_label_metrics([[0]], [[0]], [[0.1]], ["a"])
    assert (metrics["exact_match"], metrics["micro_f1"], metrics["macro_f1"]) == (1.0, 0.0, 0.0)
    assert metrics["mean_average_precision"] == 0.0
    with pytest.raises(UserError, match="at least one"):
        multi_label_metrics(np.zeros((0, 1)), np.zeros((0, 1)), np.zeros((0, 1)), ["a"])
    with pytest.raises(UserError, match="a column for each of 2 labels"):
        multi_label_metrics([[0]], [[0]], [[0.1]], ["a", "b"])


def test_no_threshold_is_better():
    draw = np.random.default_rng(0)
    labels = (draw.random((200, 3)) < [0.5, 0.1, 0.9]).astype(int)
    logits = draw.normal(size=labels.shape) + 2 * labels - 1

    def f1(column, threshold):
        chosen = 1 / (1 + np.exp(-logits[:, column])) >= threshold
        right = (chosen & (labels[:, column] == 1)).sum()
        return 2 * right / (chosen.sum() + labels[:, column].sum())

    for column, threshold in enumerate(choose_thresholds(labels, logits)):
        assert f1(column, threshold) == max(f1(column, x) for x in np.linspace(0, 1, 2001))


def test_rare_labels_and_ties_stay_near_one_half():
    labels = np.zeros((20, 3), int)
    labels[:4, 0] = 1  # too rare
    labels[:16, 1] = 1  # too few lack it
    labels[:10, 2] = 1
    logits = np.where(labels, 3.0, -1.0)
    assert choose_thresholds(labels, logits)[:2].tolist() == [0.5, 0.5]
    assert choose_thresholds(labels, logits)[2] == pytest.approx(1 / (1 + np.exp(-1)))
    # Whatever the logits, no threshold is 0 or 1.
    extreme = choose_thresholds(labels, np.where(labels, 900.0, 800.0))
    assert (extreme > 0).all() and (extreme < 1).all()

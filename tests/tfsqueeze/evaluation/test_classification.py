"""Classification metrics, against counts made by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tfsqueeze.data.datasets.labels import UNKNOWN_ID
from tfsqueeze.evaluation.classification import classification_metrics
from tfsqueeze.utils.errors import UserError


def test_metrics_of_a_case_counted_by_hand():
    metrics = classification_metrics(
        np.array([0, 0, 0, 1, 1, 2], np.int32), np.array([0, 0, 1, 1, 2, 2]), ["a", "b", "c", "d"]
    )

    assert metrics["examples"] == 6
    assert metrics["accuracy"] == pytest.approx(4 / 6)
    # F1: a 4/5, b 1/2, c 2/3; d occurs nowhere and does not count.
    assert metrics["macro_f1"] == pytest.approx((4 / 5 + 1 / 2 + 2 / 3) / 3)
    # Gorodkin's R_K of that matrix: (4 * 6 - 12) / sqrt((36 - 12) * (36 - 14)).
    assert metrics["matthews_correlation"] == pytest.approx(12 / (24 * 22) ** 0.5)
    assert metrics["confusion_matrix"] == [[2, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert metrics["per_class"][0] == {
        "label": "a",
        "precision": 1.0,
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(4 / 5),
        "support": 3,
    }
    assert metrics["per_class"][3]["f1"] == 0.0
    assert json.loads(json.dumps(metrics)) == metrics


def test_matthews_correlation_of_guessing_one_class_and_of_perfection():
    one_class = classification_metrics([0, 1, 1], [1, 1, 1], ["a", "b"])
    assert one_class["matthews_correlation"] == 0.0
    perfect = classification_metrics([0, 1, 1], [0, 1, 1], ["a", "b"])
    assert perfect["matthews_correlation"] == pytest.approx(1.0)


def test_unknown_labels_are_errors():
    metrics = classification_metrics([0, 1, UNKNOWN_ID, UNKNOWN_ID], [0, 1, 1, 0], ["a", "b"])
    assert (metrics["examples"], metrics["accuracy"]) == (4, 0.5)
    # F1: a 2/3, b 2/3, and 0 of the unknown.
    assert metrics["macro_f1"] == pytest.approx(4 / 9)
    assert metrics["per_class"][1]["precision"] == 0.5
    assert metrics["confusion_matrix"] == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("labels", "predictions", "message"),
    [
        ([], [], "at least one example"),
        ([0, 1], [0], r"labels \[2\] and predictions \[1\]"),
        ([0, 2], [0, 1], "the label 2 is not an id of the 2 classes"),
        ([0, 1], [0, -1], "the prediction -1 is not an id"),
    ],
)
def test_errors(labels, predictions, message):
    with pytest.raises(UserError, match=message):
        classification_metrics(labels, predictions, ["a", "b"])

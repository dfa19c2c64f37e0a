"""Metrics of classes on a whole validation part, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from tfsqueeze.tasks.keras_metrics import BalancedAccuracy, MacroF1


@pytest.mark.parametrize(
    ("metric", "score"),
    [
        (MacroF1(5), lambda true, found: f1_score(true, found, average="macro")),
        (BalancedAccuracy(5), balanced_accuracy_score),
    ],
)
def test_batches_count_together(metric, score):
    draw = np.random.default_rng(0)
    # The last class occurs nowhere.
    true = np.append(draw.integers(0, 3, 99), 3).astype(np.int32)
    logits = draw.normal(size=(100, 5)) - [0, 0, 0, 0, 99]
    for _ in range(2):
        metric.reset_state()
        for start in range(0, 100, 7):
            metric.update_state(true[start : start + 7], logits[start : start + 7])
        assert float(metric.result()) == pytest.approx(score(true, logits.argmax(axis=1)))
    copy = type(metric).from_config(metric.get_config())
    assert float(copy.result()) == 0.0 and copy.name == metric.name

"""Confidence of classifiers, against counts made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tfsqueeze.evaluation.confidence import (
    calibration_error,
    choose_temperature,
    energy_auroc,
    expected_calibration_error,
    out_of_scope_auroc,
)
from tfsqueeze.utils.errors import UserError


def rows(*highest: float) -> np.ndarray:
    """Probabilities of two classes, the second the likelier."""
    return np.array([[1 - p, p] for p in highest], np.float32)


def test_auroc_counts_pairs_in_order():
    assert out_of_scope_auroc(rows(0.9, 0.8), rows(0.6, 0.7)) == 1.0
    assert out_of_scope_auroc(rows(0.6), rows(0.7, 0.9)) == 0.0
    # Of the 6 pairs 4 are in order, one is equal and one is the other way round.
    assert out_of_scope_auroc(rows(0.9, 0.75, 0.6), rows(0.6, 0.7)) == pytest.approx(4.5 / 6)
    # The likelier class counts, whichever it is.
    assert out_of_scope_auroc(rows(0.9)[:, ::-1], rows(0.8)) == 1.0


def test_energy_sees_what_the_softmax_loses():
    # The softmax of both is the same; the logits of the second are lower.
    known, other = np.array([[9.0, 3.0], [3.0, 9.0]]), np.array([[6.0, 0.0], [-1.0, 5.0]])
    assert energy_auroc(known, other) == 1.0 and energy_auroc(known, known) == 0.5
    # log(e + e) = 1.69 is less than 2, and more than log(1 + e) = 1.31.
    assert energy_auroc([[1.0, 1.0]], [[2.0, -9.0]]) == 0.0
    assert energy_auroc([[1.0, 1.0]], [[0.0, 1.0]]) == 1.0
    with pytest.raises(UserError, match="one text at least"):
        energy_auroc(known, np.zeros((0, 2)))
    with pytest.raises(UserError, match="2 classes, others 3"):
        energy_auroc(known, np.zeros((1, 3)))


def test_calibration_error_of_a_case_counted_by_hand():
    probabilities = rows(0.55, 0.58, 0.95, 0.95)
    labels = np.array([1, 0, 1, 1])
    # In (0.5, 0.6] half are right at 0.565; in (0.9, 1] both at 0.95.
    expected = (2 * abs(0.5 - 0.565) + 2 * abs(1 - 0.95)) / 4
    assert expected_calibration_error(probabilities, labels, bins=10) == pytest.approx(
        expected, abs=1e-6
    )
    # In a single interval the errors cancel out.
    assert expected_calibration_error(probabilities, labels, bins=1) == pytest.approx(
        abs(0.75 - (0.55 + 0.58 + 0.95 + 0.95) / 4), abs=1e-6
    )


def test_intervals_are_closed_above():
    probabilities = np.array([[0.5, 0.25, 0.25], [0.25, 0.625, 0.125]])
    # 0.5 is in (0.25, 0.5], alone; together both would cancel partly.
    assert expected_calibration_error(probabilities, [0, 0], bins=4) == pytest.approx(
        (0.5 + 0.625) / 2
    )
    assert expected_calibration_error(np.array([[1.0, 0.0]]), [0]) == 0.0


def test_a_calibrated_model_has_almost_no_error():
    draw = np.random.default_rng(0)
    highest = draw.uniform(0.5, 1, 20_000)
    labels = (draw.uniform(size=highest.size) < highest).astype(int)
    assert expected_calibration_error(rows(*highest), labels) < 0.02
    sure = np.tile([[0.0, 1.0]], (highest.size, 1))
    assert expected_calibration_error(sure, labels) == pytest.approx(0.25, abs=0.01)


def test_rounded_int8_outputs_are_probabilities():
    steps = np.array([[85, 85, 85]]) / 256
    assert expected_calibration_error(steps, [0]) == pytest.approx(1 - 85 / 256)


@pytest.mark.parametrize(
    ("probabilities", "labels", "message"),
    [
        (np.zeros((0, 2)), [], "one text at least"),
        (np.array([0.5, 0.5]), [0], r"have the shape \[2\]"),
        (np.array([[2.0, -1.0]]), [0], "apply a softmax"),
        (np.array([[0.2, 0.2]]), [0], "apply a softmax"),
        (np.array([[np.nan, 1.0]]), [0], "apply a softmax"),
        (rows(0.5), [0, 1], "there are 1 rows of probabilities"),
        (rows(0.5), [2], r"ids of the 2 classes \(0 to 1\)"),
    ],
)
def test_errors(probabilities, labels, message):
    with pytest.raises(UserError, match=message):
        expected_calibration_error(probabilities, labels)


def test_errors_of_bins_and_of_other_classes():
    with pytest.raises(UserError, match="bins is 0"):
        expected_calibration_error(rows(0.5), [0], bins=0)
    with pytest.raises(UserError, match="have 2 classes, others 3"):
        out_of_scope_auroc(rows(0.9), np.full((1, 3), 1 / 3))


def softmax(scores):
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_of_drawn_answers_is_found(temperature):
    draw = np.random.default_rng(0)
    scores = draw.normal(size=(20_000, 4)) * 2
    scores[:, 3][draw.uniform(size=len(scores)) < 0.3] = -np.inf
    chosen = scores.argmax(axis=1)
    confidence = softmax(scores).max(axis=1)
    right = draw.uniform(size=len(scores)) < confidence
    # Logits that are too large by the temperature.
    found = choose_temperature(scores * temperature, chosen, right)
    assert found == pytest.approx(temperature, rel=0.05)
    assert calibration_error(softmax(scores * temperature / found).max(axis=1), right) < 0.015


def test_few_predictions_have_the_temperature_1():
    scores, chosen = np.repeat([[4.0, 0.0]], 30, axis=0), np.zeros(30, int)
    assert choose_temperature(scores, chosen, np.arange(30) < 4) == 1.0
    assert choose_temperature(scores, chosen, np.arange(30) >= 4) == 1.0
    assert choose_temperature(scores, chosen, np.arange(30) >= 5) < 4.0
    # A wrong prediction without another candidate does not make the loss infinite.
    scores[0, 1] = -np.inf
    assert np.isfinite(choose_temperature(scores, chosen, np.arange(30) >= 5))

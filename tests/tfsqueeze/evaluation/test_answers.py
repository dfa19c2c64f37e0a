"""SQuAD's exact match and F1."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.data.readers.squad import read_squad
from tfsqueeze.evaluation.answers import (
    answer_metrics,
    choose_no_answer_threshold,
    normalize_answer,
    score_answer,
)
from tfsqueeze.utils.errors import UserError


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The Normans!", "normans"),
        ("  10th   and 11th\ncenturies ", "10th and 11th centuries"),
        ("U.S. Dollars", "us dollars"),
        ("an Apple a day", "apple day"),
        ("theatre in Athens", "theatre in athens"),
        # ASCII punctuation alone, as in the script.
        ("“Die” Straße", "“die” straße"),
        ("the", ""),
    ],
)
def test_normalization(text, normal):
    assert normalize_answer(text) == normal


@pytest.mark.parametrize(
    ("answers", "prediction", "exact", "f1"),
    [
        # SQuAD 2.0's first question: "In what country is Normandy located?"
        (["France", "France", "France"], "france.", 1, 1),
        # 3 of 5 predicted words and 3 of 4 true ones: 2 * 3 / (5 + 4).
        (["10th and 11th centuries"], "in the 10th and 11th century", 0, 6 / 9),
        # The best of several counts, for each measure by itself.
        (["in the 10th and 11th centuries", "10th and 11th"], "10th and 11th", 1, 1),
        (["Denmark, Iceland and Norway"], "Denmark", 0, 2 / 5),
        # A word counts as often as both have it.
        (["no no"], "no no no", 0, 4 / 5),
        (["Rome"], "", 0, 0),
        (["Rome"], "Athens", 0, 0),
        # No answer.
        ([], "", 1, 1),
        ([], "the", 1, 1),
        ([], "Rome", 0, 0),
        (["the", "."], "", 1, 1),
        (["the", "Rome"], "", 0, 0),
    ],
)
def test_single_questions_as_the_official_script_scores_them(answers, prediction, exact, f1):
    metrics = answer_metrics([answers], [prediction])
    assert metrics == {"questions": 1, "exact_match": exact, "f1": pytest.approx(f1)}


def test_means_and_both_kinds_of_questions():
    metrics = answer_metrics([["Rome"], ["a b c", "b c"], [], []], ["rome", "b", "", "x"])
    assert metrics == {
        "questions": 4,
        "exact_match": 0.5,
        "f1": pytest.approx((1 + 2 / 3 + 1 + 0) / 4),
        "has_answer": {"questions": 2, "exact_match": 0.5, "f1": pytest.approx(5 / 6)},
        "no_answer": {"questions": 2, "exact_match": 0.5, "f1": 0.5},
    }
    assert json.loads(json.dumps(metrics)) == metrics


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_measures_are_shares_and_agree(gold, prediction):
    metrics = answer_metrics([[gold]], [prediction])
    swapped = answer_metrics([[prediction]], [gold])
    assert 0 <= metrics["exact_match"] <= metrics["f1"] <= 1
    assert metrics == swapped
    assert answer_metrics([[gold]], [gold])["exact_match"] == 1


def test_probabilities_are_compared_with_the_exact_match():
    answers, predictions = [["Rome"], ["x b"], [], []], ["rome", "b", "", "x"]
    metrics = answer_metrics(answers, predictions, [0.9, 0.7, 0.95, 0.2])
    # Intervals of 1/15: 0.9 and 0.95 share none, 0.7 and 0.2 are of wrong answers.
    expected = (abs(1 - 0.9) + abs(0 - 0.7) + abs(1 - 0.95) + abs(0 - 0.2)) / 4
    assert metrics["expected_calibration_error"] == pytest.approx(expected)
    assert "expected_calibration_error" not in answer_metrics(answers, predictions)


def f1_at(threshold, answers, predictions, leads):
    """Returns the mean F1 where leads above the threshold give no answer."""
    given = [
        "" if lead > threshold else text for text, lead in zip(predictions, leads, strict=True)
    ]
    return answer_metrics(answers, given)["f1"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-3, 3)), max_size=20), st.data())
def test_no_threshold_has_a_higher_f1(rows, data):
    # Five of each kind, so that a threshold is chosen.
    kinds = [kind for kind, _ in rows] + [0] * 5 + [2] * 5
    leads = [lead for _, lead in rows] + data.draw(
        st.lists(st.integers(-3, 3), min_size=10, max_size=10)
    )
    # Right answers, half right ones, and questions without an answer.
    answers = [[["Rome"], ["Rome Lima"], []][kind] for kind in kinds]
    predictions = ["Rome"] * len(kinds)
    threshold = choose_no_answer_threshold(answers, predictions, leads)
    best = max(f1_at(edge + 0.5, answers, predictions, leads) for edge in (min(leads) - 1, *leads))
    assert f1_at(threshold, answers, predictions, leads) == pytest.approx(best)
    # As the script does, at the last question that gets an answer.
    assert best == pytest.approx(find_best_threshold(answers, predictions, leads))


def find_best_threshold(answers, predictions, leads):
    """Returns the best F1 as `find_best_thresh` of evaluate-v2.0.py finds it.

    Of equal leads the script also tries a part; those sort by what they lose here.
    """
    score = best = sum(not texts for texts in answers)
    by_lead = {}
    for texts, prediction, lead in zip(answers, predictions, leads, strict=True):
        difference = score_answer(texts, prediction).f1 if texts else -bool(prediction)
        by_lead[lead] = by_lead.get(lead, 0) + difference
    for _, difference in sorted(by_lead.items()):
        score += difference
        best = max(best, score)
    return best / len(answers)


def test_thresholds_without_enough_questions_of_both_kinds_are_0():
    answers = [["Rome"]] * 5 + [[]] * 5
    leads = [-9.0] * 5 + [-5.0] * 5
    assert choose_no_answer_threshold(answers, ["Rome"] * 10, leads) == -7.0
    assert choose_no_answer_threshold(answers[1:], ["Rome"] * 9, leads[1:]) == 0.0
    assert choose_no_answer_threshold(answers[:-1], ["Rome"] * 9, leads[:-1]) == 0.0
    # Of equally good ones the nearest to 0.
    assert choose_no_answer_threshold(answers, [""] * 10, leads) == -4.5


def test_errors():
    for answers, predictions in (([], []), ([["a"]], ["a", "b"])):
        with pytest.raises(UserError, match="give as many, one at least"):
            answer_metrics(answers, predictions)


def test_answers_of_xquad_are_right_and_contexts_hardly(shared_dir):
    dataset = read_squad(shared_dir / "data" / "xquad" / "en.json")
    answers = [[answer.text for answer in row] for row in dataset.answers]
    right = answer_metrics(answers, [row[0].upper() for row in answers])
    assert right == {"questions": 1190, "exact_match": 1.0, "f1": 1.0}
    contexts = answer_metrics(answers, dataset.contexts)
    assert contexts["exact_match"] == 0.0
    assert 0 < contexts["f1"] < 0.1

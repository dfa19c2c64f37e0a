"""SQuAD's exact match and F1."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.data.readers.squad import read_squad
from tfsqueeze.evaluation.answers import answer_metrics, normalize_answer
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

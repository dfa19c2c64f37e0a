"""Metrics of spans, against counts made by hand."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.decoding.bio import bio_spans
from tfsqueeze.evaluation.entities import entity_metrics, frame_accuracy
from tfsqueeze.utils.errors import UserError

TAGS = [["B-PER", "I-PER", "O", "B-LOC"], ["B-creative-work", "I-creative-work", "O"]]
# Right: LOC and the work. Wrong: PER ends early; an ORG that is not there.
PREDICTIONS = [["B-PER", "O", "O", "B-LOC"], ["B-creative-work", "I-creative-work", "B-ORG"]]


def test_metrics_of_a_case_counted_by_hand():
    metrics = entity_metrics(TAGS, PREDICTIONS)
    assert (metrics["sentences"], metrics["words"], metrics["entities"]) == (2, 7, 3)
    assert metrics["precision"] == pytest.approx(2 / 4)
    assert metrics["recall"] == pytest.approx(2 / 3)
    assert metrics["f1"] == pytest.approx(4 / 7)
    assert metrics["macro_f1"] == pytest.approx(2 / 4)
    assert metrics["word_accuracy"] == pytest.approx(5 / 7)
    assert [(row["type"], row["f1"], row["support"]) for row in metrics["per_type"]] == [
        ("LOC", 1.0, 1), ("ORG", 0.0, 0), ("PER", 0.0, 1), ("creative-work", 1.0, 1),
    ]  # fmt: skip
    assert json.loads(json.dumps(metrics)) == metrics


def test_an_inside_tag_begins_a_span_unless_strict():
    tags = [["O", "B-PER", "I-PER"], ["B-LOC", "O", "O"]]
    predictions = [["O", "I-PER", "I-PER"], ["B-LOC", "O", "I-ORG"]]
    loose = entity_metrics(tags, predictions)
    assert (loose["precision"], loose["recall"]) == (pytest.approx(2 / 3), 1.0)
    strict = entity_metrics(tags, predictions, strict=True)
    assert (strict["precision"], strict["recall"]) == (1.0, 0.5)
    # With its I- left out there is no ORG at all.
    assert [row["type"] for row in strict["per_type"]] == ["LOC", "PER"]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("strict", [False, True])
def test_texts_without_spans(strict):
    metrics = entity_metrics([["O", "O"]], [["O", "O"]], strict=strict)
    assert (metrics["f1"], metrics["macro_f1"], metrics["word_accuracy"]) == (0.0, 0.0, 1.0)
    assert metrics["per_type"] == []
    assert json.loads(json.dumps(metrics)) == metrics
    # Neither NaN where there is something on one side only.
    assert entity_metrics([["B-a"]], [["O"]], strict=strict)["precision"] == 0.0


pairs = st.tuples(*[st.sampled_from(["O", "B-a", "I-a", "B-b", "I-b"])] * 2)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(pairs, min_size=1, max_size=6), min_size=1, max_size=4))
def test_metrics_count_spans(sentences):
    tags = [[tag for tag, _ in rows] for rows in sentences]
    predictions = [[predicted for _, predicted in rows] for rows in sentences]
    true = {(n, span) for n, row in enumerate(tags) for span in bio_spans(row)}
    found = {(n, span) for n, row in enumerate(predictions) for span in bio_spans(row)}
    metrics = entity_metrics(tags, predictions)
    assert metrics["entities"] == len(true)
    assert metrics["precision"] == pytest.approx(len(true & found) / max(len(found), 1))
    assert metrics["recall"] == pytest.approx(len(true & found) / max(len(true), 1))


def test_frames_need_the_intent_and_all_slots():
    tags = [["B-a", "I-a"], ["O", "B-a"], ["O", "O"], ["O", "O"]]
    predicted = [["B-a", "I-a"], ["O", "O"], ["O", "O"], ["O", "O"]]
    assert frame_accuracy([0, 0, 1, 1], [0, 0, 1, 0], tags, predicted) == 0.5
    # Slots are spans: an I- that begins one is as good as a B-.
    assert frame_accuracy(["x"], ["x"], [["B-a", "I-a"]], [["I-a", "I-a"]]) == 1.0
    with pytest.raises(UserError, match="there are 1 intents, 2 predicted intents and 1"):
        frame_accuracy(["x"], ["x", "y"], [["O"]], [["O"]])


@pytest.mark.parametrize(
    ("tags", "predictions", "message"),
    [
        ([], [], "with one word at least"),
        ([[]], [[]], "with one word at least"),
        ([["O"]], [], "tags of 1 sentences and predictions of 0"),
        ([["O"], ["O", "O"]], [["O"], ["O"]], "sentence 2 has 2 tags but 1 predicted ones"),
        ([["O"], ["NOUN"]], [["O"], ["O"]], r"^tags of sentence 2: the tag 'NOUN' \(word 1\)"),
        ([["O"]], [["S-a"]], r"^predicted tags of sentence 1: the tag 'S-a'"),
    ],
)
def test_errors(tags, predictions, message):
    with pytest.raises(UserError, match=message):
        entity_metrics(tags, predictions)

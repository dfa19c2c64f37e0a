"""When predictions of each task are right."""

from __future__ import annotations

import numpy as np

from converters.experiments.task_verdicts import TRUTHS
from tfsqueeze.data.datasets.multi_label_dataset import MultiLabelDataset
from tfsqueeze.data.datasets.question_dataset import AnnotatedAnswer, QuestionDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.decoding.answer_spans import AnswerSpan, ChosenAnswer
from tfsqueeze.tasks.outputs import ChosenLabels

COMMANDS = TokenDataset(
    "commands",
    [["play", "hip", "hop"]] * 4,
    tags=[["O", "B-genre", "I-genre"]] * 4,
    labels=["Play"] * 4,
)
TAGS = [
    ["O", "B-genre", "I-genre"],
    # An I- that continues no span begins one.
    ["O", "I-genre", "I-genre"],
    ["O", "B-genre", "O"],
    ["O", "B-artist", "I-artist"],
]


def rights(task, dataset, predictions, count):
    verdicts = TRUTHS[task].verdicts(dataset, predictions, [0.5] * count)
    assert all(verdict.confidence == 0.5 for verdict in verdicts)
    return [verdict.right for verdict in verdicts], [verdict.predicted for verdict in verdicts]


def test_spans_need_their_ends_and_types():
    right, shown = rights("token-classification", COMMANDS, {"logits": TAGS}, 4)
    assert right == [True, True, False, False]
    assert shown == ["hip hop (genre)", "hip hop (genre)", "hip (genre)", "hip hop (artist)"]
    truth = TRUTHS["token-classification"]
    assert (
        truth.text(truth.truths(COMMANDS)[0]) == "hip hop (genre)" and truth.text([]) == "no span"
    )


def test_frames_need_intent_and_slots():
    predictions = {"intent_logits": ["Play", "Stop", "Play", "Play"], "slot_logits": TAGS}
    right, shown = rights("intent-and-slots", COMMANDS, predictions, 4)
    assert right == [True, False, False, False] and shown[1] == "Stop: hip hop (genre)"


def test_no_label_may_be_missing_or_too_many():
    dataset = MultiLabelDataset("mail", ["a"] * 4, labels=[("x", "y"), ("x",), ("x",), ()])
    chosen = [["y", "x"], ["x", "y"], [], []]
    predictions = {"logits": [ChosenLabels(labels, np.zeros(2)) for labels in chosen]}
    right, shown = rights("multi-label-classification", dataset, predictions, 4)
    assert right == [True, False, False, True] and shown == ["x, y", "x, y", "no label", "no label"]


def test_answers_match_exactly_but_for_case_articles_and_punctuation():
    context = "The Seine, in Paris."
    seine = [AnnotatedAnswer("Seine", 4)]
    dataset = QuestionDataset(
        "trivia", ["?"] * 4, [context] * 4, [seine, seine, [], []], list("abcd"), [0] * 4
    )
    spans = [AnswerSpan(0, 10, 1.0), AnswerSpan(14, 19, 1.0), None, AnswerSpan(14, 19, 1.0)]
    predictions = {"answers": [ChosenAnswer(span, 0.5) for span in spans]}
    right, shown = rights("question-answering", dataset, predictions, 4)
    assert right == [True, False, True, False]
    assert shown == ["The Seine,", "Paris", "no answer", "Paris"]

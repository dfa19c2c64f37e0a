"""The classical model of each task predicts and judges as any other model does."""

from __future__ import annotations

import dataclasses

import pytest

from converters.experiments.robustness_baselines import BASELINES
from converters.experiments.task_verdicts import TRUTHS
from tfsqueeze.data.datasets.multi_label_dataset import MultiLabelDataset
from tfsqueeze.data.datasets.number_dataset import NumberDataset
from tfsqueeze.data.datasets.question_dataset import AnnotatedAnswer, QuestionDataset
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.tasks import TASKS
from tfsqueeze.utils.errors import UserError

COMMANDS = TokenDataset(
    "commands",
    [["play", "some", "jazz"], ["rain", "in", "Oslo"]] * 6,
    tags=[["O", "O", "B-genre"], ["O", "O", "B-city"]] * 6,
    labels=["Play", "Weather"] * 6,
)
TAGS = ["B-city", "B-genre", "O"]
CONTEXT = "It rains. Ada wrote it."
DATA = {
    "text-classification": (
        TextDataset("pairs", ["it is", "is it"] * 4, ["a", "b"] * 4, ["good", "bad"] * 4),
        {"logits": ["a", "b"]},
        ("accuracy",),
    ),
    "multi-label-classification": (
        MultiLabelDataset("mail", ["now", "now late", "hi"] * 4, [("x",), ("x", "y"), ()] * 4),
        # No text has the last label.
        {"logits": ["x", "y", "z"]},
        ("micro_f1", "exact_match"),
    ),
    "regression": (
        NumberDataset(
            "likeness",
            ["a cat", "a cat", "a dog"] * 4,
            [5.0, 1.0, 3.0] * 4,
            ["the cat", "the dog", "the dog"] * 4,
        ),
        {},
        ("spearman",),
    ),
    "token-classification": (COMMANDS, {"logits": TAGS}, ("f1",)),
    "intent-and-slots": (
        COMMANDS,
        {"intent_logits": ["Play", "Weather"], "slot_logits": TAGS},
        ("frame_accuracy", "intent_accuracy", "slot_f1"),
    ),
    "question-answering": (
        QuestionDataset(
            "notes",
            ["Who wrote it?", "Does rain fall? It rains?"],
            [CONTEXT] * 2,
            [[AnnotatedAnswer("Ada wrote it.", 10)], [AnnotatedAnswer("It", 0)]],
            ["a", "b"],
            [0, 0],
        ),
        {"answers": ["answer"]},
        ("f1", "exact_match"),
    ),
}


def fit(name):
    dataset, classes, scores = DATA[name]
    if BASELINES[name].package:
        pytest.importorskip("sklearn_crfsuite")
    return BASELINES[name](dataset, TASKS[name], classes, scores), dataset


@pytest.mark.parametrize("name", [name for name in BASELINES if name != "question-answering"])
def test_what_is_learnt_is_predicted(name):
    model, dataset = fit(name)
    scores = model.score(dataset)
    assert list(scores) == list(DATA[name][2]) and all(value > 0.99 for value in scores.values())


@pytest.mark.parametrize("name", [name for name in TRUTHS if name != "question-answering"])
def test_verdicts_are_surer_of_the_truth_than_of_what_is_false(name):
    model, dataset = fit(name)
    verdicts = model.judge(dataset)
    assert all(verdict.right and 0.5 < verdict.confidence <= 1 for verdict in verdicts)
    order = [*range(1, len(dataset)), 0]
    false = {
        column: getattr(dataset.take(order), column)
        for column in ("labels", "tags")
        if getattr(dataset, column, None) is not None
    }
    for verdict in model.judge(dataclasses.replace(dataset, **false)):
        assert not verdict.right and verdict.confidence < 0.5


def test_answers_are_sentences():
    model, dataset = fit("question-answering")
    first, second = model.judge(dataset)
    # A span begins at the end of the sentence before it.
    assert (first.right, first.predicted) == (True, " Ada wrote it.") and first.confidence > 0
    assert (second.right, second.predicted, second.confidence) == (False, "It rains.", 0.0)
    assert model.score(dataset) == {"f1": (1 + 2 / 3) / 2, "exact_match": 0.5}


def test_numbers_are_neither_right_nor_wrong():
    model, dataset = fit("regression")
    with pytest.raises(UserError, match="of regression are neither right nor wrong"):
        model.judge(dataset)


def test_labels_that_the_model_lacks_are_refused():
    dataset, _, scores = DATA["text-classification"]
    with pytest.raises(UserError, match="'b'"):
        BASELINES["text-classification"](
            dataset, TASKS["text-classification"], {"logits": ["a"]}, scores
        )

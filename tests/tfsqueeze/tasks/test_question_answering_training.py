"""What models of answers are trained on: possible positions, few windows without an answer."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfsqueeze.data.datasets.question_dataset import AnnotatedAnswer, QuestionDataset
from tfsqueeze.distillation.losses import position_loss, soft_label_loss
from tfsqueeze.tasks import QUESTION_ANSWERING
from tfsqueeze.tasks.encodings import IGNORE_INDEX
from tfsqueeze.tasks.keras_losses import PositionCrossEntropy
from tfsqueeze.tasks.keras_metrics import PositionAccuracy
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "who", "is", "in", "the", "ada", "bob"]
X = IGNORE_INDEX


@pytest.fixture
def tokenizer():
    return WordPieceTokenizer(VOCABULARY, max_length=8)


def dataset(contexts, answers):
    count = range(len(contexts))
    return QuestionDataset(
        "people",
        ["who"] * len(contexts),
        contexts,
        [[AnnotatedAnswer(text, start)] if text else [] for text, start in answers],
        [str(number) for number in count],
        list(count),
    )


def test_only_the_context_and_the_first_token_are_possible(tokenizer):
    questions = dataset(["in the ada bob", "in the"], [("ada bob", 7), ("", 0)])
    encodings = QUESTION_ANSWERING.encode(tokenizer, questions)
    targets = QUESTION_ANSWERING.training.targets(questions, encodings, {})
    # [CLS] who [SEP] in the ada bob [SEP]
    assert targets["start_logits"].tolist() == [[0, X, X, 0, 0, 1, 0, X], [1, X, X, 0, 0, X, X, X]]
    assert targets["end_logits"].tolist() == [[0, X, X, 0, 0, 0, 1, X], [1, X, X, 0, 0, X, X, X]]


def test_windows_beside_the_answer_are_a_minority(tokenizer):
    long = "in the " * 40
    questions = dataset(
        [f"{long}ada", *["in ada"] * 7, long],
        [("ada", len(long)), *[("ada", 3)] * 7, ("", 0)],
    )
    encodings = QUESTION_ANSWERING.encode(tokenizer, questions)
    training = QUESTION_ANSWERING.training
    targets = training.targets(questions, encodings, {})
    rows = training.training_rows(questions, encodings, targets, seed=0)
    examples = encodings.example_ids[rows]
    # Every window of the question without an answer stays, and all eight answers.
    assert (examples == 8).sum() == (encodings.example_ids == 8).sum() > 10
    has_answer = targets["start_logits"][rows, 0] == 0
    assert has_answer.sum() == 8
    assert ((examples == 0) & ~has_answer).sum() == 2
    again = training.training_rows(questions, encodings, targets, seed=0)
    np.testing.assert_array_equal(again, rows)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
def test_the_loss_is_the_cross_entropy_among_possible_tokens(label_smoothing):
    logits = np.array([[9.0, 1.0, 2.0, 9.0, 0.5]], np.float32)
    positions = np.array([[X, 0, 1, X, 0]])
    shares = np.exp([1.0, 2.0, 0.5]) / np.exp([1.0, 2.0, 0.5]).sum()
    targets = (1 - label_smoothing) * np.array([0, 1, 0]) + label_smoothing / 3
    expected = -(targets * np.log(shares)).sum()
    loss = PositionCrossEntropy(label_smoothing)(positions, logits)
    assert float(loss) == pytest.approx(expected, rel=1e-5)
    variable = tf.Variable(logits)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(position_loss(variable, tf.constant(positions), label_smoothing))
    gradient = tape.gradient(value, variable).numpy()[0]
    assert gradient[0] == gradient[3] == 0 and np.isfinite(gradient).all()
    accuracy = PositionAccuracy("accuracy")
    accuracy.update_state(positions, tf.constant(logits))
    assert float(accuracy.result()) == 1.0


def test_soft_labels_leave_out_what_is_impossible():
    student = np.array([[1.0, 5.0, 0.0, 7.0]], np.float32)
    teacher = np.array([[2.0, np.nan, 1.0, np.nan]], np.float32)
    loss = soft_label_loss(tf.constant(student), tf.constant(teacher), 2.0)
    expected = soft_label_loss(
        tf.constant(student[:, [0, 2]]), tf.constant(teacher[:, [0, 2]]), 2.0
    )
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)

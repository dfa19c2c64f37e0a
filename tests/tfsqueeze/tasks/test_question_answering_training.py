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
from tfsqueeze.utils.errors import UserError

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


def logits_of(encodings, ends, no_answer):
    """Returns logits in which each question's best span is its context's last token."""
    starts = np.zeros(encodings.inputs["input_ids"].shape, np.float32)
    tokens = encodings.offset_mapping[:, :, 0] >= 0
    last = starts.shape[1] - 1 - tokens[:, ::-1].argmax(axis=1)
    starts[np.arange(len(last)), last] = ends
    starts[:, 0] = no_answer
    return {"start_logits": starts, "end_logits": starts}


def test_validation_chooses_the_threshold_and_the_temperature(tokenizer):
    # "no answer" leads by 2, and by 6 where there is none. One of eight answers is wrong.
    answers = [("ada", 3)] * 7 + [("in", 0)] + [("", 0)] * 8
    questions = dataset(["in ada"] * 16, answers)
    encodings = QUESTION_ANSWERING.encode(tokenizer, questions)
    logits = logits_of(encodings, 4.0, np.repeat([5.0, 7.0], 8))
    training = QUESTION_ANSWERING.training
    targets = training.targets(questions, encodings, {})

    def choose(classes, logits=logits):
        return training.choose_decoding(
            questions, encodings, targets, {"answers": classes}, lambda: logits
        )

    decoding = choose(["answer", "no answer"])
    assert decoding["no_answer_threshold"] == 4.0
    # With fewer than five wrong answers no temperature is fitted.
    assert decoding["temperature"] == 1.0
    task = QUESTION_ANSWERING.with_decoding(decoding, ["answer", "no answer"])
    classes = {"answers": ["answer", "no answer"]}
    metrics = task.metrics(questions, task.decode(logits, encodings, classes), classes)
    assert metrics["f1"] == 15 / 16 and metrics["no_answer"]["f1"] == 1
    # By default the lead is at most 0.
    before = QUESTION_ANSWERING.decode(logits, encodings, classes)["answers"]
    assert [answer.span for answer in before] == [None] * 16
    # Where each question has an answer, there is no threshold, and a temperature of 9 wrong ones.
    assert choose(["answer"]).keys() == {"temperature"}
    assert choose(["answer"])["temperature"] > 1


def test_the_temperature_flattens_what_is_too_sure(tokenizer):
    questions = dataset(["in ada"] * 20, [("ada", 3)] * 12 + [("in", 0)] * 8)
    encodings = QUESTION_ANSWERING.encode(tokenizer, questions)
    logits = logits_of(encodings, 9.0, 0.0)
    classes = {"answers": ["answer"]}
    decoding = QUESTION_ANSWERING.training.choose_decoding(
        questions, encodings, {}, classes, lambda: logits
    )
    errors = []
    for task in (QUESTION_ANSWERING, QUESTION_ANSWERING.with_decoding(decoding, ["answer"])):
        answers = task.decode(logits, encodings, classes)
        errors.append(task.metrics(questions, answers, classes)["expected_calibration_error"])
    # 12 of 20 are right.
    assert answers["answers"][0].probability == pytest.approx(0.6, abs=0.01)
    assert errors[0] > 0.35 and errors[1] < 0.01


def test_decoding_that_cannot_be_used_is_refused():
    assert QUESTION_ANSWERING.with_decoding({}, ["answer"]) is QUESTION_ANSWERING
    assert QUESTION_ANSWERING.head_decoding(["answer"]) == {}
    for decoding in (
        {"temperature": 0.0},
        {"temperature": -1.0},
        {"temperature": "1"},
        {"temperature": True},
        {"temperature": 1.0, "no_answer_threshold": float("nan")},
        {"temperature": 1.0, "no_answer_threshold": None},
    ):
        with pytest.raises(UserError, match="no_answer_threshold and temperature must be finite"):
            QUESTION_ANSWERING.with_decoding(decoding, ["answer"])

"""How sure logits are of the truth."""

from __future__ import annotations

import numpy as np
import pytest

from converters.experiments.truth_confidences import TRUTH_CONFIDENCES, geometric_mean
from tfsqueeze.data.datasets.multi_label_dataset import MultiLabelDataset
from tfsqueeze.data.datasets.question_dataset import AnnotatedAnswer, QuestionDataset
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.tasks import INTENT_AND_SLOTS, QUESTION_ANSWERING, Encodings

NO_WORDS = Encodings({})
TAGS = ["B-city", "O"]
# [CLS] to Par ##is [SEP]: the words are at the first and the second token.
WORD_IDS = np.array([[-1, 0, 1, -1, -1]])
TAG_LOGITS = np.log([[[0.5, 0.5], [0.1, 0.9], [0.4, 0.6], [0.9, 0.1], [0.5, 0.5]]])


def confidences(task_name, dataset, logits, encodings=None, classes=None, task=None):
    return TRUTH_CONFIDENCES[task_name](
        task, classes or {}, dataset, NO_WORDS if encodings is None else encodings, logits
    )


def test_labels():
    dataset = TextDataset("letters", ["x", "y", "z"], labels=["b", "a", "unknown"])
    logits = {"logits": np.log([[0.25, 0.75], [0.25, 0.75], [0.5, 0.5]])}
    found = confidences("text-classification", dataset, logits, classes={"logits": ["a", "b"]})
    assert found == pytest.approx([0.75, 0.25, 0.0])


def test_label_sets():
    dataset = MultiLabelDataset("mail", ["x", "y"], labels=[("a",), ()])
    # Sigmoids of 0.9 and 0.4.
    logits = {"logits": np.log([[9.0, 2 / 3]] * 2)}
    found = confidences(
        "multi-label-classification", dataset, logits, classes={"logits": ["a", "b"]}
    )
    assert found == pytest.approx([(0.9 * 0.6) ** 0.5, (0.1 * 0.6) ** 0.5])


def test_tags_count_at_the_first_token_of_each_word():
    dataset = TokenDataset("places", [["to", "Paris"]], tags=[["O", "B-city"]])
    found = confidences(
        "token-classification",
        dataset,
        {"logits": TAG_LOGITS},
        Encodings({}, word_ids=WORD_IDS),
        {"logits": TAGS},
    )
    assert found == pytest.approx([(0.9 * 0.4) ** 0.5])


def test_words_past_the_end_do_not_count_and_unknown_tags_have_no_probability():
    dataset = TokenDataset("places", [["to", "Paris", "soon"]], tags=[["O", "B-ship", "B-city"]])
    (found,) = confidences(
        "token-classification",
        dataset,
        {"logits": TAG_LOGITS},
        Encodings({}, word_ids=WORD_IDS),
        {"logits": TAGS},
    )
    assert found == pytest.approx((0.9 * 1e-12) ** 0.5)


def test_frames_take_intent_and_slots():
    dataset = TokenDataset("go", [["to", "Paris"]], tags=[["O", "B-city"]], labels=["fly"])
    (found,) = confidences(
        "intent-and-slots",
        dataset,
        {"intent_logits": np.log([[0.2, 0.8]]), "slot_logits": TAG_LOGITS},
        Encodings({}, word_ids=WORD_IDS),
        {"intent_logits": ["fly", "stay"], "slot_logits": TAGS},
        INTENT_AND_SLOTS,
    )
    assert found == pytest.approx(0.2 * (0.9 * 0.4) ** 0.5)


@pytest.mark.parametrize(
    "answers, classes", [(["Paris", "Rome"], ["answer"]), ([], ["answer", "no answer"])]
)
def test_answers_are_candidates_with_the_true_text(answers, classes):
    """Of two words, one is the answer; the probabilities are those of all candidates."""
    marked = [
        [AnnotatedAnswer(text, "in Paris".index(text)) for text in answers if text == "Paris"]
    ]
    dataset = QuestionDataset("trivia", ["?"], ["in Paris"], marked, ["q"], [0])
    encodings = Encodings(
        {},
        example_ids=np.array([0]),
        offset_mapping=np.array([[[-1, -1], [0, 2], [3, 8]]]),
    )
    logits = {
        "start_logits": np.array([[0.5, 0.0, 2.0]]),
        "end_logits": np.array([[0.5, 0.0, 2.0]]),
    }
    (found,) = confidences(
        "question-answering",
        dataset,
        logits,
        encodings,
        {"answers": classes},
        QUESTION_ANSWERING,
    )
    # "in", "Paris", "in Paris", and "no answer" where there may be none.
    scores = np.exp([0.0, 4.0, 2.0] + ([1.0] if len(classes) == 2 else []))
    right = scores[1] if answers else scores[3]
    assert found == pytest.approx(right / scores.sum())


def test_the_mean_of_no_decisions():
    assert geometric_mean([]) == 1.0 and geometric_mean([0.0, 1.0]) == pytest.approx(1e-6)

"""How sure a model is of the truth of labelled examples, by its logits.

An attack searches for words that lower this confidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tfsqueeze.data.datasets.labels import UNKNOWN_ID
from tfsqueeze.evaluation.answers import normalize_answer
from tfsqueeze.tasks import Encodings, Task, TaskName
from tfsqueeze.tasks.found_answers import answer_texts, candidates, span_text
from tfsqueeze.tasks.outputs import sigmoid, softmax

Logits = Mapping[str, np.ndarray]
Classes = Mapping[str, Sequence[str]]
# (task, classes, labelled dataset, its encodings, their logits) -> float [examples], in 0..1.
TruthConfidences = Callable[[Task, Classes, Any, Encodings, Logits], np.ndarray]

# The logarithm of a probability of 0 would be infinite.
_SMALLEST = 1e-12


def geometric_mean(probabilities: Sequence[float] | np.ndarray) -> float:
    """Returns the geometric mean of the probabilities of several decisions.

    It orders examples as their joint probability does, whatever the number of decisions.

    Args:
        probabilities: float [decisions], in 0..1. The mean of none is 1.

    Example:
        >>> round(geometric_mean([0.9, 0.4]), 3)
        0.6
    """
    if not len(probabilities):
        return 1.0
    return float(np.exp(np.mean(np.log(np.maximum(probabilities, _SMALLEST)))))


def label_confidences(ids: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Returns the probability of each true label, 0 for `UNKNOWN_ID`: float [texts].

    Args:
        ids: int [texts].
        probabilities: float [texts, labels].
    """
    return np.where(ids == UNKNOWN_ID, 0.0, probabilities[np.arange(len(ids)), ids])


def label_set_confidences(matrix: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Returns the `geometric_mean` of the probabilities of having each true label and no other.

    Args:
        matrix: 1 for each label that a text has, else 0: [texts, labels].
        probabilities: float [texts, labels].
    """
    right = np.where(matrix == 1, probabilities, 1 - probabilities)
    return np.array([geometric_mean(row) for row in right])


def _of_labels(task, classes, dataset, encodings, logits):
    ids = dataset.label_ids(classes["logits"], UNKNOWN_ID)
    return label_confidences(ids, softmax(logits["logits"]))


def _of_label_sets(task, classes, dataset, encodings, logits):
    matrix = dataset.label_matrix(classes["logits"])
    return label_set_confidences(matrix, sigmoid(logits["logits"]))


def _of_tags(task, classes, dataset, encodings, logits, output="logits"):
    """Returns the geometric mean of the probabilities of the tags of each sentence's words."""
    confidences = []
    for tag_ids, word_ids, row in zip(
        dataset.tag_ids(classes[output], UNKNOWN_ID),
        encodings.word_ids,
        softmax(logits[output]),
        strict=True,
    ):
        # Words past the end of the row have no logits.
        ids = tag_ids[word_ids[word_ids >= 0]]
        confidences.append(geometric_mean(label_confidences(ids, row[word_ids >= 0])))
    return np.array(confidences)


def _of_frames(task, classes, dataset, encodings, logits):
    """Returns the probability of each intent times the confidence in the slots."""
    ids = dataset.label_ids(classes["intent_logits"], UNKNOWN_ID)
    intents = label_confidences(ids, softmax(logits["intent_logits"]))
    return intents * _of_tags(task, classes, dataset, encodings, logits, "slot_logits")


def _of_answers(task, classes, dataset, encodings, logits):
    """Returns the probability of all candidates with the text of a true answer."""
    has_no_answer = task.threshold_for(classes) is not None
    confidences = []
    for found, context, answers in zip(
        candidates(logits, encodings), dataset.contexts, answer_texts(dataset), strict=True
    ):
        shares = found.probabilities(has_no_answer, task.temperature)
        right = {normalize_answer(text) for text in answers}
        confidences.append(
            sum(
                share
                for span, share in zip(found.spans, shares, strict=False)
                if normalize_answer(span_text(context, span)) in right
            )
            if right
            else shares[-1]
        )
    return np.array(confidences)


TRUTH_CONFIDENCES: dict[str, TruthConfidences] = {
    TaskName.TEXT_CLASSIFICATION.value: _of_labels,
    TaskName.MULTI_LABEL_CLASSIFICATION.value: _of_label_sets,
    TaskName.TOKEN_CLASSIFICATION.value: _of_tags,
    TaskName.INTENT_AND_SLOTS.value: _of_frames,
    TaskName.QUESTION_ANSWERING.value: _of_answers,
}

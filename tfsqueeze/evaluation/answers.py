"""Exact match and F1 of answers to questions about a text."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from tfsqueeze.evaluation.confidence import calibration_error
from tfsqueeze.utils.errors import UserError

# With fewer questions of a kind no threshold is chosen.
_FEWEST_QUESTIONS = 5
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


class AnswerScore(NamedTuple):
    """How good the answer to one question is, both in 0..1.

    Args:
        exact_match: 1 if it is a true answer, else 0.
        f1: the F1 of its words.
    """

    exact_match: float
    f1: float


def answer_metrics(
    answers: Sequence[Sequence[str]],
    predictions: Sequence[str],
    probabilities: Sequence[float] | None = None,
) -> dict[str, Any]:
    """Returns exact match and F1 of words, as SQuAD's official script evaluate-v2.0.py does.

    Both compare answers after `normalize_answer`. Of several true answers, the one that gives the
    best score counts. A question without a true answer scores 1 if the prediction is empty, else
    0. For version 1.1 the numbers are those of evaluate-v1.1.py, except that this script gives a
    true answer of nothing but articles and punctuation an F1 of 0.

    Args:
        answers: the texts of the true answers to each question; none if there is no answer.
        predictions: the predicted answer to each question; empty for "no answer".
        probabilities: the probability of each predicted answer, in 0..1.

    Returns:
        A JSON-able dictionary: `questions`, their number; `exact_match` and `f1`, in 0..1 (the
        script prints percent). If there are questions with and without answers, `has_answer` and
        `no_answer` hold the same for each kind. With `probabilities`, `expected_calibration_error`
        says how far they are from the exact match.

    Raises:
        UserError: there are no questions, or the numbers of answers and predictions differ.

    Example:
        >>> metrics = answer_metrics([["the Seine", "Seine river"]], ["Seine"])
        >>> metrics["exact_match"], metrics["f1"]
        (1.0, 1.0)
    """
    if len(answers) != len(predictions) or not answers:
        raise UserError(
            f"there are answers to {len(answers):,} questions and {len(predictions):,} "
            "predictions; give as many, one at least"
        )
    scores = [score_answer(*row) for row in zip(answers, predictions, strict=True)]
    metrics = _mean(scores)
    if probabilities is not None:
        right = [score.exact_match == 1 for score in scores]
        metrics["expected_calibration_error"] = calibration_error(probabilities, right)
    parts = {
        "has_answer": [s for s, texts in zip(scores, answers, strict=True) if texts],
        "no_answer": [s for s, texts in zip(scores, answers, strict=True) if not texts],
    }
    if all(parts.values()):
        metrics.update({name: _mean(part) for name, part in parts.items()})
    return metrics


def score_answer(answers: Sequence[str], prediction: str) -> AnswerScore:
    """Returns the scores of the answer to one question; see `answer_metrics`.

    Args:
        answers: the texts of the true answers; none if there is no answer.
        prediction: the predicted answer; empty for "no answer".

    Example:
        >>> score_answer(["the city of Rome"], "Rome")
        AnswerScore(exact_match=0.0, f1=0.5)
    """
    # As in the script, an answer of nothing but articles and punctuation is no answer.
    golds = [text for text in answers if normalize_answer(text)] or [""]
    return AnswerScore(
        max(_exact_match(gold, prediction) for gold in golds),
        max(_f1(gold, prediction) for gold in golds),
    )


def choose_no_answer_threshold(
    answers: Sequence[Sequence[str]], predictions: Sequence[str], leads: Sequence[float]
) -> float:
    """Returns the threshold of "no answer" with the highest F1.

    It is what `find_best_thresh` of SQuAD's script evaluate-v2.0.py looks for (Rajpurkar et al.
    2018, arXiv 1806.03822), where the script takes the last question that gets an answer as the
    threshold. Here the threshold lies in the middle between that one's lead and the next. Of
    equally good thresholds the nearest to 0 counts. With fewer than 5 questions with an answer, or
    fewer than 5 without, it is 0.

    Args:
        answers: the texts of the true answers to each question; none if there is no answer.
        predictions: the answer to each question that is given up to the threshold.
        leads: by how much the score of "no answer" exceeds that of each prediction.

    Example:
        >>> answers = [["Rome"]] * 5 + [[]] * 5
        >>> choose_no_answer_threshold(answers, ["Rome"] * 10, [1.0] * 5 + [2.0] * 5)
        1.5
    """
    has_answer = np.array([bool(texts) for texts in answers], bool)
    if min(has_answer.sum(), (~has_answer).sum()) < _FEWEST_QUESTIONS:
        return 0.0
    gains = np.array(
        [
            score_answer(texts, prediction).f1 - score_answer(texts, "").f1
            for texts, prediction in zip(answers, predictions, strict=True)
        ]
    )
    order = np.argsort(leads, kind="stable")
    ordered = np.asarray(leads, np.float64)[order]
    # The gain where no question gets an answer, the first one, the first two, and so on.
    gained = np.concatenate([[0.0], np.cumsum(gains[order])])
    edges = np.concatenate([[ordered[0] - 1], ordered, [ordered[-1] + 1]])
    thresholds = (edges[1:] + edges[:-1]) / 2
    # No threshold divides equal leads.
    possible = edges[1:] > edges[:-1]
    thresholds, gained = thresholds[possible], gained[possible]
    best = thresholds[gained >= gained.max() - 1e-12]
    return float(best[np.abs(best).argmin()])


def normalize_answer(text: str) -> str:
    """Returns the text in lower case without ASCII punctuation, articles and extra whitespace.

    SQuAD's script normalizes in the same way. Only English articles are removed, as in the
    evaluation of XQuAD (Artetxe et al. 2020, arXiv 1910.11856).

    Args:
        text: a true or a predicted answer.

    Example:
        >>> normalize_answer("The  Eiffel Tower!")
        'eiffel tower'
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def _exact_match(gold: str, prediction: str) -> float:
    return float(normalize_answer(gold) == normalize_answer(prediction))


def _f1(gold: str, prediction: str) -> float:
    gold_words = normalize_answer(gold).split()
    predicted_words = normalize_answer(prediction).split()
    if not gold_words or not predicted_words:
        return float(gold_words == predicted_words)
    common = (Counter(gold_words) & Counter(predicted_words)).total()
    return 2 * common / (len(gold_words) + len(predicted_words))


def _mean(scores: list[AnswerScore]) -> dict[str, Any]:
    exact, f1 = zip(*scores, strict=True)
    return {
        "questions": len(scores),
        "exact_match": sum(exact) / len(exact),
        "f1": sum(f1) / len(f1),
    }

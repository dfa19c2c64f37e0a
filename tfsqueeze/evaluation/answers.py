"""Exact match and F1 of answers to questions about a text."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from typing import Any

from tfsqueeze.utils.errors import UserError

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def answer_metrics(answers: Sequence[Sequence[str]], predictions: Sequence[str]) -> dict[str, Any]:
    """Returns exact match and F1 of words, as SQuAD's official script evaluate-v2.0.py does.

    Both compare answers after `normalize_answer`. Of several true answers, the one that gives the
    best score counts. A question without a true answer scores 1 if the prediction is empty, else
    0. For version 1.1 the numbers are those of evaluate-v1.1.py, except that this script gives a
    true answer of nothing but articles and punctuation an F1 of 0.

    Args:
        answers: the texts of the true answers to each question; none if there is no answer.
        predictions: the predicted answer to each question; empty for "no answer".

    Returns:
        A JSON-able dictionary: `questions`, their number; `exact_match` and `f1`, in 0..1 (the
        script prints percent). If there are questions with and without answers, `has_answer` and
        `no_answer` hold the same for each kind.

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
    # As in the script, an answer of nothing but articles and punctuation is no answer.
    golds = [[text for text in texts if normalize_answer(text)] or [""] for texts in answers]
    scores = [
        (
            max(_exact_match(gold, prediction) for gold in texts),
            max(_f1(gold, prediction) for gold in texts),
        )
        for texts, prediction in zip(golds, predictions, strict=True)
    ]
    metrics = _mean(scores)
    parts = {
        "has_answer": [s for s, texts in zip(scores, answers, strict=True) if texts],
        "no_answer": [s for s, texts in zip(scores, answers, strict=True) if not texts],
    }
    if all(parts.values()):
        metrics.update({name: _mean(part) for name, part in parts.items()})
    return metrics


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


def _mean(scores: list[tuple[float, float]]) -> dict[str, Any]:
    exact, f1 = zip(*scores, strict=True)
    return {
        "questions": len(scores),
        "exact_match": sum(exact) / len(exact),
        "f1": sum(f1) / len(f1),
    }

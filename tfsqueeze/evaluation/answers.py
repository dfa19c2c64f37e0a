"""How good answers to questions about a text are."""

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
    """Exact match and F1 of words, as SQuAD's official script evaluate-v2.0.py counts them.

    Both compare answers after `normalize_answer`; of several true answers the best counts. A
    question without a true answer is right if the prediction is empty, and has no other score.
    For version 1.1 the numbers are those of evaluate-v1.1.py, but that script gives a true answer
    of nothing but articles and punctuation an F1 of 0.

    Args:
        answers: the texts of the true answers of each question, none where there is no answer.
        predictions: the predicted text of each question, empty for no answer.

    Returns:
        A JSON-able dictionary: `questions`, `exact_match` and `f1` in 0..1 (the script prints
        percent); and where both kinds occur the same under `has_answer` and `no_answer`.

    Raises:
        UserError: there are no questions, or the lengths differ.
    """
    if len(answers) != len(predictions) or not answers:
        raise UserError(
            f"there are answers to {len(answers):,} questions and {len(predictions):,} "
            "predictions; give as many, one at least"
        )
    # An answer of nothing but articles and punctuation is none, as in the script.
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
    """The text in lower case without ASCII punctuation, English articles and extra whitespace.

    It is the normalization of SQuAD's script. Articles of other languages stay, as in the
    evaluation of XQuAD (Artetxe et al., 2020, arXiv 1910.11856).
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

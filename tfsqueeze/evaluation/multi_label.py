"""F1, average precision and thresholds of classifiers with several labels for a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfsqueeze.utils.errors import UserError

# A label of fewer texts, or of all but fewer, keeps the threshold of probability 0.5.
_FEWEST_TEXTS = 5
# No threshold is nearer to 0 or 1 than the probability of this logit.
_MOST = 20.0


def multi_label_metrics(
    labels: Sequence[Sequence[int]] | np.ndarray,
    predictions: Sequence[Sequence[int]] | np.ndarray,
    probabilities: Sequence[Sequence[float]] | np.ndarray,
    label_names: Sequence[str],
) -> dict[str, Any]:
    """Returns the metrics of a classifier with several labels for a text.

    Args:
        labels: 1 for each label that an example has, else 0: [examples, labels].
        predictions: 1 for each label that is predicted, else 0: [examples, labels].
        probabilities: the probability of each label, float [examples, labels].
        label_names: the name of each label.

    Returns:
        A JSON-able dictionary: `examples`, their number; `micro_f1`, F1 of all labels of all
        examples together; `macro_f1`, the mean of F1 over the labels that occur in labels or
        predictions; `mean_average_precision`, the mean of scikit-learn's average precision over the
        labels that some example has; `exact_match`, the share of examples whose labels are all
        right; and `per_class`, a list of `label`, `precision`, `recall`, `f1` and `support`. All
        scores are in 0..1. A ratio with a denominator of 0 is 0.

    Raises:
        UserError: there are no examples, or the shapes differ.

    Example:
        >>> labels, predictions = [[1, 0], [1, 1]], [[1, 0], [1, 0]]
        >>> metrics = multi_label_metrics(labels, predictions, np.eye(2), ["a", "b"])
        >>> metrics["exact_match"], round(metrics["micro_f1"], 2)
        (0.5, 0.8)
    """
    from sklearn import metrics

    labels, predictions = np.asarray(labels, int), np.asarray(predictions, int)
    probabilities = np.asarray(probabilities)
    shape = (len(labels), len(label_names))
    if not len(labels) or any(x.shape != shape for x in (labels, predictions, probabilities)):
        raise UserError(
            f"labels {list(labels.shape)}, predictions {list(predictions.shape)} and "
            f"probabilities {list(probabilities.shape)} must have a row for each example, at "
            f"least one, and a column for each of {len(label_names)} labels"
        )
    counts = {
        "true": labels.sum(axis=0),
        "predicted": predictions.sum(axis=0),
        "right": (labels & predictions).sum(axis=0),
    }
    precision, recall = (_ratio(counts["right"], counts[name]) for name in ("predicted", "true"))
    f1 = _ratio(2 * counts["right"], counts["true"] + counts["predicted"])
    occurs = counts["true"] + counts["predicted"] > 0
    # scikit-learn's average precision of a label that no example has is no number.
    precisions = [
        metrics.average_precision_score(labels[:, column], probabilities[:, column])
        for column in np.flatnonzero(counts["true"])
    ]
    return {
        "examples": len(labels),
        "micro_f1": float(
            _ratio(2 * counts["right"].sum(), counts["true"].sum() + counts["predicted"].sum())
        ),
        "macro_f1": float(f1[occurs].mean()) if occurs.any() else 0.0,
        "mean_average_precision": float(np.mean(precisions)) if precisions else 0.0,
        "exact_match": float(metrics.accuracy_score(labels, predictions)),
        "per_class": [
            {
                "label": name,
                "precision": float(precision[column]),
                "recall": float(recall[column]),
                "f1": float(f1[column]),
                "support": int(counts["true"][column]),
            }
            for column, name in enumerate(label_names)
        ],
    }


def choose_thresholds(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """Returns the threshold of each label's probability that has the highest F1.

    A threshold lies in the middle between two logits. Of equally good ones, the nearest to a
    probability of 0.5 counts. A label that fewer than 5 examples have, or lack, gets 0.5.

    Args:
        labels: 1 for each label that an example has, else 0: [examples, labels].
        logits: float [examples, labels].

    Returns:
        float [labels], between 0 and 1.

    Example:
        >>> labels = np.repeat([[1], [0]], 5, axis=0)
        >>> choose_thresholds(labels, np.where(labels, -1.0, -3.0)).round(3).tolist()
        [0.119]
    """
    thresholds = np.zeros(labels.shape[1])
    for column, (truth, scores) in enumerate(zip(labels.T, logits.T, strict=True)):
        count = int(truth.sum())
        if min(count, len(truth) - count) < _FEWEST_TEXTS:
            continue
        thresholds[column] = _best_threshold(truth, scores.astype(np.float64))
    return 1 / (1 + np.exp(-np.clip(thresholds, -_MOST, _MOST)))


def _best_threshold(truth: np.ndarray, scores: np.ndarray) -> float:
    order = np.argsort(-scores, kind="stable")
    scores, right = scores[order], np.cumsum(truth[order])
    # The last of equal scores: those before it cannot be cut off from it.
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
    f1 = 2 * right[last] / (last + 1 + right[-1])
    below = np.append(scores[1:], scores[-1] - 1)
    middles = (scores[last] + below[last]) / 2
    best = middles[f1 >= f1.max() - 1e-12]
    return float(best[np.abs(best).argmin()])


def _ratio(numerators: np.ndarray, denominators: np.ndarray) -> np.ndarray:
    return numerators / np.maximum(denominators, 1)

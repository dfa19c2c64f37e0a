"""Detection of out-of-scope texts, and calibration of probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfsqueeze.data.datasets.labels import UNKNOWN_ID
from tfsqueeze.utils.errors import UserError

# With fewer right or wrong predictions no temperature is fitted.
_FEWEST_PREDICTIONS = 5
_TEMPERATURES = (0.05, 20.0)
# A prediction without another candidate has a probability of 1, even if it is wrong.
_LEAST_LIKELIHOOD = -30.0


def out_of_scope_auroc(in_scope: np.ndarray, out_of_scope: np.ndarray) -> float:
    """Returns how well the highest probability tells texts in scope from texts out of scope.

    It is the area under the ROC curve, by scikit-learn: the probability that a text in scope has a
    higher maximal probability than a text out of scope, where equal ones count half (Hendrycks and
    Gimpel, "A Baseline for Detecting Misclassified and Out-of-Distribution Examples", ICLR 2017).

    Args:
        in_scope: the probabilities of texts of known classes, float [texts, classes].
        out_of_scope: the probabilities of other texts, float [other texts, classes].

    Returns:
        A number in 0..1.

    Raises:
        UserError: one of them is empty, or the rows are not probabilities of the same classes.

    Example:
        >>> out_of_scope_auroc(np.array([[0.9, 0.1]]), np.array([[0.5, 0.5], [0.4, 0.6]]))
        1.0
    """
    in_scope = _check_probabilities(in_scope)
    out_of_scope = _check_probabilities(out_of_scope)
    _require_same_classes(in_scope, out_of_scope)
    return _auroc(in_scope.max(axis=1), out_of_scope.max(axis=1))


def energy_auroc(in_scope: np.ndarray, out_of_scope: np.ndarray) -> float:
    """Returns how well the energy tells texts in scope from texts out of scope.

    It is `out_of_scope_auroc` with the negative energy, log(sum(exp(logits))), in place of the
    highest probability (Liu et al., "Energy-based Out-of-distribution Detection", NeurIPS 2020,
    section 3).

    Args:
        in_scope: the logits of texts of known classes, float [texts, classes].
        out_of_scope: the logits of other texts, float [other texts, classes].

    Returns:
        A number in 0..1.

    Raises:
        UserError: one of them is empty, or they differ in the number of classes.

    Example:
        >>> energy_auroc(np.array([[5.0, 0.0]]), np.array([[1.0, 0.0]]))
        1.0
    """
    from scipy.special import logsumexp

    known, unknown = (np.asarray(logits, np.float64) for logits in (in_scope, out_of_scope))
    for logits in (known, unknown):
        if logits.ndim != 2 or not logits.size:
            raise UserError(
                f"logits have the shape {list(logits.shape)}; give [texts, classes], "
                "one text at least"
            )
    _require_same_classes(known, unknown)
    return _auroc(logsumexp(known, axis=1), logsumexp(unknown, axis=1))


def expected_calibration_error(
    probabilities: np.ndarray, labels: Sequence[int] | np.ndarray, *, bins: int = 15
) -> float:
    """Returns the expected calibration error, how far confidence is from accuracy.

    The confidence is the highest probability. Its range is divided into `bins` equally wide
    intervals, open below and closed above. The result is the mean of |accuracy - mean confidence|
    of each text's interval (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017,
    equation 3).

    Args:
        probabilities: float [texts, classes].
        labels: the true class ids, int [texts]; `UNKNOWN_ID` for labels that are no class.
        bins: the number of intervals; 15 in that paper.

    Returns:
        A number in 0..1; 0 is perfect.

    Raises:
        UserError: there are no texts, the rows are not probabilities, a label is not a class, or
            `bins` is not positive.

    Example:
        >>> expected_calibration_error(np.array([[0.75, 0.25]]), [0])
        0.25
    """
    probabilities, labels = _check_probabilities(probabilities), np.asarray(labels)
    texts, classes = probabilities.shape
    if labels.shape != (texts,):
        raise UserError(f"there are {texts:,} rows of probabilities but labels {labels.shape}")
    if not np.isin(labels, [UNKNOWN_ID, *range(classes)]).all():
        raise UserError(f"labels must be ids of the {classes} classes (0 to {classes - 1})")
    if bins < 1:
        raise UserError(f"bins is {bins}; it must be at least 1")
    return calibration_error(
        probabilities.max(axis=1), probabilities.argmax(axis=1) == labels, bins
    )


def calibration_error(
    confidence: Sequence[float] | np.ndarray, right: Sequence[bool] | np.ndarray, bins: int = 15
) -> float:
    """Returns the expected calibration error of predictions; see `expected_calibration_error`.

    Args:
        confidence: the probability of each prediction, float [predictions], one at least.
        right: whether each prediction is right, bool [predictions].
        bins: the number of intervals.

    Example:
        >>> calibration_error([0.75], [True])
        0.25
    """
    confidence = np.asarray(confidence, np.float64)
    interval = np.digitize(confidence, np.linspace(0, 1, bins + 1)[1:-1], right=True)
    gaps = np.bincount(interval, weights=np.asarray(right) - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def reliability_error(rows: Sequence[Mapping[str, float]]) -> float:
    """Returns the mean difference of probability and accuracy in a reliability diagram.

    Args:
        rows: what `reliability` returns, with one prediction at least.

    Example:
        >>> reliability_error([{"examples": 4, "confidence": 0.75, "accuracy": 0.5}])
        0.25
    """
    total = sum(row["examples"] for row in rows)
    return sum(row["examples"] * abs(row["accuracy"] - row["confidence"]) for row in rows) / total


def reliability(
    confidence: Sequence[float] | np.ndarray, right: Sequence[bool] | np.ndarray, bins: int = 10
) -> list[dict[str, float]]:
    """Returns the reliability diagram of predictions (Guo et al. 2017, arXiv 1706.04599, figure 1).

    Args:
        confidence: the probability of each prediction, float [predictions].
        right: whether each prediction is right, bool [predictions].
        bins: the number of intervals of confidence, open below and closed above.

    Returns:
        For each interval with predictions, ascending: its ends `lower` and `upper`, `examples`,
        `confidence`, the mean, and `accuracy`, in 0..1.

    Example:
        >>> reliability([0.75, 0.75], [True, False], bins=2)[0]["accuracy"]
        0.5
    """
    confidence, right = np.asarray(confidence, np.float64), np.asarray(right, bool)
    edges = np.linspace(0, 1, bins + 1)
    interval = np.digitize(confidence, edges[1:-1], right=True)
    return [
        {
            "lower": float(edges[number]),
            "upper": float(edges[number + 1]),
            "examples": int((interval == number).sum()),
            "confidence": float(confidence[interval == number].mean()),
            "accuracy": float(right[interval == number].mean()),
        }
        for number in range(bins)
        if (interval == number).any()
    ]


def choose_temperature(scores: np.ndarray, chosen: np.ndarray, right: np.ndarray) -> float:
    """Returns the temperature with which the probabilities of predictions fit best.

    Temperature scaling (Guo et al. 2017, arXiv 1706.04599, section 4.2) minimises the negative log
    likelihood of the right class. Here the right answer may be none of the candidates, so that it
    is the likelihood of whether each prediction is right. With fewer than 5 right or wrong
    predictions the temperature is 1.

    Args:
        scores: the logits of each example's candidates, float [examples, candidates]; -inf after
            the last.
        chosen: the candidate that is predicted, int [examples].
        right: whether it is right, bool [examples].

    Example:
        >>> scores = np.repeat([[4.0, 0.0]], 20, axis=0)
        >>> right = np.arange(20) % 4 > 0
        >>> temperature = choose_temperature(scores, np.zeros(20, int), right)
        >>> round(1 / (1 + np.exp(-4.0 / temperature)), 2)
        0.75
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import logsumexp

    right = np.asarray(right, bool)
    if min(right.sum(), (~right).sum()) < _FEWEST_PREDICTIONS:
        return 1.0
    scores = np.asarray(scores, np.float64)
    rows = np.arange(len(scores))
    predicted, others = scores[rows, chosen], scores.copy()
    others[rows, chosen] = -np.inf

    def loss(log_temperature: float) -> float:
        temperature = np.exp(log_temperature)
        outcome = np.where(right, predicted / temperature, logsumexp(others / temperature, axis=1))
        likelihood = outcome - logsumexp(scores / temperature, axis=1)
        return -float(np.maximum(likelihood, _LEAST_LIKELIHOOD).mean())

    found: Any = minimize_scalar(loss, bounds=np.log(_TEMPERATURES), method="bounded")
    return float(np.exp(found.x))


def _require_same_classes(in_scope: np.ndarray, out_of_scope: np.ndarray) -> None:
    if in_scope.shape[1] != out_of_scope.shape[1]:
        raise UserError(
            f"texts in scope have {in_scope.shape[1]} classes, others {out_of_scope.shape[1]}; "
            "give those of one model"
        )


def _auroc(in_scope: np.ndarray, out_of_scope: np.ndarray) -> float:
    from sklearn.metrics import roc_auc_score

    is_in_scope = np.repeat([1, 0], [len(in_scope), len(out_of_scope)])
    return float(roc_auc_score(is_in_scope, np.concatenate([in_scope, out_of_scope])))


def _check_probabilities(rows: np.ndarray) -> np.ndarray:
    rows = np.asarray(rows, np.float64)
    if rows.ndim != 2 or not rows.size:
        raise UserError(
            f"probabilities have the shape {list(rows.shape)}; give [texts, classes], one text at "
            "least"
        )
    # The outputs of an int8 model are multiples of 1/256, so they sum up to 1 only roughly.
    tolerance = 1e-3 + rows.shape[1] / 512
    if not (
        (rows >= 0).all()
        and (rows <= 1 + 1e-6).all()
        and np.allclose(rows.sum(axis=1), 1, rtol=0, atol=tolerance)
    ):
        raise UserError("probabilities must be 0 to 1 and sum up to 1 in each row; apply a softmax")
    return rows

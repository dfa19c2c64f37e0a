"""Detection of out-of-scope texts, and calibration of probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfsqueeze.utils.errors import UserError


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
        labels: the true class ids, int [texts].
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
    if not np.isin(labels, np.arange(classes)).all():
        raise UserError(f"labels must be ids of the {classes} classes (0 to {classes - 1})")
    if bins < 1:
        raise UserError(f"bins is {bins}; it must be at least 1")
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    interval = np.digitize(confidence, np.linspace(0, 1, bins + 1)[1:-1], right=True)
    gaps = np.bincount(interval, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / texts)


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

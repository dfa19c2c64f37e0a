"""What the probabilities of a classifier are worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfsqueeze.utils.errors import UserError


def out_of_scope_auroc(in_scope: np.ndarray, out_of_scope: np.ndarray) -> float:
    """How well the highest probability tells texts of a known class from others, by scikit-learn.

    The area under the ROC curve, 0..1: the chance that a text in scope has a higher maximal
    probability than one out of scope, equal ones counting half (Hendrycks and Gimpel, "A
    Baseline for Detecting Misclassified and Out-of-Distribution Examples", ICLR 2017).

    Args:
        in_scope: probabilities of texts of known classes, floats [texts, classes].
        out_of_scope: probabilities of other texts, floats [other texts, classes].

    Raises:
        UserError: one of them is empty, or the rows are no probabilities of the same classes.
    """
    in_scope, out_of_scope = _probabilities(in_scope), _probabilities(out_of_scope)
    _require_same_classes(in_scope, out_of_scope)
    return _auroc(in_scope.max(axis=1), out_of_scope.max(axis=1))


def energy_auroc(in_scope: np.ndarray, out_of_scope: np.ndarray) -> float:
    """How well the energy tells texts of a known class from others, by scikit-learn.

    As `out_of_scope_auroc`, with log(sum(exp(logits))), the negative energy, in place of the
    highest probability (Liu et al., "Energy-based Out-of-distribution Detection", NeurIPS 2020,
    section 3).

    Args:
        in_scope: logits of texts of known classes, floats [texts, classes].
        out_of_scope: logits of other texts, floats [other texts, classes].

    Raises:
        UserError: one of them is empty, or they have other classes.
    """
    from scipy.special import logsumexp

    rows = [np.asarray(logits, np.float64) for logits in (in_scope, out_of_scope)]
    for logits in rows:
        if logits.ndim != 2 or not logits.size:
            raise UserError(
                f"logits have the shape {list(logits.shape)}; give [texts, classes], "
                "one text at least"
            )
    _require_same_classes(*rows)
    return _auroc(*(logsumexp(logits, axis=1) for logits in rows))


def expected_calibration_error(
    probabilities: np.ndarray, labels: Sequence[int] | np.ndarray, *, bins: int = 15
) -> float:
    """How far confidence is from accuracy, 0..1 (Guo et al., "On Calibration of Modern Neural
    Networks", ICML 2017, equation 3).

    Texts fall into `bins` equally wide intervals, open below and closed above, of their highest
    probability; the result is the mean over the texts of their interval's |accuracy - mean highest
    probability|.

    Args:
        probabilities: floats [texts, classes].
        labels: true class ids, integers [texts].
        bins: the number of intervals; 15 in that paper.

    Raises:
        UserError: there are no texts, the rows are no probabilities, a label is no class, or
            `bins` is not positive.
    """
    probabilities, labels = _probabilities(probabilities), np.asarray(labels)
    texts, classes = probabilities.shape
    if labels.shape != (texts,):
        raise UserError(f"there are {texts:,} rows of probabilities but labels {labels.shape}")
    if not np.isin(labels, np.arange(classes)).all():
        raise UserError(f"labels must be ids of the {classes} classes (0 to {classes - 1})")
    if bins < 1:
        raise UserError(f"bins is {bins}; it must be at least 1")
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    place = np.digitize(confidence, np.linspace(0, 1, bins + 1)[1:-1], right=True)
    gaps = np.bincount(place, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / texts)


def _require_same_classes(in_scope, out_of_scope):
    if in_scope.shape[1] != out_of_scope.shape[1]:
        raise UserError(
            f"texts in scope have {in_scope.shape[1]} classes, others {out_of_scope.shape[1]}; "
            "give those of one model"
        )


def _auroc(in_scope, out_of_scope) -> float:
    from sklearn.metrics import roc_auc_score

    known = np.repeat([1, 0], [len(in_scope), len(out_of_scope)])
    return float(roc_auc_score(known, np.concatenate([in_scope, out_of_scope])))


def _probabilities(rows: np.ndarray) -> np.ndarray:
    rows = np.asarray(rows, np.float64)
    if rows.ndim != 2 or not rows.size:
        raise UserError(
            f"probabilities have the shape {list(rows.shape)}; give [texts, classes], one text at "
            "least"
        )
    # The outputs of an int8 model are rounded to steps of 1/256, so their sum is 1 only nearly.
    tolerance = 1e-3 + rows.shape[1] / 512
    if not (
        (rows >= 0).all()
        and (rows <= 1 + 1e-6).all()
        and np.allclose(rows.sum(axis=1), 1, rtol=0, atol=tolerance)
    ):
        raise UserError("probabilities must be 0 to 1 and sum up to 1 in each row; apply a softmax")
    return rows

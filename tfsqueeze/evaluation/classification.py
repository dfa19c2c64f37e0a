"""Accuracy, F1 and the confusion matrix of a classifier."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfsqueeze.data.datasets.labels import UNKNOWN_ID
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.utils.errors import UserError


def classification_metrics(
    labels: Sequence[int] | np.ndarray,
    predictions: Sequence[int] | np.ndarray,
    label_names: Sequence[str],
) -> dict[str, Any]:
    """Returns the metrics of a classifier, by scikit-learn.

    Args:
        labels: the true class ids, int [examples]; `UNKNOWN_ID` for labels that are none of
            `label_names`.
        predictions: the predicted class ids, int [examples].
        label_names: the name of each class id.

    Returns:
        A JSON-able dictionary: `examples`, their number; `accuracy`, in 0..1; `macro_f1`, in 0..1,
        the mean over the classes that occur in labels or predictions, where unknown labels are one
        class that is never right; `matthews_correlation`, in -1..1, the metric of GLUE's CoLA (for
        any number of classes: Gorodkin 2004); `per_class`, a list of `label`, `precision`,
        `recall`, `f1` and `support`; and `confusion_matrix`, counts by true class (rows) and
        predicted class (columns), without unknown labels. A ratio with a denominator of 0 is 0.

    Raises:
        UserError: there are no examples, the lengths differ, or an id has no name.

    Example:
        >>> classification_metrics([0, 1], [0, 0], ["neg", "pos"])["confusion_matrix"]
        [[1, 0], [1, 0]]
    """
    from sklearn import metrics

    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if labels.shape != predictions.shape or labels.ndim != 1 or not labels.size:
        raise UserError(
            f"labels {list(labels.shape)} and predictions {list(predictions.shape)} must be two "
            "lists of the same length, of at least one example"
        )
    class_ids = np.arange(len(label_names))
    known = labels != UNKNOWN_ID
    for name, ids in (("label", labels[known]), ("prediction", predictions)):
        unknown = np.setdiff1d(ids, class_ids)
        if unknown.size:
            raise UserError(
                f"the {name} {unknown[0]!r} is not an id of the {len(label_names)} classes "
                f"(0 to {len(label_names) - 1})"
            )
    # scikit-learn's signatures give no types for these.
    zero_division: Any = 0
    per_class: Any = metrics.precision_recall_fscore_support(
        labels, predictions, labels=class_ids, zero_division=zero_division
    )
    precision, recall, f1, support = per_class
    macro_f1 = metrics.f1_score(labels, predictions, average="macro", zero_division=zero_division)
    with warnings.catch_warnings():
        # scikit-learn warns if all labels are the same, which is normal for a part of a dataset.
        warnings.simplefilter("ignore", UserWarning)
        correlation = metrics.matthews_corrcoef(labels, predictions)
    confusion = np.zeros((len(label_names), len(label_names)), int)
    np.add.at(confusion, (labels[known], predictions[known]), 1)
    return {
        "examples": int(labels.size),
        "accuracy": float(metrics.accuracy_score(labels, predictions)),
        "macro_f1": float(macro_f1),
        "matthews_correlation": float(correlation),
        "per_class": [
            {
                "label": name,
                "precision": float(precision[i]),
                "recall": float(recall[i]),
                "f1": float(f1[i]),
                "support": int(support[i]),
            }
            for i, name in enumerate(label_names)
        ],
        "confusion_matrix": confusion.tolist(),
    }


def label_metrics(
    dataset: TextDataset | TokenDataset, predictions: Sequence[str], label_names: Sequence[str]
) -> dict[str, Any]:
    """Returns the `classification_metrics` of predicted labels.

    Args:
        dataset: the examples with their true labels.
        predictions: the predicted label of each example.
        label_names: the labels in the order of their ids.

    Raises:
        UserError: as in `classification_metrics`; or the dataset has no labels.

    Example:
        >>> dataset = TextDataset("letters", ["x", "y"], labels=["a", "b"])
        >>> label_metrics(dataset, ["a", "a"], ["a", "b"])["accuracy"]
        0.5
    """
    ids = {name: index for index, name in enumerate(label_names)}
    return classification_metrics(
        dataset.label_ids(label_names, UNKNOWN_ID), [ids[name] for name in predictions], label_names
    )

"""What a model must beat: classifiers that need no neural network."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tfsqueeze.data.text_dataset import TextDataset
from tfsqueeze.evaluation.metrics import classification_metrics


def majority_baseline(train: TextDataset, test: TextDataset) -> dict[str, Any]:
    """Always predicts the most frequent label of `train` (the first by name, of equals).

    Returns:
        `name`, `accuracy` and `macro_f1` on `test` in 0..1, and `settings`.

    Raises:
        UserError: a dataset has no labels, or `test` has one that `train` lacks.
    """
    counts = Counter(train.label_ids(train.label_names()).tolist())
    most_frequent = min(counts, key=lambda label: (-counts[label], label))
    return _result(
        "majority",
        train,
        test,
        [most_frequent] * len(test),
        {"label": train.label_names()[most_frequent]},
    )


def tfidf_baseline(train: TextDataset, test: TextDataset) -> dict[str, Any]:
    """Logistic regression on TF-IDF of words and word pairs, by scikit-learn.

    Takes up to a minute for 15,000 texts. Of a pair of texts both count, joined by a space.

    Returns:
        `name`, `accuracy` and `macro_f1` on `test` in 0..1, and `settings`.

    Raises:
        UserError: a dataset has no labels, or `test` has one that `train` lacks.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    settings = {"sublinear_tf": True, "ngram_range": [1, 2], "C": 30.0, "max_iter": 1000}
    classifier = make_pipeline(
        TfidfVectorizer(
            sublinear_tf=settings["sublinear_tf"], ngram_range=tuple(settings["ngram_range"])
        ),
        LogisticRegression(C=settings["C"], max_iter=settings["max_iter"]),
    )
    classifier.fit(_joined(train), train.label_ids(train.label_names()))
    return _result(
        "tf-idf + logistic regression", train, test, classifier.predict(_joined(test)), settings
    )


def _joined(dataset: TextDataset) -> list[str]:
    if dataset.text_pairs is None:
        return dataset.texts
    return [f"{a} {b}" for a, b in zip(dataset.texts, dataset.text_pairs, strict=True)]


def _result(name, train, test, predictions, settings) -> dict[str, Any]:
    label_names = train.label_names()
    metrics = classification_metrics(test.label_ids(label_names), predictions, label_names)
    return {
        "name": name,
        "accuracy": metrics["accuracy"],
        "macro_f1": metrics["macro_f1"],
        "settings": settings,
    }

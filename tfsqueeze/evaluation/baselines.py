"""Baselines of text classification without a neural network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfsqueeze.data.datasets.label_names import sorted_names
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.text_examples import TextExamples
from tfsqueeze.evaluation.classification import classification_metrics

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer


def majority_baseline(train: TextDataset, test: TextDataset) -> dict[str, Any]:
    """Returns the scores of always predicting the most frequent label of `train`.

    Of equally frequent labels, the first by name counts.

    Args:
        train: the texts whose labels are counted.
        test: the texts to evaluate on.

    Returns:
        `name`, `accuracy` and `macro_f1` on `test` in 0..1, and `settings`.

    Raises:
        UserError: a dataset has no labels.
    """
    label_names = _label_names(train, test)
    counts = Counter(train.label_ids(label_names).tolist())
    most_frequent = min(counts, key=lambda label: (-counts[label], label))
    return _result(
        "majority",
        label_names,
        test,
        [most_frequent] * len(test),
        {"label": label_names[most_frequent]},
    )


class TfidfClassifier:
    """Logistic regression on TF-IDF of words and word pairs, by scikit-learn.

    It takes up to a minute to fit 15,000 texts. The two texts of a pair are joined by a space.

    Args:
        train: the texts to fit.
        label_names: the labels in the order of their ids; those of `train` by default.

    Raises:
        UserError: `train` has no labels, or one that `label_names` lacks.

    Example:
        >>> texts, labels = ["good", "fine", "bad", "awful"], ["pos", "pos", "neg", "neg"]
        >>> train = TextDataset("reviews", texts, labels)
        >>> TfidfClassifier(train).predict(train).tolist()
        [1, 1, 0, 0]
    """

    name = "tf-idf + logistic regression"
    settings: Mapping[str, Any] = {
        "sublinear_tf": True,
        "ngram_range": [1, 2],
        "C": 30.0,
        "max_iter": 1000,
    }

    def __init__(self, train: TextDataset, label_names: Sequence[str] | None = None):
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        self.label_names = list(label_names or train.label_names())
        settings = self.settings
        self._classifier = make_pipeline(
            tfidf_vectorizer(),
            LogisticRegression(C=settings["C"], max_iter=settings["max_iter"]),
        )
        self._classifier.fit(joined_texts(train), train.label_ids(self.label_names))

    def predict(self, dataset: TextDataset) -> np.ndarray:
        """Returns the id of each text's most probable label, int [texts].

        Args:
            dataset: the texts or pairs; their labels are not read.
        """
        return self._classifier.predict(joined_texts(dataset))

    def predict_probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Returns the probability of each label, float [texts, labels].

        A label that no training text has gets 0.

        Args:
            texts: single texts, or pairs joined by a space.
        """
        probabilities = np.zeros((len(texts), len(self.label_names)))
        probabilities[:, self._classifier.classes_] = self._classifier.predict_proba(list(texts))
        return probabilities


def tfidf_baseline(train: TextDataset, test: TextDataset) -> dict[str, Any]:
    """Returns the scores of a `TfidfClassifier`.

    Args:
        train: the texts to fit.
        test: the texts to evaluate on.

    Returns:
        `name`, `accuracy` and `macro_f1` on `test` in 0..1, and `settings`.

    Raises:
        UserError: a dataset has no labels.
    """
    classifier = TfidfClassifier(train, _label_names(train, test))
    predictions = classifier.predict(test)
    return _result(classifier.name, classifier.label_names, test, predictions, classifier.settings)


def _label_names(train: TextDataset, test: TextDataset) -> list[str]:
    """Returns the labels of both; those that `train` lacks are never predicted."""
    return sorted_names([*train.label_names(), *test.label_names()])


def tfidf_vectorizer() -> TfidfVectorizer:
    """Returns scikit-learn's vectorizer with the settings of `TfidfClassifier`."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    settings = TfidfClassifier.settings
    return TfidfVectorizer(
        sublinear_tf=settings["sublinear_tf"], ngram_range=tuple(settings["ngram_range"])
    )


def joined_texts(dataset: TextExamples) -> list[str]:
    """Returns the texts of a dataset, with a space between the two texts of a pair.

    Args:
        dataset: texts or pairs.
    """
    if dataset.text_pairs is None:
        return dataset.texts
    return [f"{a} {b}" for a, b in zip(dataset.texts, dataset.text_pairs, strict=True)]


def _result(
    name: str,
    label_names: Sequence[str],
    test: TextDataset,
    predictions: Sequence[int] | np.ndarray,
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    metrics = classification_metrics(test.label_ids(label_names), predictions, label_names)
    return {
        "name": name,
        "accuracy": metrics["accuracy"],
        "macro_f1": metrics["macro_f1"],
        "settings": settings,
    }

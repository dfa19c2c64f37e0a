"""A baseline of several labels for a text: a logistic regression for each label, on TF-IDF."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfsqueeze.data.datasets.multi_label_dataset import MultiLabelDataset
from tfsqueeze.evaluation.baselines import TfidfClassifier, joined_texts, tfidf_vectorizer


class TfidfMultiLabelClassifier:
    """One logistic regression a label on TF-IDF of words and word pairs, by scikit-learn.

    The settings are those of `TfidfClassifier`. The two texts of a pair are joined by a space.

    Args:
        train: the texts to fit.
        label_names: the labels in the order of their ids.

    Raises:
        UserError: `train` has no labels, or one that `label_names` lacks.

    Example:
        >>> train = MultiLabelDataset("mail", ["hi", "now"] * 2, labels=[(), ("urgent",)] * 2)
        >>> classifier = TfidfMultiLabelClassifier(train, ["urgent"])
        >>> (classifier.predict_probabilities(train) > 0.5).ravel().tolist()
        [False, True, False, True]
    """

    name = TfidfClassifier.name

    def __init__(self, train: MultiLabelDataset, label_names: Sequence[str]) -> None:
        from sklearn.linear_model import LogisticRegression

        settings = TfidfClassifier.settings
        self._vectorizer = tfidf_vectorizer()
        vectors = self._vectorizer.fit_transform(joined_texts(train))
        self._classifiers = [
            # There is nothing to fit where all texts or none have the label.
            LogisticRegression(C=settings["C"], max_iter=settings["max_iter"]).fit(vectors, column)
            if 0 < column.mean() < 1
            else float(column[0])
            for column in train.label_matrix(label_names).T
        ]

    def predict_probabilities(self, dataset: MultiLabelDataset) -> np.ndarray:
        """Returns the probability of each label, float [texts, labels].

        Args:
            dataset: the texts or pairs; their labels are not read.
        """
        vectors = self._vectorizer.transform(joined_texts(dataset))
        columns = [
            np.full(len(dataset), classifier)
            if isinstance(classifier, float)
            else classifier.predict_proba(vectors)[:, 1]
            for classifier in self._classifiers
        ]
        return np.stack(columns, axis=1)

"""A baseline of numbers of texts: ridge regression on TF-IDF."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfsqueeze.data.datasets.number_dataset import NumberDataset
from tfsqueeze.evaluation.baselines import joined_texts, tfidf_vectorizer


class TfidfRegressor:
    """Ridge regression on TF-IDF of words and word pairs, by scikit-learn.

    Of pairs of texts, it reads the cosine of the two texts' vectors as well, which says how similar
    they are.

    Args:
        train: the texts to fit.

    Raises:
        UserError: `train` has no numbers.

    Example:
        >>> train = NumberDataset("reviews", ["good", "bad"] * 4, labels=[5.0, 1.0] * 4)
        >>> TfidfRegressor(train).predict(train)[:2].round().tolist()
        [5.0, 1.0]
    """

    name = "tf-idf + ridge regression"

    def __init__(self, train: NumberDataset) -> None:
        from sklearn.linear_model import Ridge

        self._vectorizer = tfidf_vectorizer().fit([*train.texts, *(train.text_pairs or ())])
        # scikit-learn's default penalty; that of a cosine beside thousands of words is the same.
        self._regressor: Any = Ridge().fit(self._features(train), train.numbers())

    def predict(self, dataset: NumberDataset) -> np.ndarray:
        """Returns the number of each text, float64 [texts].

        Args:
            dataset: the texts or pairs; their numbers are not read.
        """
        return self._regressor.predict(self._features(dataset))

    def _features(self, dataset: NumberDataset) -> Any:
        from scipy import sparse

        joined = self._vectorizer.transform(joined_texts(dataset))
        if dataset.text_pairs is None:
            return joined
        first, second = map(self._vectorizer.transform, (dataset.texts, dataset.text_pairs))
        return sparse.hstack([joined, first.multiply(second).sum(axis=1)], format="csr")

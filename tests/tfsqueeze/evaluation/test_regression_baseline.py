"""Ridge regression on TF-IDF."""

from __future__ import annotations

import numpy as np

from tfsqueeze.data.datasets.number_dataset import NumberDataset
from tfsqueeze.evaluation.regression_baseline import TfidfRegressor


def test_numbers_of_words_are_learnt():
    values = {"awful": -40.0, "fair": 0.0, "superb": 40.0}
    train = NumberDataset(
        "reviews", [f"it is {word}" for word in values] * 8, [*values.values()] * 8
    )
    found = TfidfRegressor(train).predict(NumberDataset("test", ["superb", "awful", "fair"]))
    assert found.argsort().tolist() == [1, 2, 0]


def test_how_like_two_texts_are_counts():
    """No word says which pairs are alike: each word is in as many alike pairs as in others."""
    words = "cat dog cow hen fox owl".split()
    pairs = [(a, b) for a in words for b in words]
    likeness = [float(a == b) for a, b in pairs]
    firsts, seconds = map(list, zip(*pairs, strict=True))
    regressor = TfidfRegressor(NumberDataset("pairs", firsts, likeness, seconds))
    found = regressor.predict(NumberDataset("test", ["cat", "cat"], text_pairs=["cat", "dog"]))
    assert np.diff(found)[0] < -0.3

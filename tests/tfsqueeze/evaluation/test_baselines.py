"""Baselines on real data."""

from __future__ import annotations

import pytest

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.evaluation.baselines import (
    TfidfClassifier,
    majority_baseline,
    tfidf_baseline,
)
from tfsqueeze.utils.errors import UserError


def test_majority_on_reuters_r8():
    splits = load_dataset("reuters-r8")
    result = majority_baseline(splits.train, splits.test)
    assert result["accuracy"] == pytest.approx(1083 / 2189)
    assert result["settings"] == {"label": "earn"}


def test_majority_of_equals_is_the_first_by_name():
    dataset = TextDataset("set", ["x", "y"], labels=["b", "a"])
    assert majority_baseline(dataset, dataset)["settings"] == {"label": "a"}


def test_tfidf_on_sentiment_beats_the_majority():
    splits = load_dataset("vader-tweets")
    result = tfidf_baseline(splits.train, splits.test)
    assert result["accuracy"] > majority_baseline(splits.train, splits.test)["accuracy"] + 0.08
    assert 0 < result["macro_f1"] < result["accuracy"]
    assert result["settings"]["sublinear_tf"] is True


def test_tfidf_reads_both_texts_of_a_pair():
    pairs = ["yes indeed", "not at all"] * 20
    dataset = TextDataset("set", ["same text"] * 40, labels=["a", "b"] * 20, text_pairs=pairs)
    assert tfidf_baseline(dataset, dataset)["accuracy"] == 1.0


def test_a_label_unseen_in_training_counts_as_an_error():
    train = TextDataset("train", ["rain", "sun", "rain"], labels=["a", "b", "a"])
    test = TextDataset("test", ["rain", "fog"], labels=["a", "A"])
    assert majority_baseline(train, test)["accuracy"] == 0.5
    assert majority_baseline(train, test)["settings"] == {"label": "a"}
    assert tfidf_baseline(train, test)["accuracy"] == 0.5


def test_tfidf_probabilities_follow_the_labels_given():
    train = TextDataset("train", ["corn rose", "gold fell"] * 5, labels=["grain", "metal"] * 5)
    classifier = TfidfClassifier(train, ["metal", "oil", "grain"])
    probabilities = classifier.predict_probabilities(["corn", "gold", ""])
    assert probabilities.shape == (3, 3) and not probabilities[:, 1].any()
    assert probabilities.sum(axis=1) == pytest.approx(1.0)
    assert probabilities.argmax(axis=1).tolist()[:2] == [2, 0]
    assert (
        probabilities.argmax(axis=1).tolist()
        == classifier.predict(TextDataset("test", ["corn", "gold", ""])).tolist()
    )
    with pytest.raises(UserError, match="train has the label 'grain'"):
        TfidfClassifier(train, ["metal"])

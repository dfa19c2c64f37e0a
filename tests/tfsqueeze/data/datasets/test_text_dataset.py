"""Dividing and sampling datasets, and matching their labels."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.utils.errors import UserError


def numbered(labels: list[str] | None, size: int | None = None) -> TextDataset:
    texts = [f"text {i}" for i in range(size if labels is None else len(labels))]
    return TextDataset("set", texts, labels=labels, text_pairs=[f"pair of {t}" for t in texts])


def test_split_keeps_shares_of_labels_and_is_fixed_by_the_seed():
    dataset = numbered(["a"] * 700 + ["b"] * 200 + ["c"] * 100)
    rest, held_out = dataset.split(0.1, seed=3)
    assert Counter(held_out.labels) == {"a": 70, "b": 20, "c": 10}
    assert sorted(rest.texts + held_out.texts) == sorted(dataset.texts)
    assert held_out.text_pairs == [f"pair of {text}" for text in held_out.texts]
    assert dataset.split(0.1, seed=3) == (rest, held_out)
    assert dataset.split(0.1, seed=4)[1] != held_out


def test_single_examples_stay_in_the_rest():
    for seed in range(5):
        rest, held_out = numbered(["a"] * 20 + ["b"] * 20 + ["only"]).split(0.3, seed)
        assert "only" in rest.labels
        assert len(held_out) == 12


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=30),
    st.floats(0.01, 0.99),
    st.integers(0, 9),
    st.booleans(),
)
def test_any_split_divides_everything_or_says_why(labels, fraction, seed, labelled):
    dataset = numbered(labels if labelled else None, len(labels))
    try:
        rest, held_out = dataset.split(fraction, seed)
    except UserError as error:
        assert round(fraction * len(labels)) in (0, len(labels))
        assert "too few" in str(error)
        return
    assert len(held_out) == round(fraction * len(labels))
    assert sorted(rest.texts + held_out.texts) == sorted(dataset.texts)


def test_sample():
    dataset = numbered(list("abcdefgh"))
    sample = dataset.sample(3, seed=1)
    assert len(set(sample.texts)) == 3
    assert sample == dataset.sample(3, seed=1)
    for text, label in zip(sample.texts, sample.labels, strict=True):
        assert dataset.labels[dataset.texts.index(text)] == label
    assert sorted(dataset.sample(99, seed=1).texts) == dataset.texts


def test_labels():
    dataset = numbered(["b", "a", "b"])
    assert dataset.label_names() == ["a", "b"]
    ids = dataset.label_ids(["a", "b"])
    assert ids.dtype == np.int32
    assert ids.tolist() == [1, 0, 1]
    with pytest.raises(UserError, match=r"set has the label 'a' \(example 2\), which is not among"):
        dataset.label_ids(["b"])
    with pytest.raises(UserError, match="set has no labels"):
        numbered(None, 3).label_names()
    with pytest.raises(UserError, match="2 texts but 1 labels"):
        TextDataset("set", ["x", "y"], labels=["a"])


def test_splits_refuse_labels_unseen_in_training():
    train = numbered(["a", "b"])
    assert TextDatasetSplits(train, train).label_names == ["a", "b"]
    with pytest.raises(UserError, match="1 of the 2 examples of set have the labels z, which"):
        TextDatasetSplits(train, train, numbered(["a", "z"]))


def test_names_that_are_numbers_are_sorted_by_value():
    labels = ["10", "2", "1", "-1", "2.5"]
    assert TextDataset("numbers", ["a"] * 5, labels=labels).label_names() == [
        "-1",
        "1",
        "2",
        "2.5",
        "10",
    ]
    assert TextDataset("mixed", ["a"] * 3, labels=["b", "10", "2"]).label_names() == [
        "10",
        "2",
        "b",
    ]

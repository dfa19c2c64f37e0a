"""Dividing and sampling tagged sentences, and matching their tags."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from tfsqueeze.data.datasets.token_dataset import TokenDataset, TokenDatasetSplits
from tfsqueeze.utils.errors import UserError


def numbered(labels: list[str] | None, size: int = 0, languages=None) -> TokenDataset:
    size = len(labels or languages or ()) or size
    return TokenDataset(
        "set",
        [["word", str(i)] for i in range(size)],
        tags=[["O", f"B-{i % 3}"] for i in range(size)],
        labels=labels,
        languages=languages,
    )


def test_split_keeps_columns_together_and_shares_of_labels():
    dataset = numbered(["a"] * 70 + ["b"] * 20 + ["c"] * 10)
    rest, held_out = dataset.split(0.1, seed=3)
    assert Counter(held_out.labels) == {"a": 7, "b": 2, "c": 1}
    assert sorted(rest.sentences + held_out.sentences) == sorted(dataset.sentences)
    for words, tags in zip(held_out.sentences, held_out.tags, strict=True):
        assert tags == ["O", f"B-{int(words[1]) % 3}"]
    assert dataset.split(0.1, seed=3) == (rest, held_out)
    assert dataset.split(0.1, seed=4)[1] != held_out


def test_split_without_labels_keeps_shares_of_languages():
    _, held_out = numbered(None, languages=["en"] * 80 + ["de"] * 20).split(0.1, seed=0)
    assert Counter(held_out.languages) == {"en": 8, "de": 2}
    with pytest.raises(UserError, match="set has 4 examples: too few to hold out 10%"):
        numbered(None, 4).split(0.1, seed=0)


def test_sample_and_take():
    dataset = numbered(list("abcdefgh"))
    sample = dataset.sample(3, seed=1)
    assert sample == dataset.sample(3, seed=1)
    assert len({words[1] for words in sample.sentences}) == 3
    assert sorted(dataset.sample(99, seed=1).labels) == list("abcdefgh")
    assert dataset.take([2, 0]).labels == ["c", "a"]
    assert dataset.take([2, 0]).languages is None


def test_tags_and_labels_as_ids():
    dataset = TokenDataset("set", [["a"], ["b", "c"]], [["O"], ["B-X", "O"]], ["yes", "no"])
    assert dataset.tag_names() == ["B-X", "I-X", "O"]
    ids = dataset.tag_ids(["B-X", "I-X", "O"])
    assert [row.tolist() for row in ids] == [[2], [0, 2]]
    assert {row.dtype for row in ids} == {np.dtype(np.int32)}
    assert dataset.label_ids(["no", "yes"]).tolist() == [1, 0]
    with pytest.raises(UserError, match=r"set has the tag 'B-X' \(sentence 2\), which is not"):
        dataset.tag_ids(["O"])
    with pytest.raises(UserError, match=r"set has the label 'no' \(example 2\), which is not"):
        dataset.label_ids(["yes"])


def test_tags_that_are_no_spans_stay_as_they_are():
    assert TokenDataset("set", [["a", "b"]], [["NOUN", "DET"]]).tag_names() == ["DET", "NOUN"]


def test_columns_that_do_not_fit():
    with pytest.raises(UserError, match="set has 2 sentences but 1 labels"):
        TokenDataset("set", [["a"], ["b"]], labels=["x"])
    with pytest.raises(UserError, match="set has 2 words but 1 tags in sentence 2"):
        TokenDataset("set", [["a"], ["b", "c"]], [["O"], ["O"]])
    with pytest.raises(UserError, match="set has no tags"):
        TokenDataset("set", [["a"]]).tag_ids(["O"])
    with pytest.raises(UserError, match="set has no labels"):
        TokenDataset("set", [["a"]]).label_names()


def test_splits_refuse_what_training_lacks():
    train = TokenDataset("train", [["a", "b"]], [["B-X", "O"]], ["yes"])
    splits = TokenDatasetSplits(train, train)
    assert (splits.tag_names, splits.label_names) == (["B-X", "I-X", "O"], ["yes"])
    with pytest.raises(UserError, match="1 of the 1 examples of test have the tags B-Z, which no"):
        TokenDatasetSplits(train, train, TokenDataset("test", [["a"]], [["B-Z"]], ["yes"]))
    with pytest.raises(UserError, match="of test have the labels no, which no training example"):
        TokenDatasetSplits(train, train, TokenDataset("test", [["a"]], [["O"]], ["no"]))


def test_few_names_that_training_lacks_count_as_errors():
    train = TokenDataset("train", [["a", "b"]] * 20, [["B-X", "O"]] * 20, ["yes"] * 20)
    test = TokenDataset("test", [["a"]] * 20, [["I-Z"]] + [["O"]] * 19, ["no"] + ["yes"] * 19)
    with pytest.warns(UserWarning) as warned:
        splits = TokenDatasetSplits(train, train, test)
    assert [str(one.message) for one in warned] == [
        "1 of the 20 examples of test have the tags I-Z, which no training example has; "
        "they will count as errors",
        "1 of the 20 examples of test have the labels no, which no training example has; "
        "they will count as errors",
    ]
    assert splits.tag_names == ["B-X", "B-Z", "I-X", "I-Z", "O"]
    assert splits.label_names == ["no", "yes"]


def test_types_that_are_numbers_are_sorted_by_value():
    dataset = TokenDataset("numbers", [["a"] * 3], tags=[["B-10", "B-2", "O"]])
    assert dataset.tag_names() == ["B-2", "B-10", "I-2", "I-10", "O"]

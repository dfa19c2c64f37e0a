"""Datasets with several labels for each text."""

from __future__ import annotations

import pytest

from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.datasets.multi_label_dataset import MultiLabelDataset, MultiLabelDatasetSplits
from tfsqueeze.data.datasets.neighbour_words import augment
from tfsqueeze.utils.errors import UserError

LABELS = [("a", "b"), ("b",), (), ("c",)]


def test_labels_are_columns():
    dataset = MultiLabelDataset("d", list("wxyz"), labels=LABELS)
    assert dataset.label_names() == ["a", "b", "c"]
    assert dataset.label_matrix(["c", "b", "a"]).tolist() == [
        [0, 1, 1],
        [0, 1, 0],
        [0, 0, 0],
        [1, 0, 0],
    ]
    with pytest.raises(UserError, match=r"d has the label 'c' \(example 4\)"):
        dataset.label_matrix(["a", "b"])
    with pytest.raises(UserError, match="d has no labels"):
        MultiLabelDataset("d", ["w"]).label_names()


def test_rare_labels_stay_in_the_rest():
    labels = [("common", "rare")] + [("common",)] * 18 + [()]
    rest, held_out = MultiLabelDataset("d", [str(i) for i in range(20)], labels=labels).split(
        0.1, seed=0
    )
    assert (len(rest), len(held_out)) == (18, 2)
    assert rest.label_names() == ["common", "rare"]
    MultiLabelDatasetSplits(rest, held_out)
    with pytest.raises(UserError, match="of d have the labels common, which no"):
        MultiLabelDatasetSplits(rest.take([-1]), rest.take([1]))


def test_copies_keep_their_labels():
    dataset = MultiLabelDataset("d", list("wxyz"), labels=LABELS, text_pairs=list("WXYZ"))
    copies = augment(dataset, 2, lambda texts: [text * 2 for text in texts] * 2)
    assert copies.labels == LABELS * 2 and copies.text_pairs == ["WW", "XX", "YY", "ZZ"] * 2
    assert concatenate([dataset, copies]).labels == LABELS * 3

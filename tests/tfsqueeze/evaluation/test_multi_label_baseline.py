"""A logistic regression for each label."""

from __future__ import annotations

import pytest

from tfsqueeze.data.datasets.multi_label_dataset import MultiLabelDataset
from tfsqueeze.evaluation.multi_label_baseline import TfidfMultiLabelClassifier
from tfsqueeze.utils.errors import UserError

MAIL = MultiLabelDataset(
    "mail",
    ["late parcel", "late bill", "new bill"] * 4,
    [("late", "all"), ("late", "all"), ("all",)] * 4,
)


def test_labels_of_all_texts_and_of_none_need_no_fit():
    found = TfidfMultiLabelClassifier(MAIL, ["all", "late", "none"]).predict_probabilities(MAIL)
    assert found.shape == (12, 3)
    assert found[:, 0].tolist() == [1.0] * 12 and found[:, 2].tolist() == [0.0] * 12
    assert (found[:, 1] > 0.5).tolist() == [True, True, False] * 4


def test_both_texts_of_a_pair_are_read():
    pairs = MultiLabelDataset(
        "pairs", ["a b"] * 8, [("x",), ()] * 4, ["late parcel", "new bill"] * 4
    )
    found = TfidfMultiLabelClassifier(pairs, ["x"]).predict_probabilities(pairs)
    assert (found[:, 0] > 0.5).tolist() == [True, False] * 4


def test_unknown_labels_are_refused():
    with pytest.raises(UserError, match="'late'"):
        TfidfMultiLabelClassifier(MAIL, ["all"])

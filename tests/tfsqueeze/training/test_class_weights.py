"""Weights of classes, and what is said of rare ones."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from tfsqueeze.data.datasets.multi_label_dataset import MultiLabelDataset, MultiLabelDatasetSplits
from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.tasks import MULTI_LABEL_CLASSIFICATION, TEXT_CLASSIFICATION
from tfsqueeze.training.class_weights import check_classes_to_learn, class_weights
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import JsonValue


def texts(**counts):
    labels = [label for label, count in counts.items() for _ in range(count)]
    return TextDataset("mail.csv", ["a"] * len(labels), labels=labels)


def test_balanced_weights_are_those_of_scikit_learn():
    train = texts(ok=480, fraud=20, spam=100)
    names = ["fraud", "ok", "spam"]
    expected = compute_class_weight("balanced", classes=np.array(names), y=train.labels)
    assert class_weights(train, names, "balanced") == pytest.approx(dict(enumerate(expected)))
    # A pretrained head may know a class that no text has.
    assert class_weights(train, [*names, "other"], "balanced")[3] == 1.0


def test_weights_have_names():
    train = texts(ok=3, fraud=1)
    assert class_weights(train, ["fraud", "ok"], {"fraud": 5.0}) == {0: 5.0, 1: 1.0}
    assert class_weights(train, ["fraud", "ok"], None) is None
    with pytest.raises(UserError, match=r"names 'frud', which is no label of mail\.csv; labels: f"):
        class_weights(train, ["fraud", "ok"], {"frud": 5.0})


def test_rare_classes_are_warned_of():
    with pytest.warns(UserWarning) as caught:
        check_classes_to_learn(texts(ok=900, other=98, fraud=2), TrainingOptions())
    assert str(caught[0].message) == (
        "under 1 % of the 1,000 texts of mail.csv have the label 'fraud' 2: the model may never "
        "answer it; add texts of it, or train with --class-weight balanced"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_classes_to_learn(texts(ok=96, fraud=4), TrainingOptions())
        weighted = TrainingOptions(class_weight="balanced")
        check_classes_to_learn(texts(ok=998, fraud=2), weighted)
        # None of many even classes is rare.
        check_classes_to_learn(texts(**{f"c{i}": 10 for i in range(150)}), TrainingOptions())


def test_a_single_class_is_refused(tmp_path):
    train = texts(ok=5)
    with pytest.raises(UserError, match="has one label for all texts, 'ok'; add texts of another"):
        train_task(
            tmp_path / "run", TEXT_CLASSIFICATION, TextDatasetSplits(train, train),
            TrainingOptions(),
        )  # fmt: skip
    assert not (tmp_path / "run").exists()
    # Pretrained weights without a head know no other label.
    pretrained = TrainingOptions(pretrained="squeezebert-tiny")
    with pytest.raises(UserError, match="has one label for all texts, 'ok'"):
        check_classes_to_learn(train, pretrained)
    check_classes_to_learn(train, pretrained, keeps_head=True)


def test_options_are_checked_and_survive_json():
    for options in (
        TrainingOptions(class_weight={"a=b": 2.0}, monitor="macro_f1"),
        TrainingOptions(class_weight="balanced"),
        TrainingOptions(),
    ):
        value = JsonValue(json.loads(json.dumps(options.to_dict())), Path("run.json"))
        assert TrainingOptions.from_json(value) == options
    # Accuracy would choose the epoch that forgets the rare class.
    assert TrainingOptions(class_weight="balanced").monitor == "balanced_accuracy"
    for options, message in (
        ({"class_weight": "even"}, "class_weight 'even' is neither balanced"),
        ({"class_weight": {"a": 0.0}}, "the class_weight of 'a' must be above 0, not 0.0"),
        ({"class_weight": "balanced", "teacher": "x"}, "a teacher gives logits; leave one out"),
    ):
        with pytest.raises(UserError, match=message):
            TrainingOptions(**options)


def test_other_tasks_have_no_weights_and_no_choice(tmp_path):
    several = MultiLabelDataset("d", ["x", "y"], labels=[("a",), ()])
    splits = MultiLabelDatasetSplits(several, several)
    for options, message in (
        ({"class_weight": "balanced"}, "train multi-label-classification without it"),
        ({"monitor": "macro_f1"}, "multi-label-classification cannot monitor 'macro_f1'"),
    ):
        with pytest.raises(UserError, match=message):
            train_task(
                tmp_path / "run", MULTI_LABEL_CLASSIFICATION, splits, TrainingOptions(**options)
            )

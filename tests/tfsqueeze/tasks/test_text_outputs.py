"""Several labels and numbers: from logits to predictions, with what training chose."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.data.datasets.multi_label_dataset import MultiLabelDataset, MultiLabelDatasetSplits
from tfsqueeze.data.datasets.number_dataset import NumberDataset, NumberDatasetSplits
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.tasks import (
    MULTI_LABEL_CLASSIFICATION,
    REGRESSION,
    TEXT_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
    Encodings,
)
from tfsqueeze.tasks.keras_metrics import MicroF1
from tfsqueeze.tasks.outputs import sigmoid
from tfsqueeze.utils.errors import UserError

NO_ROWS = Encodings({})


def test_labels_reach_their_thresholds():
    task = MULTI_LABEL_CLASSIFICATION.with_decoding({"thresholds": [0.2, 0.9]}, ["a", "b"])
    logits = {"logits": np.array([[-1.0, 1.0], [3.0, 3.0], [-800.0, 800.0]], np.float32)}
    found = task.decode(logits, NO_ROWS, {"logits": ["a", "b"]})["logits"]
    assert [chosen.labels for chosen in found] == [["a"], ["a", "b"], ["b"]]
    assert found[2].probabilities.tolist() == [0.0, 1.0]
    assert task.decisions(logits, NO_ROWS, {})["logits"].tolist() == [[1, 0], [1, 1], [0, 1]]
    # The task itself, before training chose thresholds, takes 0.5.
    assert MULTI_LABEL_CLASSIFICATION.decisions(logits, NO_ROWS, {})["logits"][0].tolist() == [0, 1]


def test_words_decide_by_their_best_valid_tags():
    """The highest logit of the second word is an I- that continues nothing."""
    classes = {"logits": ["B-city", "I-city", "O"]}
    encodings = Encodings({}, word_ids=np.array([[-1, 0, -1, 1]]), word_counts=np.array([2]))
    logits = np.zeros((1, 4, 3), np.float32)
    logits[0, 1], logits[0, 3] = [0, 1, 9], [3, 4, 0]
    decided = TOKEN_CLASSIFICATION.decisions({"logits": logits}, encodings, classes)
    assert decided["logits"].tolist() == [2, 0]


def test_a_logit_on_its_threshold_has_the_label():
    logits = (0.0731 * np.arange(-128, 128)).astype(np.float32)
    # The probabilities by another formula, which rounds some of them up.
    thresholds = (1 / (1 + np.exp(-logits.astype(np.float64)))).tolist()
    assert (sigmoid(logits) < thresholds).any()
    names = list(map(str, range(len(logits))))
    task = MULTI_LABEL_CLASSIFICATION.with_decoding({"thresholds": thresholds}, names)
    assert task.decisions({"logits": logits[None]}, NO_ROWS, {})["logits"].all()


@pytest.mark.parametrize(
    "thresholds", [None, [0.5], [0.5, 1.0], [0.5, "0.5"], [0.5, float("nan")], {"a": 0.5}]
)
def test_thresholds_of_other_labels_are_refused(thresholds):
    with pytest.raises(UserError, match="the thresholds must be 2 numbers between 0 and 1"):
        MULTI_LABEL_CLASSIFICATION.with_decoding({"thresholds": thresholds}, ["a", "b"])


def test_micro_f1_counts_all_batches():
    metric = MicroF1()
    metric.update_state(tf.constant([[1.0, 0.0]]), tf.constant([[2.0, 1.0]]))
    metric.update_state(tf.constant([[1.0, 1.0]]), tf.constant([[-1.0, 0.5]]))
    assert float(metric.result()) == pytest.approx(2 * 2 / (3 + 3))
    assert float(MicroF1().result()) == 0.0


def test_numbers_are_standardised_and_back():
    train = NumberDataset("n", list("abc"), labels=[100.0, 200.0, 600.0])
    splits = NumberDatasetSplits(train, train)
    decoding = REGRESSION.training.decoding(splits)
    task = REGRESSION.with_decoding(decoding, ["LABEL_0"])
    targets = task.training.targets(train, NO_ROWS, {})
    assert targets["logits"].shape == (3, 1) and targets["logits"].dtype == np.float32
    assert targets["logits"].mean() == pytest.approx(0, abs=1e-6)
    assert targets["logits"].std() == pytest.approx(1)
    assert task.decode(targets, NO_ROWS, {})["logits"] == pytest.approx([100, 200, 600])
    assert task.decisions(targets, NO_ROWS, {})["logits"].tolist() == [-1, 0, 1]
    same = NumberDataset("n", list("ab"), labels=[3.0, 3.0])
    with pytest.raises(UserError, match="n has the same number for each text"):
        REGRESSION.training.decoding(NumberDatasetSplits(same, same))


@pytest.mark.parametrize(
    "decoding",
    [{}, {"mean": 1.0}, {"mean": 1.0, "scale": 0.0}, {"mean": float("inf"), "scale": 1.0}],
)
def test_a_number_without_mean_or_scale_is_refused(decoding):
    with pytest.raises(UserError, match="mean and scale must be finite numbers"):
        REGRESSION.with_decoding(decoding, ["LABEL_0"])


def test_configs_name_the_problem_type():
    several = MultiLabelDataset("d", ["x"], labels=[("a", "b")])
    config = MULTI_LABEL_CLASSIFICATION.training.configure(
        SqueezeBertConfig(), MultiLabelDatasetSplits(several, several)
    )
    assert config.to_dict()["problem_type"] == "multi_label_classification"
    assert SqueezeBertConfig.from_dict(config.checkpoint_fields()) == config
    number = NumberDataset("n", ["x"], labels=[1.0])
    config = REGRESSION.training.configure(config, NumberDatasetSplits(number, number))
    assert (config.problem_type, config.num_labels) == (ProblemType.REGRESSION.value, 1)
    assert "problem_type" not in SqueezeBertConfig().to_dict()
    with pytest.raises(UserError, match="problem_type must be one of regression, single_label"):
        SqueezeBertConfig.from_dict({"problem_type": "ranking"})
    none = MultiLabelDataset("d", ["x"], labels=[()])
    with pytest.raises(UserError, match="d has no text with a label"):
        MULTI_LABEL_CLASSIFICATION.training.configure(
            SqueezeBertConfig(), MultiLabelDatasetSplits(none, none)
        )


def test_datasets_of_other_tasks_are_refused():
    classes = TextDataset("c", ["x"], labels=["a"])
    several = MultiLabelDataset("d", ["x"], labels=[("a",)])
    for task, dataset in (
        (MULTI_LABEL_CLASSIFICATION, classes),
        (REGRESSION, classes),
        (TEXT_CLASSIFICATION, several),
    ):
        with pytest.raises(UserError, match=f"and the model is for {task.name}, which"):
            task.check_dataset(dataset, {"logits": ["a"]}, pairs=False)

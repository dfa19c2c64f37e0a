"""Labels of evaluation data that a model lacks: few count as errors, many are refused."""

from __future__ import annotations

import dataclasses

import pytest

from converters.conversion.runs import QAT_FILE, convert_run
from converters.experiments.run_verification import verify_run
from converters.inference.predictor import Predictor
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.data.datasets.labels import UNKNOWN_ID
from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.data.readers.snips import load_snips
from tfsqueeze.tasks import INTENT_AND_SLOTS, TEXT_CLASSIFICATION
from tfsqueeze.training.train_task import train_task
from tfsqueeze.utils.errors import UserError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(snips_folder, options, tmp_path_factory):
    options = dataclasses.replace(options, epochs=2, qat_epochs=0)
    folder = tmp_path_factory.mktemp("runs") / "run"
    return train_task(folder, INTENT_AND_SLOTS, load_snips(snips_folder), options)


def test_an_unknown_intent_with_an_unknown_slot_is_an_error(run, snips_folder):
    known = load_snips(snips_folder).validation
    part = TokenDataset(
        "part",
        [*known.sentences, ["shout", "jazz"]],
        [*known.tags, ["O", "B-word"]],
        [*known.labels, "Shout"],
    )
    content = convert_run(run)
    predictor = Predictor.open(content)
    of_known = predictor.evaluate(known)
    with pytest.warns(UserWarning) as warned:
        metrics = predictor.evaluate(part)
    assert [str(warning.message).partition(" have the ")[2] for warning in warned] == [
        "labels Shout, which the model does not know; they will count as errors",
        "tags B-word, which the model does not know; they will count as errors",
    ]
    for score in ("intent_accuracy", "frame_accuracy"):
        assert metrics[score] == pytest.approx(of_known[score] * len(known) / len(part))
    (row,) = [row for row in metrics["slots"]["per_type"] if row["type"] == "word"]
    assert (row["f1"], row["support"]) == (0, 1)
    with pytest.warns(UserWarning, match="will count as errors"):
        results = verify_run(run, {QAT_FILE: content}, part)
    assert all(row["intent_accuracy"] < 1 for row in results["accuracy"])
    assert sum(map(sum, results["confusion_matrix"]["rows"])) == len(known)
    assert results["predictions"][-1]["label"] == "Shout"


def test_a_text_with_an_unknown_label_is_an_error(trained_run, topics_model, topics_folder):
    predictor = Predictor.open(topics_model)
    known = trained_run.task.data.load_held_out(str(topics_folder))
    part = TextDataset("part", [*known.texts, "a b"], labels=[*known.labels, "astronomy"])
    with pytest.warns(UserWarning, match="1 of the 31 examples of part have the labels astronomy"):
        metrics = predictor.evaluate(part)
    of_known = predictor.evaluate(known)
    assert metrics["accuracy"] == pytest.approx(of_known["accuracy"] * 30 / 31)
    assert metrics["macro_f1"] < of_known["macro_f1"]
    with pytest.warns(UserWarning, match="will count as errors"):
        results = verify_run(trained_run, {QAT_FILE: topics_model.read_bytes()}, part)
    worst = results["errors"][0]
    assert (worst["label"], worst["probability_of_label"]) == ("astronomy", 0)


@pytest.mark.parametrize("count", [2, 30])
def test_many_are_refused(count, trained_run, topics_model, topics_folder):
    known = trained_run.task.data.load_held_out(str(topics_folder))
    others = TextDataset("others", known.texts, labels=["x"] * count + known.labels[count:])
    with pytest.raises(UserError, match=f"{count} of the 30 examples of others have the labels x"):
        Predictor.open(topics_model).evaluate(others)


def test_a_pretrained_head_may_lack_labels_of_validation():
    train = TextDataset("train", ["x"] * 20, labels=["0", "1"] * 10)
    part = dataclasses.replace(train, name="part", labels=["7", *train.labels[1:]])
    with pytest.warns(UserWarning, match="will count as errors"):
        splits = TextDatasetSplits(train, part)
        head = SqueezeBertConfig().with_labels(["refund", "account"])
        named, _ = TEXT_CLASSIFICATION.training.name_by_head(splits, head, "head")
    assert named.train.labels[:2] == ["refund", "account"]
    classes = TEXT_CLASSIFICATION.classes(list(head.id2label.values()), ())
    targets = TEXT_CLASSIFICATION.training.targets(named.validation, None, classes)["logits"]
    assert targets[:3].tolist() == [UNKNOWN_ID, 1, 0]

"""Texts with several labels each, through the whole pipeline."""

from __future__ import annotations

import csv
import dataclasses
import json
import random

import numpy as np
import pytest

from converters.conversion.runs import QAT_FILE, convert_run
from converters.experiments.run_verification import verify_run
from converters.inference.predictor import Predictor
from converters.runtime.interpreters import available_runtimes
from converters.tflite.inspection import require_int8
from converters.tflite.metadata import pack_metadata, read_metadata
from tests.end_to_end.conftest import FILLERS, TOPICS
from tfsqueeze.tasks import MULTI_LABEL_CLASSIFICATION
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run
from tfsqueeze.utils.errors import UserError

pytestmark = pytest.mark.slow

WORDS = {**TOPICS, "hurry": "now soon quickly urgent".split()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A text has the label of each topic that one of its words is of."""
    draw = random.Random(0)
    folder = tmp_path_factory.mktemp("several")
    for part, count in (("train", 320), ("val", 60), ("test", 60)):
        with (folder / f"{part}.csv").open("w", newline="", encoding="utf-8") as lines:
            table = csv.writer(lines)
            table.writerow(("text", "label"))
            for _ in range(count):
                labels = [name for name in WORDS if draw.random() < 0.4]
                words = [draw.choice(WORDS[name]) for name in labels]
                words += draw.choices(FILLERS, k=draw.randint(1, 4))
                draw.shuffle(words)
                table.writerow((" ".join(words), "|".join(labels)))
    return folder


@pytest.fixture(scope="module")
def splits(folder):
    return MULTI_LABEL_CLASSIFICATION.data.load_splits(str(folder))


@pytest.fixture(scope="module")
def run(folder, splits, options, tmp_path_factory):
    return train_task(
        tmp_path_factory.mktemp("several") / "run",
        MULTI_LABEL_CLASSIFICATION,
        splits,
        options,
        dataset_name=str(folder),
    )


@pytest.fixture(scope="module")
def content(run):
    return convert_run(run)


def test_the_labels_are_learnt(run):
    assert max(row["val_micro_f1"] for row in run.history["qat"]) > 0.9
    assert json.loads((run.folder / "config.json").read_text())["problem_type"] == (
        "multi_label_classification"
    )


def test_thresholds_are_those_of_validation(run, splits, options):
    thresholds = json.loads((run.folder / "decoding.json").read_text())["thresholds"]
    assert run.decoding == {"thresholds": thresholds} and len(thresholds) == 3
    assert all(0 < threshold < 1 for threshold in thresholds) and thresholds != [0.5] * 3
    loaded = load_run(run.folder)
    assert loaded.decoding == run.decoding
    assert loaded.task.outputs["logits"].thresholds.tolist() == thresholds
    # A run that was interrupted before they were written chooses them again.
    (run.folder / "decoding.json").unlink()
    again = train_task(
        run.folder, MULTI_LABEL_CLASSIFICATION, splits, options, dataset_name=run.dataset_name
    )
    assert again.decoding == run.decoding


def test_a_run_without_its_thresholds_is_refused(run, tmp_path):
    for path in run.folder.iterdir():
        if path.name != "decoding.json":
            (tmp_path / path.name).symlink_to(path)
    with pytest.raises(UserError, match=r"decoding\.json: the thresholds must be 3 numbers"):
        load_run(tmp_path)


def test_the_runtimes_agree_with_keras(run, splits, content, assert_agrees):
    require_int8(content, allow_float_output=False)
    results = verify_run(run, {QAT_FILE: content}, splits.test)
    assert_agrees(results, "micro_f1", 0.85)
    for name in ("macro_f1", "mean_average_precision", "exact_match"):
        assert all(0.7 < row[name] <= 1 for row in results["accuracy"]), name


def test_the_mobile_file_agrees(run, splits, content):
    mobile = Predictor.open(convert_run(run, [8, 16], profile="mobile"))
    whole = Predictor.open(content)
    for texts in (splits.test.texts,):
        pairs = zip(mobile.predict(texts), whole.predict(texts), strict=True)
        same = [one.labels == other.labels for one, other in pairs]
    assert np.mean(same) > 0.9


def test_the_file_alone_tells_the_labels(run, content, splits):
    metadata = read_metadata(content)
    assert metadata.labels == ["animals", "food", "hurry"]
    assert metadata.decoding == run.decoding
    for runtime in available_runtimes():
        predictor = Predictor.open(content, runtime)
        found = predictor.predict(["cat in bread now", "seen near the old", ""])
        assert sorted(found[0].labels) == ["animals", "food", "hurry"]
        assert found[1].labels == []
        assert set(found[2].probabilities) == set(metadata.labels)
        shares = [found[0].probabilities[name] for name in found[0].labels]
        assert shares == sorted(shares, reverse=True)
        assert predictor.evaluate(splits.test)["micro_f1"] > 0.85
    other = {"thresholds": [0.5, 0.5]}
    packed = pack_metadata(
        content,
        **{
            field.name: getattr(metadata, field.name)
            for field in dataclasses.fields(metadata)
            if field.name != "decoding"
        },
        decoding=other,
    )
    with pytest.raises(UserError, match="is damaged: the thresholds must be 3 numbers"):
        read_metadata(packed)


def test_commands(command, run, content, folder, tmp_path):
    file = tmp_path / "several.tflite"
    file.write_bytes(content)
    metrics = command("evaluate", file, folder, "--json")
    assert metrics["micro_f1"] > 0.85 and len(metrics["per_class"]) == 3
    assert "mean average precision" in command("evaluate", file, folder)
    (found,) = command("predict", file, "dog soon", "--json")
    assert sorted(found["labels"]) == ["animals", "hurry"]
    printed = command("predict", file, "dog", "seen")
    assert "animals (" in printed and "(none)" in printed
    results = command("verify", run.folder, "--examples", 20, "--json")
    assert results["accuracy"][0]["exact_match"] > 0.5
    facts = command("export", run.folder, "--target", "android", "-o", tmp_path / "app", "--json")
    exported = Predictor.open(tmp_path / "app" / facts["files"][0]["name"])
    assert exported.metadata.decoding == run.decoding
    assert sorted(exported("dog soon").labels) == ["animals", "hurry"]


@pytest.mark.parametrize(
    "name",
    [
        "one_hot.csv",
        "pipe.csv",
        "lists.jsonl",
    ],
)
def test_files_train_from_the_command_line(name, command, small, tmp_path):
    rows = [
        (f"the {animal} {food}", [label for label in ("cat", "soup") if label in (animal, food)])
        for animal in ("cat", "dog", "cow")
        for food in ("soup", "rice", "cake")
    ] * 4
    path = tmp_path / name
    if name == "lists.jsonl":
        lines = [json.dumps({"text": text, "label": labels}) for text, labels in rows]
    elif name == "pipe.csv":
        lines = ["text,label", *(f"{text},{'/'.join(labels)}" for text, labels in rows)]
    else:
        lines = ["text,cat,soup"]
        lines += [f"{text},{int('cat' in labels)},{int('soup' in labels)}" for text, labels in rows]
    path.write_text("\n".join(lines) + "\n")
    options = ("--task", "multi-label-classification", "--label-separator", "/", "--json")
    result = command("train", path, "-o", tmp_path / "run", *options, *small)
    assert result["validation_micro_f1"]["float"] is not None
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["id2label"] == {"0": "cat", "1": "soup"}


def test_a_student_learns_from_a_teacher_alone(run, splits, options, tmp_path):
    # Only the teacher knows the labels: those of the data are those of other texts.
    wrong = dataclasses.replace(splits.train, labels=splits.train.labels[::-1])
    unlabelled = tmp_path / "texts.txt"
    unlabelled.write_text("".join(f"{text} too\n" for text in splits.train.texts), "utf-8")
    settings = dataclasses.replace(
        options, teacher=str(run.folder), unlabelled=(str(unlabelled),), qat_epochs=0
    )
    mislabelled = dataclasses.replace(splits, train=wrong)
    taught = train_task(tmp_path / "run", MULTI_LABEL_CLASSIFICATION, mislabelled, settings)
    assert max(row["val_micro_f1"] for row in taught.history["float"]) > 0.9


def test_several_labels_are_no_classes(command, folder, tmp_path):
    lines = (folder / "train.csv").read_text().splitlines()
    path = tmp_path / "labelled.csv"
    path.write_text("\n".join(line for line in lines if not line.endswith(",")) + "\n")
    task = ("--task", "text-classification")
    refused = command("train", path, "-o", tmp_path / "run", *task, fails=True)
    assert "train with --task multi-label-classification, or name another" in refused[0]
    path = tmp_path / "lists.jsonl"
    path.write_text('{"text": "a", "label": ["x", "y"]}\n')
    refused = command("train", path, "-o", tmp_path / "run", *task, fails=True)
    assert "train several labels with --task multi-label-classification" in refused[0]


def test_robustness(command, content, folder, tmp_path):
    file = tmp_path / "several.tflite"
    file.write_bytes(content)
    arguments = ("--texts", 20, "--noise", "drop", "--level", 0.5, "--attack", "deepwordbug")
    found = command("robustness", file, folder, *arguments, "--json")
    assert found["models"] == ["int8 .tflite", "TF-IDF + logistic regression"]
    noisy = found["noises"][0]["levels"][0]
    for score in ("micro_f1", "macro_f1", "exact_match"):
        for model in found["models"]:
            assert noisy[score][model] < found["scores"][score][model]
    for row in found["attacks"]:
        assert row["accuracy"] == found["scores"]["exact_match"][row["model"]]
        assert row["scores"]["exact_match"] == row["accuracy_under_attack"]
        assert row["success_rate"] > 0
        for result in row["results"]:
            assert result["success"] == (
                result["attacked"] and result["label"] != result["predicted"]
            )

"""A class of few texts is found where the classes have weights."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from tests.end_to_end.conftest import FILLERS

pytestmark = pytest.mark.slow

# 480 texts `ok` and 20 `fraud`, whose words are mostly those of the others.
CASE = Path(__file__).with_name("imbalance")


def recall(metrics, label):
    (row,) = (row for row in metrics["per_class"] if row["label"] == label)
    return row["recall"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One text in 25 is `fraud`, by one word of its own."""
    draw = random.Random(0)
    folder = tmp_path_factory.mktemp("rare")
    for part, count in (("train", 250), ("val", 100)):
        with (folder / f"{part}.csv").open("w", newline="", encoding="utf-8") as lines:
            table = csv.writer(lines)
            table.writerow(("text", "label"))
            for index in range(count):
                words = draw.choices(FILLERS, k=4)
                label = "ok" if index % 25 else "fraud"
                if label == "fraud":
                    words[draw.randrange(4)] = "password"
                table.writerow((" ".join(words), label))
    return folder


def test_weights_from_the_command_line(command, small, folder, tmp_path):
    options = ("--class-weight", "ok=1", "--class-weight", "fraud=24", "--json", *small)
    result = command("train", folder, "-o", tmp_path / "run", *options, "--epochs", 6)
    assert result["validation_balanced_accuracy"]["float"] > 0.9
    assert {"val_accuracy", "val_macro_f1"} <= set(result["history"]["float"][0])
    # The same command loads the finished run.
    again = command("train", folder, "-o", tmp_path / "run", *options, "--epochs", 6)
    assert again["history"] == result["history"]


def test_macro_f1_chooses_the_epoch(command, small, folder, tmp_path):
    options = ("--monitor", "macro_f1", "--json", *small, "--epochs", 3)
    result = command("train", folder, "-o", tmp_path / "run", *options)
    rows = result["history"]["float"]
    best = result["validation_macro_f1"]["float"]
    assert best == max(row["val_macro_f1"] for row in rows)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["fraud"], "--class-weight 'fraud' is neither balanced nor NAME=WEIGHT"),
        (["fraud=much"], "--class-weight 'fraud=much' is neither balanced nor NAME=WEIGHT"),
        (["fraud=0"], "the class_weight of 'fraud' must be above 0"),
        (["balanced", "fraud=2"], "a NAME=WEIGHT for each class; not both"),
        (["theft=2"], "class_weight names 'theft', which is no label of train.csv"),
    ],
)
def test_other_weights_are_one_sentence(values, message, command, folder, tmp_path):
    options = [part for value in values for part in ("--class-weight", value)]
    refused = command("train", folder, "-o", tmp_path / "run", *options, fails=True)
    assert len(refused) == 1 and message in refused[0]


def test_fraud_is_found_among_480_other_texts(command, tmp_path):
    run, file = tmp_path / "run", tmp_path / "fraud.tflite"
    command("train", CASE, "-o", run, "--class-weight", "balanced", "--precision", "float32")
    command("convert", run, "-o", file)
    assert recall(command("evaluate", file, CASE / "val.csv", "--json"), "fraud") > 0.5

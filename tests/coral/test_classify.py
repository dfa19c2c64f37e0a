"""The script for the board on an exported folder, on the CPU."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from converters.conversion.runs import convert_run
from converters.inference.predictor import Predictor
from converters.inference.text_classification_predictor import TextClassificationPredictor
from converters.runtime.interpreters import available_runtimes
from converters.targets.edgetpu.edgetpu_target import EdgeTpuTarget

SCRIPT = Path(__file__).resolve().parents[2] / "coral" / "classify.py"
TEXTS = ["the cat dog horse", "the fog wind hail storm", "", "cheese [SEP] Bréad " * 20]


@pytest.fixture(scope="module")
def folder(trained_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("coral")
    EdgeTpuTarget().export(trained_run, folder)
    return folder


def classify(*arguments, stdin=""):
    # Away from the repository: a board has this script alone.
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        cwd="/",
    )


def test_it_predicts_as_the_one_file_model_does(folder, topics_model):
    done = classify(folder, *TEXTS, "--json")
    assert done.returncode == 0, done.stderr
    assert "running on the CPU" in done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    # The runtime that the script prefers.
    expected = TextClassificationPredictor.open(topics_model, available_runtimes()[0]).predict(
        TEXTS
    )
    for one, other in zip(found, expected, strict=True):
        assert (one["label"], one["text"]) == (other.label, other.text)
        assert one["probability"] == pytest.approx(other.probability, abs=1e-6)


@pytest.mark.parametrize("name", ["labels_run", "number_run"])
def test_several_labels_and_numbers_are_those_of_the_file(name, request, mixed_folder, tmp_path):
    run = request.getfixturevalue(name)
    EdgeTpuTarget().export(run, tmp_path)
    with (mixed_folder / "test.csv").open(encoding="utf-8") as lines:
        texts = [row["text"] for row in csv.DictReader(lines)]
    done = classify(tmp_path, *texts, "--json")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    expected = Predictor.open(convert_run(run), available_runtimes()[0]).predict(texts)
    for one, other in zip(found, expected, strict=True):
        if name == "number_run":
            assert one["number"] == other.number
        else:
            assert one["labels"] == other.labels
            assert one["probabilities"] == pytest.approx(other.probabilities, abs=1e-15)
    (line,) = classify(tmp_path, texts[0]).stdout.splitlines()
    shown = line.split("\t")[0]
    if name == "number_run":
        assert len({one["number"] for one in found}) > 3
        assert shown == f"{expected[0].number:.6g}"
    else:
        assert len({str(one["labels"]) for one in found}) > 3
        named = ", ".join(f"{x} ({expected[0].probabilities[x]:.3f})" for x in expected[0].labels)
        assert shown == (named or "(none)")


def test_a_folder_of_an_older_export_is_refused(folder, tmp_path):
    for path in folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    described = json.loads((folder / "model.json").read_text("utf-8"))
    del described["task"]
    (tmp_path / "model.json").unlink()
    (tmp_path / "model.json").write_text(json.dumps(described), "utf-8")
    done = classify(tmp_path, "a text")
    assert done.returncode == 1 and "holds no model ('task'); name a folder" in done.stderr


def test_texts_come_from_standard_input(folder):
    done = classify(folder, "--device", "cpu", stdin="the cat cow\nthe rain snow\n")
    labels = [line.split("\t")[0] for line in done.stdout.splitlines()]
    assert labels == ["animals", "weather"]


def test_a_tpu_that_is_asked_for_must_be_there(folder):
    done = classify(folder, "a text", "--device", "tpu")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("error: the Edge TPU cannot be used")


def test_a_folder_without_a_model(tmp_path):
    done = classify(tmp_path, "a text")
    assert done.returncode == 1
    assert "tfsqueeze export --target edgetpu" in done.stderr and "Traceback" not in done.stderr

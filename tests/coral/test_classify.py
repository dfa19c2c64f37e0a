"""The script for the board on an exported folder, on the CPU."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

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

"""An option that a command would ignore is refused, and never taken in silence."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from tfsqueeze.cli.main import app


def refused(*arguments) -> str:
    result = CliRunner().invoke(app, [*map(str, arguments)])
    assert result.exit_code == 1, result.output
    lines = [line for line in result.stderr.splitlines() if not line.startswith("> ")]
    assert len(lines) == 1, result.output
    return lines[0].removeprefix("error: ")


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("a text\n")
    return path


@pytest.fixture
def prepared(tmp_path):
    """A folder of prepared texts with a teacher's sentence vectors."""
    folder = tmp_path / "shards"
    folder.mkdir()
    (folder / "rows").write_bytes(b"x")
    manifest = {
        "format_version": 1,
        "settings": {"teacher": {"channels": 4}},
        "counts": {"rows": 1},
        "files": {"rows": 1},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.parametrize(
    ("arguments", "purpose"),
    [
        (["--vocab-size", 99], "a vocabulary that is trained, and this run has one already"),
        (
            ["--objective", "mlm", "--pretrained", "squeezebert-tiny", "--vocab-size", 99],
            "a vocabulary that is trained, and this run has one already",
        ),
        (["--cased"], "the objective multilingual"),
        (["--noisy-copies", 1], "the objective multilingual"),
        (["--objective", "mlm", "--teacher-language", "de"], "the objective multilingual"),
        (["--ranking", 2], "sentence vectors, which this run does not learn"),
        (["--objective", "mlm", "--loss", "relations=1"], "the objective distill, on texts"),
        (["--objective", "multilingual", "--loss", "relations=1"], "the objective distill, on"),
    ],
)
def test_pretrain(arguments, purpose, texts, tmp_path):
    option = next(word for word in reversed(arguments) if str(word).startswith("--"))
    message = refused("pretrain", texts, "-o", tmp_path / "run", *arguments)
    assert message.startswith(f"{option} is for {purpose}") and message.endswith("; leave it out")
    assert not (tmp_path / "run").exists()


def test_pretrain_on_sentence_vectors(prepared, tmp_path):
    arguments = ("pretrain", prepared, "-o", tmp_path / "run")
    message = refused(*arguments, "--ranking", 2, "--loss", "relations=1")
    assert "--loss is for the objective distill, on texts without a teacher's" in message
    assert "--vocab-size is for" in refused(*arguments, "--objective", "mlm", "--vocab-size", 99)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--tune-epochs", 2], "--tune-epochs is for --tune; leave it out"),
        (["--label-column", "x"], "--label-column is for the data of --tune, and of a run with"),
        (["--tune", "x.csv", "--calibration", "x.txt"], "--calibration is for a checkpoint with"),
    ],
)
def test_convert(arguments, message, tmp_path):
    file = tmp_path / "model.tflite"
    assert message in refused("convert", tmp_path / "checkpoint", "-o", file, *arguments)


def test_a_report_of_no_texts(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "tfsqueeze.training.calibrated_checkpoint.load_or_calibrate",
        lambda *_: (SimpleNamespace(), None),
    )
    arguments = ("-o", tmp_path / "model.tflite", "--report", tmp_path / "report")
    assert "there is only one text" in refused("convert", tmp_path / "checkpoint", *arguments)


@pytest.mark.parametrize("arguments", [("--threads", 2), ("--runtime", "tflite-runtime")])
def test_evaluate_a_float_model(arguments, trained_run, topics_folder):
    message = refused("evaluate", trained_run.folder, topics_folder, *arguments)
    assert message == f"{arguments[0]} is for a .tflite file; leave it out"


@pytest.mark.parametrize("command", ["evaluate", "robustness"])
def test_columns_of_what_is_no_table(command, topics_model, texts):
    message = refused(command, topics_model, texts, "--label-column", "intent")
    assert message == f"label_column is for tables, and {texts} is none; leave it out"


def test_columns_of_a_verification(trained_run, monkeypatch):
    arguments = ("verify", trained_run.folder, "--target", "micro", "--label-separator", ",")
    run = dataclasses.replace(trained_run, dataset_name="reuters-r8")
    monkeypatch.setattr("tfsqueeze.training.trained_run.load_run", lambda _: run)
    assert "label_separator is for tables, and reuters-r8 is none" in refused(*arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--noise", "none", "--level", 0.3), "--level is for noises, and none is measured"),
        (("--attack", "none", "--max-changed", 0.9), "--max-changed is for attacks, and none is"),
    ],
)
def test_robustness(arguments, message, topics_model, topics_folder):
    data = topics_folder / "test.csv"
    assert message in refused("robustness", topics_model, data, "--texts", 3, *arguments)


def test_export(trained_run, tmp_path):
    arguments = ("export", trained_run.folder, "-o", tmp_path / "out", "--label-column", "x")
    message = "--label-column is for a target that measures data; leave it out"
    assert refused(*arguments, "--target", "web") == message
    arguments = ("export", tmp_path, "-o", tmp_path / "out", "--label-column", "x")
    message = "--label-column is for the data of a run or of --data; leave it out"
    assert refused(*arguments, "--target", "huggingface") == message
    assert not (tmp_path / "out").exists()

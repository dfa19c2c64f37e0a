"""The commands as a user types them: results, JSON, and errors of one line."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.main import get_command
from typer.testing import CliRunner

import tfsqueeze
from converters.experiments.comparison_options import ComparisonOptions
from converters.inference.text_classification_predictor import TextClassificationPredictor
from converters.runtime.interpreters import available_runtimes, open_model
from tfsqueeze.cli.main import app
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.robustness.measurement import RobustnessOptions
from tfsqueeze.tasks import TaskName
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError

REPOSITORY = Path(__file__).resolve().parents[3]
LABELS = ["animals", "food", "weather"]
COMMANDS = [
    "demo",
    "prepare",
    "pretrain",
    "train",
    "compare",
    "convert",
    "verify",
    "evaluate",
    "robustness",
    "predict",
    "predict-files",
    "search",
    "export",
    "check",
    "benchmark",
    "info",
]


@pytest.fixture
def run():
    """Runs a command in this process; returns click's result."""

    def invoke(*arguments, stdin=None):
        return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)

    return invoke


def parse(result):
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def error_of(result):
    """The one line that a refused command leaves, without its `error:`."""
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if not line.startswith("> ")]
    assert len(lines) == 1 and lines[0].startswith("error: "), result.stderr
    return lines[0].removeprefix("error: ")


def shell(*arguments, stdin=b""):
    """Runs a command in a process of its own; returns status, standard output and error."""
    done = subprocess.run(
        [sys.executable, "-c", "from tfsqueeze.cli.main import app; app()", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize("command", COMMANDS)
def test_help(run, command):
    result = run(command, "--help")
    assert result.exit_code == 0 and f"{command} [OPTIONS]" in result.output
    assert "[[" not in result.output and "]]" not in result.output


def test_help_shows_special_tokens_and_choices(run):
    assert "[MASK]" in run("predict", "--help").output
    train_help = run("train", "--help").output
    assert "[UNK]" in train_help
    assert all(name.value in " ".join(train_help.split()) for name in TaskName)
    assert "<int8|mobile|auto>" in run("convert", "--help").output


@pytest.mark.parametrize(
    "command, options",
    [
        ("train", TrainingOptions()),
        ("pretrain", PretrainingOptions()),
        ("compare", ComparisonOptions()),
        ("robustness", RobustnessOptions()),
    ],
)
def test_defaults_are_those_of_the_options(command, options):
    parameters = {
        parameter.name: parameter for parameter in get_command(app).commands[command].params
    }
    shared = parameters.keys() & {field.name for field in dataclasses.fields(options)}
    assert len(shared) >= 2
    for name in shared - {"unlabelled"}:
        default = parameters[name].default
        # None is chosen from the data.
        is_chosen = command == "train" and default is None
        assert is_chosen or default == getattr(options, name), name


def test_help_lists_every_command_and_loads_no_tensorflow():
    status, out, _ = shell("--help")
    assert status == 0 and all(command in out for command in COMMANDS)
    code = "import sys, tfsqueeze, tfsqueeze.cli.main; sys.exit('tensorflow' in sys.modules)"
    subprocess.run(
        [sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}
    )


def test_train_convert_predict(run, topics_folder, tmp_path):
    folder, file = tmp_path / "run", tmp_path / "topics.tflite"
    trained = parse(
        run(
            "train",
            topics_folder,
            "-o",
            folder,
            "--target",
            "micro",
            "--epochs",
            1,
            "--qat-epochs",
            1,
            "--max-length",
            16,
            "--vocab-size",
            200,
            "--learning-rate",
            0.01,
            "--dropout",
            0,
            "--word-dropout",
            0,
            "--batch-size",
            8,
            "--json",
        )
    )
    assert set(trained["validation_accuracy"]) == {"float", "qat"}
    assert trained["validation_accuracy"]["qat"] > 0.6
    converted = parse(run("convert", folder, "-o", file, "--max-length", 12, "--json"))
    assert converted["bytes"] == file.stat().st_size
    for row in converted["operators"]:
        assert set(row["inputs"]) | set(row["outputs"]) <= {"int8", "int32"}, row
    # The functions do the same: the run is a finished one for them, and the file is equal.
    again = tfsqueeze.train(
        topics_folder,
        folder,
        size="micro",
        epochs=1,
        qat_epochs=1,
        max_length=16,
        vocab_size=200,
        learning_rate=0.01,
        model={"hidden_dropout_prob": 0.0},
        word_dropout=0.0,
        batch_size=8,
    )
    assert again.history == trained["history"]
    content = tfsqueeze.convert(again, tmp_path / "again" / "topics.tflite", max_lengths=[12])
    assert content == file.read_bytes()
    assert content == (tmp_path / "again" / "topics.tflite").read_bytes()
    mobile = tfsqueeze.convert(folder, output_dtype="float32", profile="mobile")
    assert [row.dtype for row in open_model(mobile).output_details] == [np.float32]
    with pytest.raises(UserError, match="max_length 99"):
        tfsqueeze.convert(again, tmp_path / "again" / "long.tflite", max_lengths=[99])
    assert not (tmp_path / "again" / "long.tflite").exists()
    # The file alone, away from its run.
    alone = (tmp_path / "elsewhere").mkdir() or tmp_path / "elsewhere" / "model.tflite"
    file.rename(alone)
    (folder / "qat.keras").rename(tmp_path / "gone.keras")
    predictions = parse(
        run("predict", alone, "the cat dog cow fox", "the rain snow wind fog", "--json")
    )
    assert [prediction["label"] for prediction in predictions] == ["animals", "weather"]
    predictor = tfsqueeze.Predictor.open(alone)
    assert isinstance(predictor, TextClassificationPredictor)
    assert predictor.predict(["the rain snow wind fog"])[0].label == "weather"
    assert "(qat.keras is missing)" in error_of(run("convert", folder, "-o", file))
    assert not file.exists()


def test_predict_arguments_and_standard_input_agree(run, topics_model):
    texts = ["the cat dog horse", "the fog wind hail storm", "the cheese bread soup"]
    by_arguments = parse(run("predict", topics_model, *texts, "--json"))
    by_lines = parse(run("predict", topics_model, "--json", stdin="\n".join(texts) + "\n"))
    assert by_arguments == by_lines
    assert [prediction["label"] for prediction in by_lines] == ["animals", "weather", "food"]
    for prediction in by_lines:
        assert sum(prediction["probabilities"].values()) == pytest.approx(1)
        assert prediction["probability"] == prediction["probabilities"][prediction["label"]]
    table = run("predict", topics_model, "the soup cheese rice [bold]butter[/bold]")
    assert table.exit_code == 0 and "food" in table.stdout
    assert "[bold]butter[/bold]" in table.stdout


@pytest.mark.parametrize(
    "stdin, count",
    [
        (b"", 0),
        (b"\n", 1),
        ("a\u2028b\u0085c\x0cd\re\r\nf".encode(), 2),
        (b"\xff\xfe\x00\x80\n\xed\xa0\x80\n", 2),
        (b"\x1b[31mcat\x07\n", 1),
        ("\u202e\U0001f408 \u0000 cat".encode(), 1),
        (b"cat " * 262_144, 1),
    ],
    ids=["nothing", "blank", "line breaks", "not-utf8", "control", "marks", "1MB"],
)
def test_predict_takes_any_bytes(run, topics_model, stdin, count):
    predictions = parse(run("predict", topics_model, "--json", stdin=stdin))
    assert len(predictions) == count
    assert all(prediction["label"] in LABELS for prediction in predictions)
    table = run("predict", topics_model, stdin=stdin)
    assert table.exit_code == 0 and "\x1b[31m" not in table.stdout


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_predict_in_several_processes_prints_what_one_prints(run, options, topics_model):
    lines = "".join(f"the {'cat ' * (n % 9)}{n}\n" for n in range(150))
    expected = run("predict", topics_model, *options, stdin=lines)
    found = run("predict", topics_model, "--workers", 2, *options, stdin=lines)
    assert (found.exit_code, expected.exit_code) == (0, 0)
    assert found.stdout == expected.stdout
    assert "149" in found.stdout


def test_predict_in_a_process_of_its_own(topics_model):
    status, out, _ = shell(
        "predict",
        topics_model,
        "--json",
        "--runtime",
        available_runtimes()[0],
        stdin=b"the cow\n\xff\xff\n\n",
    )
    assert status == 0
    predictions = json.loads(out)
    assert len(predictions) == 3 and predictions[0]["label"] == "animals"


def test_evaluate(run, topics_model, topics_folder):
    metrics = parse(run("evaluate", topics_model, topics_folder / "test.csv", "--json"))
    assert metrics == parse(run("evaluate", topics_model, topics_folder, "--json"))
    assert metrics["accuracy"] > 0.8
    assert [row["label"] for row in metrics["per_class"]] == LABELS
    assert sum(row["support"] for row in metrics["per_class"]) == 30
    table = run("evaluate", topics_model, topics_folder)
    assert table.exit_code == 0 and "macro F1" in table.stdout


def test_verify(run, trained_run, topics_model, topics_folder, tmp_path):
    result = parse(
        run(
            "verify",
            trained_run.folder,
            "--model",
            topics_model,
            "--data",
            topics_folder,
            "--examples",
            20,
            "--report",
            tmp_path / "report",
            "--json",
        )
    )
    rows = [row for row in result["accuracy"] if row["runtime"] != "tensorflow"]
    assert {row["runtime"] for row in rows} == set(available_runtimes())
    assert {row["kernels"] for row in rows} == {"default", "reference"}
    for row in rows:
        assert row["examples"] == 20 and row["agreement_with_qat"] >= 0.9
        assert row["logit_error_mean"] < 2.0
    assert list((tmp_path / "report").glob("*.html"))
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert len(report["latency"]) == len(available_runtimes())
    # As many lines as there are texts would bury the scores.
    assert len(report.pop("predictions")) == 20 and "predictions" not in result
    assert report == result
    compared = parse(run("diff", tmp_path / "report", tmp_path / "report", "--json"))
    assert compared["predictions"]["examples"] == 20
    assert compared["predictions"]["difference"] == 0


def test_benchmark(run, topics_model):
    result = parse(run("benchmark", topics_model, "--rounds", 2, "--json"))
    assert result["files"] == [{"name": str(topics_model), "bytes": topics_model.stat().st_size}]
    assert len(result["latency"]) == len(available_runtimes())


def test_info(run, topics_model):
    installation = parse(run("info", "--json"))
    assert "squeezebert-micro" in installation["presets"]
    assert "reuters-r8" in installation["datasets"]
    preset = parse(run("info", "squeezebert-micro", "--json"))
    assert preset["config"]["hidden_size"] == 128
    parts = dict(preset["parameters"])
    assert parts.pop("total") == sum(parts.values())
    file = parse(run("info", topics_model, "--json"))
    assert file["file"]["every op int8"] == "yes"
    assert list(file["labels"].values()) == LABELS
    assert run("info").exit_code == run("info", topics_model).exit_code == 0


def test_damaged_model_is_one_line(run, topics_model, tmp_path):
    content = topics_model.read_bytes()
    cases = {
        "empty": b"",
        "text": b"not a model",
        "half": content[: len(content) // 2],
        "head": content[:64],
    }
    for name, damaged in cases.items():
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(damaged)
        for command in (["predict", path, "cat"], ["info", path], ["benchmark", path]):
            assert str(path) in error_of(run(*command))
    assert "cannot be read" in error_of(run("predict", tmp_path / "none.tflite", "cat"))


def test_unfit_data_is_one_line(run, topics_model, topics_folder, tmp_path):
    table = tmp_path / "data.csv"
    table.write_text("phrase,label\nthe cat,animals\n")
    assert "no column 'text'" in error_of(run("evaluate", topics_model, table))
    table.write_text("text,label\nthe cat,animals\na car,vehicles\n")
    message = error_of(run("evaluate", topics_model, table))
    assert "1 of the 2 examples of data.csv have the labels vehicles" in message
    message = error_of(run("train", "no-such-dataset", "-o", tmp_path / "run"))
    assert "no-such-dataset" in message and "reuters-r8" in message
    assert "no column 'topic'" in error_of(
        run("train", topics_folder, "-o", tmp_path / "run", "--label-column", "topic")
    )
    assert not (tmp_path / "run").exists()


def test_wrong_arguments_are_one_line(run, topics_model, topics_folder, trained_run, tmp_path):
    assert "is not a folder" in error_of(
        run("convert", tmp_path / "none", "-o", tmp_path / "x.tflite")
    )
    assert "config.json" in error_of(run("convert", tmp_path, "-o", tmp_path / "x.tflite"))
    assert "'--output-dtype': 'int4' is not one of 'int8', 'float32'" in error_of(
        run("convert", trained_run.folder, "-o", tmp_path / "x.tflite", "--output-dtype", "int4")
    )
    assert "max_length 99" in error_of(
        run("convert", trained_run.folder, "-o", tmp_path / "x.tflite", "--max-length", 99)
    )
    assert "'--profile': 'fast' is not one of 'int8', 'mobile'" in error_of(
        run("convert", trained_run.folder, "-o", tmp_path / "x.tflite", "--profile", "fast")
    )
    assert not list(tmp_path.iterdir())
    assert "'--runtime': 'tensorrt' is not one of 'litert', 'tflite-runtime'" in error_of(
        run("predict", topics_model, "cat", "--runtime", "tensorrt")
    )
    assert "'--task': 'poetry' is not one of 'text-classification', 'multi-" in error_of(
        run("train", topics_folder, "-o", tmp_path / "run", "--task", "poetry")
    )
    assert "'--objective': 'gan' is not one of 'distill', 'mlm'" in error_of(
        run("pretrain", topics_folder, "-o", tmp_path / "run", "--objective", "gan")
    )
    assert "'--method': 'magic' is not one of 'majority', 'classical'" in error_of(
        run("compare", topics_folder, "-o", tmp_path / "run", "--method", "magic")
    )
    assert "'--epochs': Input should be a valid integer" in error_of(
        run("train", topics_folder, "-o", tmp_path / "run", "--epochs", "many")
    )
    assert "Missing option '--output'" in error_of(run("train", topics_folder))
    assert "no preset is named 'huge'" in error_of(run("info", "huge"))
    assert "epochs must be at least 1" in error_of(
        run("train", topics_folder, "-o", tmp_path / "run", "--target", "micro", "--epochs", 0)
    )
    status, out, err = shell("predict", tmp_path / "none.tflite", "cat")
    assert (status, out) == (1, "") and err.startswith("error: ") and err.count("\n") == 1


@pytest.fixture(scope="module")
def classifier(topics_model):
    return TextClassificationPredictor.open(topics_model)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.text(st.characters()), max_size=4))
def test_any_text_has_a_label(classifier, texts):
    """Lone surrogates too, which JSON and file names can bring in."""
    predictions = classifier.predict(texts)
    assert [prediction.text for prediction in predictions] == texts
    for prediction in predictions:
        assert prediction.label in LABELS
        assert 0 <= prediction.probability <= 1
        assert list(prediction.probabilities) == LABELS


def test_empty_and_huge_texts_have_a_label(classifier):
    for text in ("", " \t", "cat " * 262_144, "x" * 1_048_576):
        assert classifier.predict([text])[0].label in LABELS


def test_export_and_check(run, trained_run, tmp_path):
    folder, picture = tmp_path / "coral", tmp_path / "graph.svg"
    exported = parse(
        run("export", trained_run.folder, "--target", "edgetpu", "-o", folder, "--json")
    )
    checked = parse(run("check", folder / "body.tflite", "--picture", picture, "--json"))
    assert checked["operators"] == exported["operators"]
    assert "<svg" in picture.read_text()
    table = run("check", folder / "body.tflite")
    assert table.exit_code == 0 and "BATCH_MATMUL" in table.stdout


def test_export_and_check_name_what_is_wrong(run, trained_run, tmp_path, topics_model):
    folder = tmp_path / "out"
    assert "'--target': 'toaster' is not one of 'edgetpu', 'ethos-u'" in error_of(
        run("export", trained_run.folder, "--target", "toaster", "-o", folder)
    )
    assert "max_length 99" in error_of(
        run("export", trained_run.folder, "--target", "edgetpu", "-o", folder, "--max-length", 99)
    )
    assert not folder.exists()
    assert "not a .tflite file" in error_of(run("check", trained_run.folder / "config.json"))
    assert "a picture is a .svg or .png" in error_of(
        run("check", topics_model, "--picture", tmp_path / "graph.gif")
    )


def test_a_loss_of_pretraining_without_a_number_is_refused(run, tmp_path):
    result = run("pretrain", tmp_path, "-o", tmp_path / "run", "--loss", "relations")
    assert error_of(result) == (
        "--loss relations is not NAME=WEIGHT with a number, such as relations=1"
    )

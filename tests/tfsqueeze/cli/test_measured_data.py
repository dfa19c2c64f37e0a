"""What the commands measure a model on: nothing that it was trained on, and pairs as pairs."""

from __future__ import annotations

import json
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from tfsqueeze.cli.main import app
from tfsqueeze.cli.measured_data import load_measured_of_run
from tfsqueeze.tasks import SENTENCE_EMBEDDINGS, TEXT_CLASSIFICATION

SEED = 5
COLUMNS = {"text_column": "text", "label_column": "label", "text_pair_column": None}
PAIRS = "premise,hypothesis,label\n" + "".join(f"a{n},b{n},{n % 2}\n" for n in range(100))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The present folder, with a file and a folder that a run may have been trained on."""
    rows = "text,label\n" + "".join(f"text {n},{'xy'[n % 2]}\n" for n in range(100))
    (tmp_path / "mail.csv").write_text(rows)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "train.csv").write_text(rows)
    (tmp_path / "pairs.csv").write_text(PAIRS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def trained(folder, monkeypatch):
    """A run that `load_run` gives, without its models."""
    run = SimpleNamespace(
        task=TEXT_CLASSIFICATION,
        folder=folder / "run",
        dataset_name="mail.csv",
        options=SimpleNamespace(seed=SEED),
        reads_pairs=False,
    )
    run.folder.mkdir()
    (run.folder / "run.json").write_text("{}")
    monkeypatch.setattr("tfsqueeze.training.trained_run.load_run", lambda _: run)
    monkeypatch.setattr("tfsqueeze.training.calibrated_checkpoint.load_run", lambda _: run)
    return run


@pytest.fixture
def exporter(monkeypatch):
    """A target that measures as many texts as it is given, and keeps them."""
    target = SimpleNamespace(
        measured={}, has_scores=True, searches_texts=False, shares_folder=False
    )
    result = SimpleNamespace(to_dict=lambda: {}, has_mismatches=False)

    def verify(_, parts):
        target.measured = {name: part.texts for name, part in parts.items()}
        return result

    def export(_, folder, max_length, examples, searched):
        target.measured = {"examples": examples.examples.texts}
        return result

    target.require_supported = lambda _: None
    target.verify, target.export = verify, export
    monkeypatch.setattr("converters.targets.registry.load_target", lambda *_: target)
    return target


def run(*arguments):
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    return result


def splits_of(data):
    return TEXT_CLASSIFICATION.data.load_splits(data, seed=SEED)


@pytest.fixture
def evaluate(trained, monkeypatch):
    """Evaluates a file of the run; returns the texts that it was measured on."""
    predictor = SimpleNamespace(
        task=TEXT_CLASSIFICATION,
        metadata=SimpleNamespace(pairs=False),
        evaluate=lambda test, *_, **__: {"texts": test.texts},
    )

    def texts(data):
        predictor.metadata.extra = {"dataset": trained.dataset_name, "options": {"seed": SEED}}
        monkeypatch.setattr(
            "converters.inference.predictor.Predictor.open", lambda *_, **__: predictor
        )
        return json.loads(run("evaluate", "mine.tflite", data).stdout)["texts"]

    return texts


@pytest.fixture
def verify(trained, monkeypatch):
    """Verifies the run; returns the texts that it was measured on."""
    measured = []
    monkeypatch.setattr("converters.conversion.runs.convert_run", lambda *_: b"")
    monkeypatch.setattr(
        "converters.experiments.run_verification.verify_run",
        lambda run, models, test: measured.append(test.texts) or {},
    )

    def texts(data):
        run("verify", trained.folder, "--data", data)
        return measured[-1]

    return texts


@pytest.fixture
def verify_target(trained, exporter):
    """Verifies the run for a target; returns the texts that it was measured on."""

    def texts(data):
        run("verify", trained.folder, "--target", "micro", "--data", data)
        return exporter.measured[str(data)]

    return texts


@pytest.fixture
def export(trained, exporter, monkeypatch):
    """Exports the run; returns the texts that it was measured on."""

    @contextmanager
    def replaced(folder):
        yield folder

    monkeypatch.setattr("converters.targets.export_folder.replace_export", replaced)

    def texts(data):
        run("export", trained.folder, "--target", "huggingface", "-o", "out", "--data", data)
        return exporter.measured["examples"]

    return texts


@pytest.mark.parametrize("command", ["evaluate", "verify", "verify_target", "export"])
def test_no_example_of_training_is_measured_on(command, request, trained, folder):
    measured_on = request.getfixturevalue(command)
    held_out = splits_of("mail.csv").test.texts
    assert len(held_out) == 20
    for same in ("mail.csv", "./mail.csv", folder / "mail.csv"):
        assert measured_on(same) == held_out, same
    (folder / "copy.csv").write_text((folder / "mail.csv").read_text())
    assert len(measured_on("copy.csv")) == 100
    # Without a test part it is the validation part of that training.
    trained.dataset_name = "parts"
    assert measured_on("./parts") == splits_of("parts").validation.texts


def test_options_of_a_verification_for_a_target(trained, exporter):
    arguments = ("verify", trained.folder, "--target", "micro", "--data", "mail.csv")
    run(*arguments, "--examples", 7)
    assert len(exporter.measured["mail.csv"]) == 7
    exporter.measured = {}
    for option in ("--model", "--calibration", "--report"):
        result = CliRunner().invoke(app, [*map(str, arguments), option, "other"])
        assert result.exit_code == 1 and f"{option} is not for --target" in result.stderr
    assert not exporter.measured


def test_what_reads_pairs_finds_them(trained, capsys):
    assert load_measured_of_run(trained, "pairs.csv", COLUMNS).text_pairs is None
    trained.reads_pairs = True
    assert load_measured_of_run(trained, "pairs.csv", COLUMNS).text_pairs[0] == "b0"
    assert "the second ones are in the column hypothesis" in capsys.readouterr().err
    # A checkpoint that was calibrated on single texts must not be measured on half of the pairs.
    trained.reads_pairs = False
    (trained.folder / "run.json").unlink()
    assert load_measured_of_run(trained, "pairs.csv", COLUMNS).text_pairs[0] == "b0"
    # An embedder reads single texts, and pairs tell how good it is.
    (trained.folder / "run.json").write_text("{}")
    trained.task, trained.dataset_name = SENTENCE_EMBEDDINGS, "pairs.csv"
    named = {**COLUMNS, "text_pair_column": "hypothesis"}
    splits = SENTENCE_EMBEDDINGS.data.load_splits("pairs.csv", **named, seed=SEED)
    found = load_measured_of_run(trained, None, COLUMNS)
    assert (found.texts, found.text_pairs) == (splits.test.texts, splits.test.text_pairs)


def test_a_hub_id_may_have_a_dot(folder, monkeypatch):
    opened = []

    def open_checkpoint(name, *_):
        opened.append(name)
        raise KeyboardInterrupt

    monkeypatch.setattr("tfsqueeze.training.checkpoint.open_checkpoint", open_checkpoint)
    CliRunner().invoke(app, ["evaluate", "org/model-v1.0", "mail.csv"])
    assert opened == ["org/model-v1.0"]
    result = CliRunner().invoke(app, ["evaluate", "org/model.tflite", "mail.csv"])
    assert "org/model.tflite cannot be read" in result.stderr

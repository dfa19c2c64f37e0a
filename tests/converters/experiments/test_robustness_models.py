"""`tfsqueeze robustness` of a trained run and of a .tflite file."""

from __future__ import annotations

import dataclasses
import json
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from converters.experiments.robustness_baselines import TfidfLabels
from converters.experiments.robustness_models import (
    FLOAT,
    INT8,
    add_baseline,
    load_data,
    load_models,
    word_table,
)
from tfsqueeze.cli.main import app
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.robustness.attacks import ATTACKS
from tfsqueeze.robustness.noises import NOISES
from tfsqueeze.tasks import SENTENCE_EMBEDDINGS

TFIDF = TfidfLabels.title


@pytest.fixture(scope="module")
def run_folder(trained_run, topics_folder, tmp_path_factory):
    """The run, with a dataset that can be found again by its name."""
    folder = tmp_path_factory.mktemp("robust") / "run"
    shutil.copytree(trained_run.folder, folder)
    claim = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**claim, "dataset": str(topics_folder)}))
    return folder


@pytest.fixture(scope="module")
def models(run_folder):
    return load_models(run_folder)


def robustness(*arguments):
    return CliRunner().invoke(app, ["robustness", *map(str, arguments)])


def error_of(result):
    assert result.exit_code == 1, result.output
    lines = [line for line in result.stderr.splitlines() if not line.startswith("> ")]
    assert len(lines) == 1
    return lines[0].removeprefix("error: ")


def test_the_models_of_a_run_agree_and_know_its_words(models, topics_folder, trained_run):
    data = load_data(models, None, text_column="text", label_column="label")
    add_baseline(models, data)
    test = data.test
    assert test.texts == load_dataset(topics_folder).test.texts
    assert list(models.models) == [INT8, FLOAT, TFIDF] and models.notes == []
    found = {name: model.judge(test) for name, model in models.models.items()}
    for name, verdicts in found.items():
        accuracy = np.mean([verdict.right for verdict in verdicts])
        assert accuracy > 0.9 and models.models[name].score(test) == {"accuracy": accuracy}, name
        for verdict, label in zip(verdicts, test.labels, strict=True):
            assert verdict.right == (verdict.predicted == label)
    int8, float32 = (
        np.array([verdict.confidence for verdict in found[name]]) for name in (INT8, FLOAT)
    )
    assert np.abs(int8 - float32).max() < 0.15
    assert models.words.neighbours("corn") == [] and len(models.words.neighbours("dog")) == 10


def test_the_table_of_a_tflite_file_is_that_of_its_quantized_model(topics_model, trained_run):
    vocabulary = trained_run.tokenizer.vocabulary
    table = word_table(topics_model, len(vocabulary))
    trained = trained_run.float_model.get_layer("embeddings").word_embeddings.numpy()
    assert table.shape == trained.shape and table.dtype == np.float32
    # Quantization-aware training moved it, and int8 rounds it.
    similarity = (table * trained).sum() / np.linalg.norm(table) / np.linalg.norm(trained)
    assert similarity > 0.98
    assert word_table(topics_model, len(vocabulary) + 1) is None


@pytest.mark.slow
def test_a_run_is_measured_beside_tfidf(run_folder, tmp_path):
    result = robustness(
        run_folder,
        "--texts",
        6,
        "--noise",
        "drop",
        "--noise",
        "lost_spaces",
        "--noise",
        "synonyms",
        "--level",
        0.5,
        "--level",
        0.1,
        "--attack",
        "deepwordbug",
        "--json",
        "-o",
        tmp_path / "report",
    )
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found == json.loads((tmp_path / "report" / "robustness.json").read_text())
    assert found["models"] == [INT8, FLOAT, TFIDF] and found["examples"] == 6
    assert found["options"]["levels"] == [0.1, 0.5] and found["left_out"] == []
    assert [row["noise"] for row in found["noises"]] == ["drop", "lost_spaces", "synonyms"]
    assert all(found["clean"][model] > 0.8 for model in found["models"])
    assert [row["model"] for row in found["attacks"]] == found["models"]
    assert all(len(row["results"]) == 6 for row in found["attacks"])
    assert "robustness-noise.png" in {path.name for path in (tmp_path / "report").iterdir()}


def test_a_file_whose_training_texts_are_gone_is_measured_alone(topics_model, topics_folder):
    result = robustness(
        topics_model,
        topics_folder / "test.csv",
        "--texts",
        4,
        "--noise",
        "ocr",
        "--level",
        0.3,
        "--attack",
        "textfooler",
    )
    assert result.exit_code == 0, result.output
    assert INT8 in result.stdout and TFIDF not in result.stdout
    assert "Without TF-IDF" in result.stdout and "textfooler" in result.stdout


def test_a_file_with_a_dataset_is_measured_beside_tfidf_on_it(topics_model, topics_folder):
    result = robustness(
        topics_model,
        topics_folder,
        "--texts",
        3,
        "--noise",
        "swap",
        "--level",
        0.3,
        "--attack",
        "none",
        "--json",
    )
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["models"] == [INT8, TFIDF] and found["attacks"] == []
    assert found["notes"] == [f"TF-IDF is fitted to the training part of {topics_folder.name}."]


def test_a_file_of_training_is_measured_on_its_held_out_part(
    models, topics_folder, tmp_path, monkeypatch
):
    file = tmp_path / "texts.csv"
    file.write_text((topics_folder / "train.csv").read_text())
    monkeypatch.chdir(tmp_path)
    of_file = dataclasses.replace(models, dataset_name="texts.csv", models={}, notes=[])
    held_out = load_dataset("texts.csv").test.texts
    columns = {"text_column": "text", "label_column": "label"}
    for same in (None, "./texts.csv", str(file)):
        data = load_data(of_file, same, **columns)
        assert data.test.texts == held_out, same
    add_baseline(of_file, data)
    assert of_file.notes == []
    # All of another file is measured on, and of several as well.
    (tmp_path / "other.csv").write_text(file.read_text())
    for other in ("other.csv", "oth*.csv"):
        assert len(load_data(of_file, other, **columns).test) > len(held_out)


def test_an_embedder_is_measured_on_pairs(models, tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("sentence1,sentence2,score\n" + "a,b,1\nc,d,2\n" * 5)
    embedder = dataclasses.replace(models, task=SENTENCE_EMBEDDINGS, dataset_name=None)
    data = load_data(embedder, str(path), text_column="text", label_column="label")
    assert data.test.text_pairs[:2] == ["b", "d"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--noise", "rust"], "'--noise': 'rust' is not one of 'keyboard', 'swap'"),
        (["--noise", "ocr", "--noise", "none"], "there is no noise 'none'; choose some of keyb"),
        (["--attack", "rust"], "'--attack': 'rust' is not one of 'deepwordbug', 'textfooler'"),
        (["--level", "much"], "Invalid value for '--level': Input should be a valid number"),
        (["--level", "2"], "a noise level must be above 0 and at most 1, not 2"),
        (["--noise", "none", "--attack", "none"], "neither a noise nor an attack"),
        ([], "is neither a file nor a folder nor a known dataset"),
    ],
)
def test_refusals_are_one_line(topics_model, arguments, message):
    assert message in error_of(robustness(topics_model, *arguments))


def test_help_names_every_noise_and_attack():
    result = CliRunner().invoke(app, ["robustness", "--help"], env={"COLUMNS": "200"})
    assert all(name in result.output for name in (*NOISES, *ATTACKS))


def test_a_missing_file_is_named(tmp_path):
    assert "nothing.tflite cannot be read" in error_of(robustness(tmp_path / "nothing.tflite"))
    assert "holds no finished training run" in error_of(robustness(tmp_path))

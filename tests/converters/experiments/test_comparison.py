"""`tfsqueeze compare`: every method is trained, measured and reported, and nothing twice."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from converters.experiments import comparison, comparison_methods
from converters.experiments.comparison import find_claims
from converters.experiments.comparison_methods import (
    check_comparable,
    fitting_copies,
    fitting_length,
    fitting_methods,
    token_counts,
)
from converters.experiments.comparison_options import METHODS, ComparisonOptions
from converters.runtime.interpreters import open_model
from tfsqueeze import BertConfig, BertModel
from tfsqueeze.cli.main import app
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.models.squeezebert import SqueezeBertModel
from tfsqueeze.tasks import SENTENCE_EMBEDDINGS, TEXT_CLASSIFICATION, TOKEN_CLASSIFICATION
from tfsqueeze.utils.errors import UserError

pytestmark = pytest.mark.slow

SIZES = {
    "hidden_size": 24,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
}


@pytest.fixture(scope="module")
def folders(trained_run, tmp_path_factory):
    """A small teacher and a small backbone with the same tokenizer."""
    root = tmp_path_factory.mktemp("pretrained")
    vocab_size = trained_run.tokenizer.vocab_size
    for name, model in (
        ("teacher", BertModel(BertConfig(**SIZES, vocab_size=vocab_size))),
        (
            "backbone",
            SqueezeBertModel(
                load_preset(
                    "squeezebert-tiny", **{**SIZES, "embedding_size": 16, "vocab_size": vocab_size}
                )
            ),
        ),
    ):
        model.save_pretrained(root / name)
        trained_run.tokenizer.save_pretrained(root / name)
    return root


@pytest.fixture(scope="module")
def compared(folders, topics_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    patch = pytest.MonkeyPatch()
    patch.setattr(comparison_methods, "TEACHER", str(folders / "teacher"))
    patch.setattr(comparison, "_LATENCY_ROUNDS", 3)
    arguments = [
        "compare",
        str(topics_folder),
        "-o",
        str(folder),
        "--backbone",
        str(folders / "backbone"),
        "--seeds",
        "1",
        "--teacher-epochs",
        "2",
        "--scratch-epochs",
        "2",
        "--distilled-epochs",
        "1",
        "--distilled-tokens",
        "1500",
        "--json",
    ]
    yield folder, arguments
    patch.undo()


@pytest.mark.benchmarks
def test_all_methods_are_in_the_report_and_nothing_is_trained_twice(compared, monkeypatch):
    folder, arguments = compared
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    (found,) = json.loads(result.stdout)
    assert found == json.loads((folder / "comparison.json").read_text())[0]
    rows = {(row["method"], row["precision"]): row for row in found["rows"]}
    assert list(rows) == [
        ("majority", None),
        ("classical", None),
        *(
            (method, precision)
            for method in ("teacher", "distilbert", "albert", "scratch", "distilled")
            for precision in ("float32", "int8")
        ),
    ]
    assert rows["majority", None]["mean"] == pytest.approx(1 / 3)
    assert rows["classical", None]["mean"] > 0.9
    for (_, precision), row in rows.items():
        assert 0 <= row["mean"] <= 1 and row["std"] is None
        if precision:
            assert row["milliseconds"] > 0 and row["macs"] > 0
    assert rows["teacher", "int8"]["bytes"] < rows["teacher", "float32"]["bytes"]
    # ALBERT's layers share their weights, and each computes.
    assert rows["albert", "int8"]["bytes"] < rows["distilbert", "int8"]["bytes"]
    text = (folder / "comparison.md").read_text()
    assert "SqueezeBERT distilled, int8" in text and "points above the teacher" in text
    assert (folder / "comparison.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"

    monkeypatch.setattr(comparison, "train_task", None)
    again = CliRunner().invoke(app, arguments)
    assert again.exit_code == 0, again.output
    assert [row["scores"] for row in json.loads(again.stdout)[0]["rows"]] == [
        row["scores"] for row in found["rows"]
    ]
    table = CliRunner().invoke(app, arguments[:-1])
    assert table.exit_code == 0 and "points above the teacher" in table.output, table.output
    other = CliRunner().invoke(app, [*arguments, "--max-length", "9"])
    assert other.exit_code == 1 and "other max_length" in other.output
    for wrong in ("elsewhere=texts", "no-source"):
        refused = CliRunner().invoke(app, [*arguments, "--unlabelled", wrong])
        assert refused.exit_code == 1 and "give DATASET=TEXTS" in refused.output


def test_pairs_are_compared_by_both_texts(compared, pairs_folder, tmp_path):
    _, arguments = compared
    arguments = ["compare", str(pairs_folder), "-o", str(tmp_path), *arguments[4:]]
    for method in ("classical", "teacher", "distilbert", "distilled"):
        arguments += ["--method", method]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    (found,) = json.loads(result.stdout)
    # Up to 5 words each, [CLS] and two [SEP].
    assert 9 < found["max_length"] <= 13
    rows = {(row["method"], row["precision"]): row for row in found["rows"]}
    # DistilBERT tells no pairs of texts apart.
    assert list(rows) == [
        ("classical", None),
        *((method, x) for method in ("teacher", "distilled") for x in ("float32", "int8")),
    ]
    assert rows["classical", None]["mean"] > 0.5
    content = (tmp_path / pairs_folder.name / "seed-0" / "distilled-int8.tflite").read_bytes()
    assert {detail.name for detail in open_model(content).input_details} == {
        "input_ids",
        "token_type_ids",
    }


@pytest.mark.parametrize(
    ("data", "task", "score"),
    [
        ("conll_folder", "token-classification", "f1"),
        ("snips_folder", "intent-and-slots", "frame_accuracy"),
        ("squad_folder", "question-answering", "f1"),
    ],
)
def test_other_tasks_are_compared_by_their_scores(compared, data, task, score, request, tmp_path):
    folder = request.getfixturevalue(data)
    arguments = ["compare", str(folder), "-o", str(tmp_path), *compared[1][4:]]
    chosen = ["majority", "classical", "teacher"]
    chosen += ["distilled"] if task == "token-classification" else []
    for method in chosen:
        arguments += ["--method", method]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    (found,) = json.loads(result.stdout)
    assert (found["task"], found["score"]) == (task, score)
    # The most frequent label is one of a whole text.
    assert [row["method"] for row in found["rows"]] == [
        "classical",
        *(method for method in chosen[2:] for _ in range(2)),
    ]
    assert all(0 <= row["mean"] <= 1 for row in found["rows"])


def test_which_methods_fit_a_task():
    methods, left_out = fitting_methods(TOKEN_CLASSIFICATION, False, tuple(METHODS))
    assert "distilbert" in methods and list(left_out) == ["majority"]
    methods, left_out = fitting_methods(TEXT_CLASSIFICATION, True, tuple(METHODS))
    assert left_out == {"distilbert": "has no token types for pairs"}
    with pytest.raises(UserError, match="not for sentence-embeddings"):
        check_comparable(SENTENCE_EMBEDDINGS)


def test_claims_compare_the_rows_that_are_there():
    def row(method, precision, mean, size=None):
        return {
            "method": method,
            "precision": precision,
            "mean": mean,
            "bytes": size,
            "milliseconds": None,
        }

    rows = [
        row("classical", None, 0.90),
        row("teacher", "float32", 0.95),
        row("teacher", "int8", 0.94, 400),
        row("distilled", "int8", 0.93, 100),
    ]
    claims = {claim.text: claim.value for claim in find_claims(rows)}
    assert claims == {
        "points above the teacher": pytest.approx(-2.0),
        "points above the classical method": pytest.approx(3.0),
        "of the bytes of the teacher's int8": 0.25,
    }


def test_the_length_fits_nearly_all_texts(folders, topics_folder):
    options = ComparisonOptions(backbone=str(folders / "backbone"), max_length=64)
    texts = load_dataset(topics_folder).train
    counts = token_counts(TEXT_CLASSIFICATION, texts, options)
    assert fitting_length(counts) == counts.max() <= 13  # "the", 10 words, [CLS] and [SEP]
    assert fitting_length(np.repeat([20, 64], [999, 1])) == 24
    copies = fitting_copies(texts, counts, 10_000)
    assert (1 + copies) * counts.sum() == pytest.approx(10_000, rel=0.2)
    assert fitting_copies(texts, counts, 10) == 0
    short = dataclasses.replace(options, max_length=9)
    assert fitting_length(token_counts(TEXT_CLASSIFICATION, texts, short)) == 9


def test_edited_data_are_not_compared_with_those_before(folders, topics_folder, tmp_path):
    options = ComparisonOptions(
        backbone=str(folders / "backbone"), methods=("majority", "classical"), seeds=1
    )
    splits = load_dataset(topics_folder)
    arguments = (str(topics_folder), TEXT_CLASSIFICATION)
    comparison.compare(tmp_path, *arguments, lambda _: splits, options)
    for part in ("train", "validation", "test"):
        dataset = getattr(splits, part)
        _, *labels = dataset.labels
        edited = dataclasses.replace(dataset, labels=[labels[0], *labels])
        other = dataclasses.replace(splits, **{part: edited})
        with pytest.raises(UserError, match="holds a run with other data"):
            comparison.compare(tmp_path, *arguments, lambda _, other=other: other, options)


def test_options_that_do_not_fit():
    with pytest.raises(UserError, match="choose some of majority"):
        ComparisonOptions(methods=("magic",))
    with pytest.raises(UserError, match="distilled needs the method teacher"):
        ComparisonOptions(methods=("distilled",))
    with pytest.raises(UserError, match="seeds"):
        ComparisonOptions(seeds=0)

"""`python -m benchmarks initializations` and `backbone`, with the real MiniLM."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from benchmarks import backbone_texts, short_distillations
from benchmarks.cli import app
from benchmarks.initializations import compare_initializations
from benchmarks.shapes import parse_shape
from converters.reports.page import escape_markdown
from tfsqueeze.checkpoints.minilm import minilm_folder
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.models.squeezebert import SqueezeBertModel
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

pytestmark = pytest.mark.benchmarks


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text(
        "\n".join(
            f"the {place} of {thing} number {number} is open to all who like it ."
            for number in range(16)
            for place in ("house", "garden", "shop", "school")
            for thing in ("books", "birds")
        )
        + "\n",
        "utf-8",
    )
    return path


@pytest.fixture
def few_texts(monkeypatch):
    monkeypatch.setattr(short_distillations, "HELD_OUT", 32)
    monkeypatch.setattr(short_distillations, "BATCH", 16)


def test_starts_are_compared(texts, few_texts, tmp_path):
    result = CliRunner().invoke(
        app,
        [
            "initializations",
            str(texts),
            "--steps",
            "4",
            "--output-folder",
            str(tmp_path / "out"),
            "--json",
        ],
    )
    assert result.exit_code == 0, result.output
    (run,) = json.loads(result.stdout)["runs"]
    losses = {row["method"]: row["start"]["sentences"] for row in run["initializations"]}
    assert list(losses) == list(short_distillations.METHODS)
    assert losses["least_squares"] < losses["block_diagonal"] < losses["random"]
    assert all(
        row["end"]["sentences"] < row["start"]["sentences"] for row in run["initializations"]
    )
    assert "layers by least squares" in (tmp_path / "out" / "initializations.md").read_text()
    with pytest.raises(UserError, match="fewer than the 992"):
        compare_initializations([str(texts)], tmp_path, steps=60, preset="squeezebert-tiny")


def test_shapes_are_compared(texts, few_texts, tmp_path):
    result = CliRunner().invoke(
        app,
        [
            "shapes",
            str(texts),
            "--preset",
            "squeezebert-tiny",
            "--shape",
            "embedding_size=16,num_hidden_layers=1",
            "--steps",
            "4",
            "--output-folder",
            str(tmp_path / "out"),
            "--json",
        ],
    )
    assert result.exit_code == 0, result.output
    (run,) = json.loads(result.stdout)["runs"]
    preset, narrow = run["shapes"]
    assert preset["name"] == "squeezebert-tiny"
    assert narrow["name"] == "embedding_size 16, num_hidden_layers 1"
    assert narrow["parameters"] < preset["parameters"]
    assert escape_markdown("embedding_size 16") in (tmp_path / "out" / "shapes.md").read_text()
    with pytest.raises(UserError, match="--shape wide is not NAME=NUMBER"):
        parse_shape("wide")


def test_a_backbone_is_measured(topics_folder, tmp_path):
    tokenizer = WordPieceTokenizer.from_pretrained(minilm_folder())
    SqueezeBertModel(load_preset("squeezebert-tiny")).save_pretrained(tmp_path / "backbone")
    tokenizer.save_pretrained(tmp_path / "backbone")
    result = CliRunner().invoke(
        app,
        [
            "backbone",
            str(tmp_path / "backbone"),
            "--data",
            str(topics_folder),
            "--output-folder",
            str(tmp_path),
            "--json",
        ],
    )
    assert result.exit_code == 0, result.output
    (run,) = json.loads(result.stdout)["runs"]
    minilm, ours, random = run["backbone"]
    assert minilm["accuracy"] > 0.9 and minilm["cosine"] is None
    for row in (ours, random):
        assert -1 <= row["cosine"] <= 1 and -1 <= row["spearman"] <= 1
    assert "rank correlation" in (tmp_path / "backbone.md").read_text()


@pytest.fixture
def datasets(tmp_path):
    """A folder in the layout of the datasets that backbones learn from, with three articles."""
    folder = tmp_path / "data"

    def write(name, content):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")

    write("text/prose.txt", "".join(f"this is line {i} of some prose\n" for i in range(40)))
    question = {"id": "1", "question": "Where?", "answers": [{"text": "here", "answer_start": 6}]}
    squad = {"data": [{"paragraphs": [{"context": "It is here.", "qas": [question]}]}]}
    for name in backbone_texts.QUESTIONS:
        write(f"qa/{name}/train.json", json.dumps(squad))
    for name in backbone_texts.ENTAILMENT:
        write(f"pairs/{name}/train.tsv", "text\tother\tlabel\nA cat  sleeps.\tIt rests.\tyes\n")
    rows = [f"{label}\t{label} text number {i}" for i in range(10) for label in ("in", "out")]
    write("clinc150/train.tsv", "label\ttext\n" + "\n".join(rows))
    write("clinc150/val.tsv", "label\ttext\nin\tunseen text\n")
    return folder


def test_texts_of_backbones_are_training_texts_and_pairs(datasets, tmp_path, monkeypatch):
    monkeypatch.setattr(backbone_texts, "CLASSIFICATION", ("clinc150",))
    for name in ("first", "second"):
        result = CliRunner().invoke(app, ["backbone-texts", str(datasets), str(tmp_path / name)])
        assert result.exit_code == 0, result.output
    texts = (tmp_path / "first" / "texts.txt").read_text("utf-8").splitlines()
    assert len(texts) == len(set(texts))
    assert {"Where?", "It is here.", "A cat sleeps.", "It rests.", "in text number 3"} <= {*texts}
    assert "unseen text" not in texts
    assert "this is line 7 of some prose" in texts
    pairs = [
        line.split("\t")
        for line in (tmp_path / "first" / "pairs.tsv").read_text("utf-8").splitlines()
    ]
    assert ["Where?", "It is here."] in pairs and ["A cat sleeps.", "It rests."] in pairs
    prose = [(excerpt, passage) for excerpt, passage in pairs if "prose" in passage]
    assert prose and all(set(excerpt.split()) <= set(passage.split()) for excerpt, passage in prose)
    for name in ("texts.txt", "pairs.tsv"):
        first, second = (tmp_path / run / name for run in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()

"""Confidence on labelled texts, and on texts of no label."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from converters.inference.predictor import Predictor
from tfsqueeze.cli.main import app
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.sources.evaluation_set import load_texts
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.utils.errors import UserError


def test_texts_of_no_label_are_told_apart(topics_folder, topics_model):
    test = load_dataset(topics_folder).test
    predictor = Predictor.open(topics_model)
    nonsense = TextDataset("nonsense", ["qqq zzz", "the xx", "", "vvv"] * 5)
    metrics = predictor.evaluate(test, out_of_scope=nonsense)
    assert metrics["out_of_scope"]["texts"] == 20
    assert metrics["out_of_scope"]["auroc"] > 0.6
    assert metrics["out_of_scope"]["energy_auroc"] > 0.6
    same = predictor.evaluate(test, out_of_scope=test)["out_of_scope"]
    assert same["auroc"] == pytest.approx(0.5) == same["energy_auroc"]
    assert 0 <= metrics["expected_calibration_error"] <= 1
    assert "out_of_scope" not in predictor.evaluate(test)


def test_the_command(topics_folder, topics_model, tmp_path):
    others = tmp_path / "others.txt"
    others.write_text("qqq zzz\n\nvvv\n")
    arguments = ["evaluate", str(topics_model), str(topics_folder), "--out-of-scope", str(others)]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    metrics = json.loads(result.stdout)
    assert metrics["out_of_scope"]["texts"] == 2
    printed = CliRunner().invoke(app, arguments).stdout
    assert f"AUROC {metrics['out_of_scope']['auroc']:.4f}" in " ".join(printed.split())
    assert f"{100 * metrics['expected_calibration_error']:.2f} %" in printed


def test_files_of_texts(tmp_path):
    (tmp_path / "a.tsv").write_text("oos\thow is glue made\noos\twhere is it\n")
    assert load_texts(tmp_path / "a.tsv") == TextDataset(
        "a.tsv", ["how is glue made", "where is it"]
    )
    (tmp_path / "a.csv").write_text("text,other\none,two\n")
    assert load_texts(tmp_path / "a.csv", text_pair_column="other").text_pairs == ["two"]
    lines = "one\u2028two\r\n\nthree\x0cfour\x85five\n"
    (tmp_path / "a.txt").write_bytes(lines.encode())
    assert load_texts(tmp_path / "a.txt").texts == ["one\u2028two", "three\x0cfour\x85five"]
    with pytest.raises(UserError, match="cannot read"):
        load_texts(tmp_path / "none.txt")

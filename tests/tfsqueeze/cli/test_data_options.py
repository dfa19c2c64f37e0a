"""What the commands say about data that they cannot read, and what they are asked to read."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from tfsqueeze.cli.main import app


def run(*arguments) -> str:
    result = CliRunner().invoke(app, [*map(str, arguments)])
    assert result.exit_code == 1
    lines = [line for line in result.stderr.splitlines() if not line.startswith("> ")]
    assert len(lines) == 1, result.output
    return lines[0]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("text,label\n" + "".join(f"t{i},{('x', 'nan')[i % 2]}\n" for i in range(20)))
    return path


def test_missing_labels_are_refused_before_anything_is_trained(table, tmp_path):
    message = run("train", table, "--output", tmp_path / "run")
    assert "rows.csv:3: the label 'nan' stands for a missing one; remove the row" in message
    assert not (tmp_path / "run").exists()
    # The labels are read, and the next mistake is found.
    message = run(
        "train", table, "--output", tmp_path / "run", "--keep-nan-labels", "--preset", "nonesuch"
    )
    assert "no preset is named 'nonesuch'" in message


@pytest.mark.parametrize("command", ["evaluate", "robustness", "verify"])
def test_missing_labels_are_refused_and_kept_where_models_are_measured(
    command, table, topics_model, trained_run, monkeypatch
):
    arguments = [command, topics_model, table]
    if command == "verify":
        arguments = [command, trained_run.folder, "--data", table]
        # To load it takes seconds.
        monkeypatch.setattr("tfsqueeze.training.trained_run.load_run", lambda folder: trained_run)
    assert "the label 'nan' stands for a missing one" in run(*arguments)
    assert "have the labels nan" in run(*arguments, "--keep-nan-labels")


def test_missing_labels_are_refused_where_methods_are_compared(table, tmp_path):
    output = ("--output", tmp_path / "compared")
    assert "the label 'nan' stands for a missing one" in run("compare", table, *output)
    message = run(
        "compare", table, *output, "--keep-nan-labels", "--method", "teacher", "--backbone", "/none"
    )
    assert "nan" not in message

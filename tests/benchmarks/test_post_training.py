"""`python -m benchmarks post-training`: what int8 without training costs a fine-tuned model."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from benchmarks.cli import app
from benchmarks.post_training import measure_post_training
from tfsqueeze.utils.errors import UserError

pytestmark = pytest.mark.benchmarks


def test_each_way_has_a_row(trained_run, topics_folder, tmp_path):
    result = CliRunner().invoke(
        app,
        [
            "post-training",
            str(trained_run.folder),
            "--data",
            str(topics_folder),
            "--output-folder",
            str(tmp_path),
            "--json",
        ],
    )
    assert result.exit_code == 0, result.output
    (measured,) = json.loads(result.stdout)["runs"]
    assert measured["model"] == trained_run.folder.name
    assert measured["calibration_texts"] == 90 and measured["held_out"] == 90
    own, *ways = measured["post-training"]
    assert own["name"] == "float" and own["agreement"] == 1 and own["accuracy"] > 0.8
    assert len(ways) == 4 and all(row["agreement"] > 0.8 for row in ways)
    assert all(row["seconds"] > 0 for row in ways[:2])
    page = (tmp_path / "post-training.md").read_text("utf-8")
    assert f"{trained_run.folder.name}, fine-tuned on {topics_folder.name}" in page


def test_other_tasks_are_refused(number_run, topics_folder):
    with pytest.raises(UserError, match="is a run of regression; give one of text-"):
        measure_post_training(number_run.folder, str(topics_folder))

"""The instructions of a run's plain C are counted on both processors."""

import json

import pytest
from typer.testing import CliRunner

from benchmarks.cli import app


@pytest.mark.micro
def test_both_processors_are_measured(trained_run, topics_folder):
    command = ["cortex-m", str(trained_run.folder), "--data", str(topics_folder), "--texts", "2"]
    result = CliRunner().invoke(app, [*command, "--json"])
    assert result.exit_code == 0, result.output
    measured = json.loads(result.stdout)
    rows = {row["processor"]: row for row in measured["cortex_m"]}
    assert measured["texts"] == 2 and list(rows) == ["cortex-m3", "cortex-m4"]
    for row in rows.values():
        assert row["mismatches"] == 0 and row["arena_bytes"] > 1000
        assert len(row["instructions"]) == 2 and min(row["instructions"]) > 100_000


@pytest.mark.micro
def test_a_checkout_without_its_library_is_refused(trained_run, topics_folder, tmp_path):
    command = ["cortex-m", str(trained_run.folder), "--data", str(topics_folder), "--texts", "1"]
    result = CliRunner().invoke(app, [*command, "--tflite-micro", str(tmp_path)])
    assert result.exit_code == 1
    message = "/gen has no library for cortex-m3 or cortex-m4; build one with: make -C"
    assert message in " ".join(result.stderr.split())

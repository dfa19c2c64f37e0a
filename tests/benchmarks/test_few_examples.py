"""Trainings on few examples are measured beside a classical baseline."""

from __future__ import annotations

import pytest

from benchmarks.few_examples import FewExamples, measure_few_examples
from benchmarks.report import machine, write_report

pytestmark = pytest.mark.benchmarks


def test_each_training_has_a_row(shared_dir, tmp_path):
    announced = []
    cases = [FewExamples("sst2", 20), FewExamples("clinc150", 20, 2)]
    run = measure_few_examples(
        shared_dir / "data", cases, examples_seen=[None, 80], announce=announced.append
    )
    rows = run["few-examples"]
    assert [(row["examples"], row["epochs"]) for row in rows] == [(20, 4), (20, 5)] * 2
    assert announced[1].startswith("SST-2, 20 examples, 5 epochs: accuracy 0.")
    assert len(announced) == 4
    assert all(0 <= row["score"] <= 1 and row["seconds"] > 0 for row in rows)
    # Two intents are easy to tell apart.
    assert rows[2]["classical"] > 0.6
    write_report("few-examples", {"machine": machine(), "runs": [run]}, tmp_path)
    assert "| CLINC-150 |" in (tmp_path / "few-examples.md").read_text()

"""How training, preparation and prediction grow is measured step by step."""

import os

import pytest

from benchmarks.large_data import measure_large_data
from benchmarks.scale import measure_scale

pytestmark = pytest.mark.benchmarks


def test_each_step_on_large_data_has_its_rate_and_its_memory():
    rows = measure_large_data([2000, 4000], steps=3)
    assert [(row["rows"], row["way"]) for row in rows[::8]] == [
        (2000, "stream"),
        (4000, "stream"),
        (2000, "memory"),
    ]
    assert {row["step"] for row in rows} >= {"reading", "vocabulary", "tokenization", "training"}
    for before, row in zip(rows, rows[1:], strict=False):
        assert row["rate"] > 0
        if (before["rows"], before["way"]) == (row["rows"], row["way"]):
            assert row["peak_bytes"] >= before["peak_bytes"]


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="it takes two cores")
def test_one_and_two_processes_are_compared():
    rows, same = measure_scale("squeezebert-micro", [16], rows=2000, rounds=1, steps=1)
    assert [(row["name"], row["workers"]) for row in rows] == [
        ("train", 1),
        ("train", 2),
        ("predict --workers", 1),
        ("predict --workers", 2),
    ]
    assert same is None and all(row["rate"] > 0 and row["times_one"] > 0 for row in rows)

"""The Python side is measured part by part, and its start loads no TensorFlow."""

import os

import pytest

from benchmarks.throughput import measure_throughput


@pytest.mark.benchmarks
def test_every_part_is_measured(topics_folder) -> None:
    result = measure_throughput(
        str(topics_folder), "squeezebert-micro", texts=64, rounds=1, max_length=32
    )
    rows = {row["name"]: row for row in result["throughput"]}
    assert result["texts"] == 64
    assert {
        "tokenization for prediction",
        "training: model.fit",
        "predict, int8, 1 thread",
        "predict, mobile, several lengths, 1 thread",
        "predict, int8, 1 worker",
        "tfsqueeze --help",
    } <= set(rows)
    if os.cpu_count() > 1:
        assert rows[f"predict, int8, {os.cpu_count()} workers"]["note"].endswith("times 1 worker")
    for row in rows.values():
        assert 0 < row["p10"] <= row["median"] <= row["p90"]
        if row["unit"] == "ms":
            assert "no TensorFlow" in row["note"]

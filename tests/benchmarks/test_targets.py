"""What the table of targets says of a target without a row."""

from __future__ import annotations

import pytest

from benchmarks import cortex_m, targets
from tfsqueeze.training import train_task


@pytest.mark.benchmarks
def test_plain_c_of_other_outputs_has_no_row_and_a_reason(
    trained_run, topics_folder, tmp_path, monkeypatch
) -> None:
    measured = {"processor": "cortex-m3", "instructions": [1, 2, 3], "mismatches": 2}
    monkeypatch.setattr(cortex_m, "run_texts", lambda *_: [measured])
    monkeypatch.setattr(train_task, "train_task", lambda *_, **__: trained_run)
    monkeypatch.setattr(targets, "_export_devices", lambda *_: ())
    results = targets.compare_targets(
        targets.named_data(str(topics_folder), 16, 1), tmp_path, presets=["squeezebert-micro"]
    )
    assert results["targets"] == []
    (missing,) = results["missing"]
    assert (missing["preset"], missing["target"]) == ("squeezebert-micro", "micro, plain C")
    assert missing["why"] == (
        "cortex-m3 computes other outputs than LiteRT's reference kernels for 2 of 3 texts; "
        f"compare both processors with `python -m benchmarks cortex-m {trained_run.folder}`"
    )

"""Training speed: each checkout trains in a process of its own, in turns."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.training import measure_training
from tfsqueeze.utils.errors import UserError


@pytest.mark.benchmarks
@pytest.mark.parametrize("stage", ["float", "epoch"])
def test_a_row_has_the_rates_of_both_checkouts(stage):
    repository = Path(__file__).parents[2]
    (row,) = measure_training(
        ["squeezebert-micro"], [stage], [16], before=repository, rounds=2, steps=1
    )
    assert set(row["tokens_per_second"]) == {"this", "before"}
    assert min(row["tokens_per_second"].values()) > 0
    assert row["speedup_p10"] <= row["speedup"] <= row["speedup_p90"]
    assert (row["gflops"] is None) == (stage == "epoch")


def test_a_folder_that_is_no_checkout_is_refused(tmp_path):
    with pytest.raises(UserError, match="is no checkout of this project"):
        measure_training(["squeezebert-micro"], ["float"], [16], before=tmp_path)

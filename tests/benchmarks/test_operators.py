"""The operators of a model, and their figures against the limits of the machine."""

from __future__ import annotations

import pytest

from benchmarks.operators import operator_cases, profile_operators
from converters.tflite.inspection import list_operators
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.models.complexity import count_macs


@pytest.mark.parametrize(
    "config",
    [
        load_preset("squeezebert-base"),
        load_preset("squeezebert-small"),
        SqueezeBertConfig(
            hidden_size=32,
            num_attention_heads=2,
            intermediate_size=64,
            num_hidden_layers=3,
            q_groups=1,
            k_groups=2,
            output_groups=8,
        ),
    ],
)
def test_operators_make_up_the_model(config) -> None:
    macs = count_macs(config, 64)
    counted = sum(case.count * case.macs for case in operator_cases(config, 64))
    assert counted == macs["attention"] + macs["feed_forward"]


def test_names_are_unique() -> None:
    names = [case.name for case in operator_cases(load_preset("squeezebert-base"), 128)]
    assert len(set(names)) == len(names)


@pytest.mark.slow
def test_profile_relates_times_to_the_limits(tmp_path) -> None:
    cases = operator_cases(
        SqueezeBertConfig(hidden_size=16, num_attention_heads=2, intermediate_size=32), 8
    )
    chosen = [case for case in cases if case.name == "dense 16->16, 4 groups"]
    profile = profile_operators(
        chosen, ["litert"], rounds=2, probe_shapes=[(64, 64, 64)], folder=tmp_path
    )
    rows = {(row["name"], row["dtype"]): row for row in profile["operators"]}
    assert len(rows) == 2
    bandwidth = 1e9 * profile["copy_gigabytes_per_second"]
    for dtype, size in (("float32", 4), ("int8", 1)):
        best = 1e9 * profile["best_gmacs_per_second"][dtype]
        row = rows["dense 16->16, 4 groups", dtype]
        seconds = row["milliseconds"]["median"] / 1e3
        assert row["macs"] == 8 * 16 * 16 // 4
        assert row["bytes"] == size * (2 * 8 * 16 + 16 * 16 // 4 + 16)
        assert row["gmacs_per_second"] == pytest.approx(row["macs"] / seconds / 1e9)
        assert row["rate_share"] == pytest.approx(row["macs"] / seconds / best)
        limit = max(row["macs"] / best, row["bytes"] / bandwidth)
        assert row["roofline_share"] == pytest.approx(limit / seconds)
        assert row["all_int8"] == (dtype == "int8")


@pytest.mark.parametrize(
    "kind, symmetric",
    [
        ("queries_by_symmetric_keys", True),
        ("queries_by_keys", False),
        ("probabilities_by_symmetric_values", True),
        ("probabilities_by_values", False),
    ],
)
def test_products_differ_in_their_second_zero_point(kind, symmetric) -> None:
    from benchmarks.peers.operators import convert_operator

    (operator,) = list_operators(convert_operator(kind, (2, 8, 4), "int8"))
    assert operator.name == "BATCH_MATMUL"
    assert (operator.inputs[1].zero_point == 0) == symmetric

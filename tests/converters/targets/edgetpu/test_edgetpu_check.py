"""Predictions for the presets, for whole files and for stock models."""

from __future__ import annotations

import json

import pytest

from converters.targets.edgetpu.edgetpu_check import (
    CACHE_BYTES,
    LINK_BYTES_PER_SECOND,
    check_edgetpu,
)
from converters.targets.edgetpu.edgetpu_report import write_placement
from converters.targets.edgetpu.edgetpu_target import split_for_edgetpu
from converters.targets.edgetpu.rules import LATER_SUBGRAPH, MAPPED
from converters.tflite.flatbuffer import serialize_model
from converters.tflite.signatures import merge_lengths
from tfsqueeze.utils.errors import UserError


@pytest.fixture(scope="module")
def convolutional(convolutional_file):
    return check_edgetpu(split_for_edgetpu(convolutional_file)[0])


@pytest.fixture(scope="module")
def hybrid(hybrid_file):
    return check_edgetpu(split_for_edgetpu(hybrid_file)[0])


def test_without_attention_all_is_one_subgraph(convolutional):
    assert convolutional.operator_share == convolutional.mac_share == 1.0
    assert (convolutional.subgraphs, convolutional.segments) == (1, 1)
    assert {row.status for row in convolutional.operators} == {MAPPED}
    assert convolutional.minimum_runtime == 14
    assert convolutional.output_bytes == 4
    # The rows of 128 channels, and two masks.
    assert convolutional.input_bytes == 16 * 128 + 2 * 16
    assert 0 < convolutional.weight_bytes < CACHE_BYTES and not convolutional.streamed_bytes


def test_attention_ends_the_subgraph_of_the_hybrid(hybrid):
    assert hybrid.mac_share >= 0.85 and hybrid.subgraphs == 1
    placements = [row.placement for row in hybrid.operators]
    assert placements == sorted(placements, reverse=True)  # TPU before CPU
    first = hybrid.operators[placements.index("CPU")]
    assert first.name == "BATCH_MATMUL" and not first.is_supported
    later = [row for row in hybrid.operators if row.status == LATER_SUBGRAPH]
    assert later and all(row.is_supported for row in later)


def test_the_estimate_adds_up(convolutional):
    facts = convolutional.to_dict()
    estimate = facts["estimate"]
    moved = facts["input_bytes"] + facts["output_bytes"]
    assert estimate["compute_microseconds"] == pytest.approx(1e6 * 2 * facts["macs"] / 4e12)
    assert estimate["transfer_microseconds"] == pytest.approx(1e6 * moved / LINK_BYTES_PER_SECOND)
    assert "lower bound" in estimate["assumption"]


def test_a_whole_file_stops_at_its_look_ups(convolutional_file):
    found = check_edgetpu(convolutional_file)
    assert found.mac_share == 0.0
    reasons = {row.reason for row in found.operators if row.name == "GATHER"}
    assert reasons == {"the Edge TPU has no GATHER"}


def test_an_old_runtime_has_no_rsqrt(convolutional_file):
    found = check_edgetpu(split_for_edgetpu(convolutional_file)[0], runtime=13)
    assert found.mac_share < 0.1
    assert any(row.reason == "needs runtime 14, not 13" for row in found.operators)


def test_a_float_model_has_nothing_on_the_tpu(float_model):
    found = check_edgetpu(float_model)
    assert found.operators_on_device == found.subgraphs == found.macs_on_device == 0


def test_a_file_of_several_lengths_is_refused(int8_model, convolutional_file):
    with pytest.raises(UserError, match="several subgraphs"):
        check_edgetpu(
            serialize_model(merge_lengths({16: convolutional_file, 8: convolutional_file}))
        )


def test_the_placement_is_drawn(hybrid, tmp_path):
    facts = hybrid.to_dict()
    paths = {path.suffix: path for path in write_placement(facts, tmp_path, "a <title>")}
    assert json.loads(paths[".json"].read_text()) == json.loads(json.dumps(facts))
    assert paths[".png"].read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    picture = paths[".svg"].read_text()
    # A box in the colour of each placement for each operator of it.
    for colour, count in (
        ("#2a9d8f", hybrid.operators_on_device),
        ("#e76f51", sum(not row.is_supported for row in hybrid.operators)),
    ):
        assert picture.count(f"fill: {colour}") >= count

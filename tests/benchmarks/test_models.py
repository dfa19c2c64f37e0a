"""Which models there are, and that their files are built once and never half."""

from __future__ import annotations

import dataclasses

import pytest

from benchmarks.models import (
    ensure_models,
    ncnn_peers,
    onnx_peers,
    openvino_peers,
    own_peers,
    squeezebert_models,
    tflite_peers,
)
from benchmarks.operators import OperatorCase
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.models.complexity import count_macs
from tfsqueeze.utils.errors import UserError


@pytest.fixture(scope="module")
def spec():
    return OperatorCase("add", "add", (4, 8), 1, 0, 96).spec("float32")


def test_files_are_built_once(spec, tmp_path) -> None:
    texts = []
    stale, other = (
        tmp_path / f"operator-add-4x8-{dtype}-4-0123456789.tflite" for dtype in ("float32", "int8")
    )
    stale.touch()
    other.touch()
    (path,) = ensure_models([spec], tmp_path, progress=lambda *call: texts.append(call))
    assert path.read_bytes()[4:8] == b"TFL3"
    assert texts == [(0, 1, "building operator-add-4x8 float32"), (1, 1, "built")]
    before = path.stat().st_mtime_ns
    assert ensure_models([spec], tmp_path) == [path]
    assert path.stat().st_mtime_ns == before
    assert set(tmp_path.iterdir()) == {path, other}


def test_failed_build_leaves_nothing(spec, tmp_path) -> None:
    broken = dataclasses.replace(spec, arguments=())
    with pytest.raises(TypeError, match="build_operator"):
        ensure_models([broken], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_file_names_follow_what_they_are_built_from(spec) -> None:
    other = dataclasses.replace(spec, arguments=("add", (4, 8), "int8"))
    sources = dataclasses.replace(spec, sources=("benchmarks/peers/encoders.py",))
    assert len({spec.file_name, other.file_name, sources.file_name}) == 3


def test_own_models() -> None:
    specs = squeezebert_models("squeezebert-base", 128)
    assert [spec.name for spec in specs] == [
        f"squeezebert-base {variant}" for variant in ("float32", "int8", "mobile")
    ]
    whole = sum(count_macs(load_preset("squeezebert-base"), 128).values())
    # The last of 12 layers is computed for the first token only.
    assert 0.9 * whole < specs[0].macs < 0.95 * whole
    with pytest.raises(UserError, match="no preset"):
        squeezebert_models("squeezebert-huge", 128)


def test_every_peer_has_every_number_format() -> None:
    names = [spec.name for spec in tflite_peers(64)]
    assert sorted(names) == sorted(
        f"{family} {variant}"
        for family in ("bert-base", "distilbert", "albert-base", "mobilebert")
        for variant in ("float32", "dynamic", "int8")
    )


def test_every_peer_has_both_profiles_of_our_converters() -> None:
    peers = {spec.family: spec for spec in tflite_peers(128)}
    own = own_peers(128)
    assert sorted(spec.name for spec in own) == sorted(
        f"{family} tfsqueeze-{profile}" for family in peers for profile in ("int8", "mobile")
    )
    for spec in own:
        assert spec.is_own
        # The last layer is computed for the first token only.
        assert 0.8 * peers[spec.family].macs < spec.macs < 0.99 * peers[spec.family].macs


def test_names_and_files_are_unique() -> None:
    specs = [
        *tflite_peers(64),
        *own_peers(64),
        *onnx_peers(64),
        *openvino_peers(64),
        *ncnn_peers(64),
        *squeezebert_models("squeezebert-base", 64),
    ]
    assert (
        len({spec.name for spec in specs}) == len({spec.file_name for spec in specs}) == len(specs)
    )

"""The folder for a Coral board, and models that do not suit the Edge TPU."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from converters.targets.edgetpu import edgetpu_compiler
from converters.targets.edgetpu.edgetpu_target import EdgeTpuTarget, require_supported_config
from tests.converters.targets.edgetpu.conftest import HYBRID
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.utils.errors import UserError


def test_the_folder_is_complete(trained_run, tmp_path):
    facts = EdgeTpuTarget().export(trained_run, tmp_path, 12).to_dict()
    assert {file["name"] for file in facts["files"]} == {
        "body.tflite",
        "look_ups.npz",
        "model.json",
        "tokenizer.json",
        "placement.json",
        "placement.png",
        "placement.svg",
    }
    described = json.loads((tmp_path / "model.json").read_text("utf-8"))
    assert described["max_length"] == 12
    assert described["classes"] == {"logits": trained_run.label_names}
    tables = np.load(tmp_path / "look_ups.npz")
    assert set(tables.files) == {entry["name"] for entry in described["inputs"]}
    checked = EdgeTpuTarget().check(tmp_path / "body.tflite").to_dict()
    assert checked["operators"] == facts["operators"]
    (device,) = facts["devices"]
    assert device["macs_on_device"] == facts["macs_on_tpu"]
    assert "not installed" in facts["summary"]["compiler"]


def test_the_files_of_the_host_have_their_sha256(trained_run, tmp_path, monkeypatch):
    def compile_for_edgetpu(model, folder):
        (folder / "body_edgetpu.tflite").write_bytes(b"compiled")
        return edgetpu_compiler.CompilerLog("16.0", ())

    monkeypatch.setattr(edgetpu_compiler, "is_installed", lambda: True)
    monkeypatch.setattr(edgetpu_compiler, "compile_for_edgetpu", compile_for_edgetpu)
    EdgeTpuTarget().export(trained_run, tmp_path, 12)
    names = ("body.tflite", "body_edgetpu.tflite", "look_ups.npz", "tokenizer.json")
    described = json.loads((tmp_path / "model.json").read_text("utf-8"))
    assert described["sha256"] == {
        name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in names
    }


@pytest.mark.parametrize(
    "fields, message",
    [
        ({"hidden_act": "gelu"}, "'relu', the faster, or 'sigmoid_gelu'"),
        ({"layer_types": ("attention", "convolution")}, "layer 0 attends"),
    ],
)
def test_models_that_leave_the_tpu_early_are_refused(fields, message):
    with pytest.raises(UserError, match=message):
        require_supported_config(load_preset("squeezebert-micro", **fields))


@pytest.mark.parametrize("fields", [{}, HYBRID], ids=["preset", "hybrid"])
def test_what_it_can_run_is_supported(fields):
    require_supported_config(load_preset("squeezebert-edgetpu", **fields))

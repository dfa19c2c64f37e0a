"""A trained run through Arm's Vela."""

from __future__ import annotations

import importlib.util
import json

import pytest

from converters.targets.ethos_u import vela
from converters.targets.ethos_u.ethos_u_target import EthosUTarget
from converters.tflite.metadata import read_metadata
from tests.converters.targets.task_runs import TASKS
from tfsqueeze.utils.errors import UserError

needs_vela = pytest.mark.skipif(
    importlib.util.find_spec("ethosu") is None, reason="the extra ethos-u is not installed"
)


@pytest.fixture(scope="module")
def exported(trained_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ethos")
    return folder, EthosUTarget().export(trained_run, folder).to_dict()


@needs_vela
def test_nearly_all_macs_are_on_the_npu(exported):
    _, facts = exported
    assert facts["mac_share"] >= 0.95
    on_cpu = {row["name"] for row in facts["operators"] if row["placement"] == "CPU"}
    assert on_cpu == {"GATHER"}  # attention's products are on the NPU


@needs_vela
def test_each_accelerator_is_compiled_and_estimated(exported):
    folder, facts = exported
    found = {entry["accelerator"]: entry for entry in facts["accelerators"]}
    assert set(found) == {"ethos-u55-128", "ethos-u65-256"}
    for name, entry in found.items():
        assert entry["cycles"] > 0 and entry["sram_bytes"] > 0
        assert entry["microseconds"] == pytest.approx(1e6 * entry["cycles"] / entry["clock_hz"])
        assert b"ethos-u" in (folder / name / "model_vela.tflite").read_bytes()
    assert found["ethos-u65-256"]["cycles"] < found["ethos-u55-128"]["cycles"]
    written = json.loads((folder / "ethos-u.json").read_text("utf-8"))
    assert written["accelerators"] == facts["accelerators"]


@needs_vela
def test_all_files_of_the_folder_are_listed(exported):
    folder, facts = exported
    names = {file["name"] for file in facts["files"]}
    assert {"model.tflite", "ethos-u.json", "ethos-u55-128/model_vela.tflite"} < names
    assert any(name.endswith(".csv") for name in names)
    assert names == {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    }


@needs_vela
@pytest.mark.parametrize("name", ["labels_run", "number_run"])
def test_several_labels_and_numbers_compile(name, request, tmp_path):
    run = request.getfixturevalue(name)
    facts = EthosUTarget().export(run, tmp_path).to_dict()
    assert {row["name"] for row in facts["operators"] if row["placement"] == "CPU"} == {"GATHER"}
    # What the host decodes the logits with.
    assert read_metadata(tmp_path / "model.tflite").decoding == run.decoding


@needs_vela
@pytest.mark.targets
@pytest.mark.parametrize("name", [*TASKS])
def test_each_task_compiles(name, task_run, tmp_path):
    facts = EthosUTarget().export(task_run(name), tmp_path).to_dict()
    assert facts["mac_share"] >= 0.9
    assert all(entry["cycles"] > 0 for entry in facts["accelerators"])
    assert read_metadata(tmp_path / "model.tflite").task == TASKS[name][0].name


@needs_vela
def test_a_float_model_stays_on_the_cpu(float_model):
    found = EthosUTarget().check(float_model)
    assert found.macs_on_device == 0 and found.mac_share == 0.0


def test_a_missing_vela_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(vela.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'tfsqueeze\[ethos-u\]'"):
        vela.compile_for(tmp_path / "model.tflite", vela.ACCELERATORS[0], tmp_path)

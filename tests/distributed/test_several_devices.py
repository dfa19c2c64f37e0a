"""Trainings on several devices and workers, against the same trainings on one device."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.scale import free_ports
from tfsqueeze.training.history import read_history

REPOSITORY = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.distributed


def start(*arguments, config=None):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(REPOSITORY)}
    if config is not None:
        environment["TF_CONFIG"] = json.dumps(config)
    return subprocess.Popen(
        [sys.executable, "-m", *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def workers(*arguments):
    """Starts two workers on this machine; the first is the chief."""
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
    return [
        start(*arguments, config={"cluster": cluster, "task": {"type": "worker", "index": index}})
        for index in range(2)
    ]


def finish(process):
    output, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors[-3000:]
    return output


def trained(devices, folder, *names):
    arguments = ("tests.distributed.trainings", devices, folder, *names)
    processes = workers(*arguments) if devices == "multi-worker" else [start(*arguments)]
    for process in processes:
        finish(process)
    return {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in names}


def assert_same_losses(found, expected, relative=0.0):
    assert list(found["losses"]) == list(expected["losses"])
    for stage, losses in expected["losses"].items():
        assert len(found["losses"][stage]) == len(losses)
        # A sum that rounds otherwise may put a value on another step of int8.
        atol = 2e-3 if stage == "qat" else 1e-3
        np.testing.assert_allclose(found["losses"][stage], losses, rtol=relative, atol=atol)


def test_two_workers_learn_as_one_process(tmp_path):
    (one,) = trained("one", tmp_path / "one", "classification").values()
    (two,) = trained("multi-worker", tmp_path / "two", "classification").values()
    assert len(one["losses"]["float"]) >= 200
    assert_same_losses(two, one)
    for stage, rows in one["history"].items():
        for found, row in zip(two["history"][stage], rows, strict=True):
            assert found == pytest.approx(row, abs=0.02)
    assert two["history"]["float"][-1]["val_accuracy"] > 0.8
    np.testing.assert_allclose(two["logits"], one["logits"], atol=0.1)


# The losses of two devices are those of one but for rounding. What quantization-aware training
# rounds to depends on each replica's own ranges; and the losses of hidden states are means over the
# tokens of each replica, not over those of the batch.
TOLERANCES = {
    "weighted_classification": 0.002,
    "distillation": 0.02,
    "masked_words": 0.002,
    "plain_keras": 0.02,
    "hidden_states": 0.05,
}


@pytest.fixture(scope="module")
def one_and_two_devices(tmp_path_factory):
    folder = tmp_path_factory.mktemp("devices")
    return [trained(devices, folder / devices, *TOLERANCES) for devices in ("one", "mirrored")]


@pytest.mark.parametrize("name", TOLERANCES)
def test_two_devices_of_a_machine_learn_as_one(name, one_and_two_devices):
    one, two = one_and_two_devices
    assert_same_losses(two[name], one[name], TOLERANCES[name])


def test_a_killed_worker_comes_back(tmp_path, topics_folder):
    run = tmp_path / "run"
    command = (
        *("tfsqueeze", "train", topics_folder, "-o", run, "--distribute", "multi-worker"),
        *("--preset", "squeezebert-micro", "--max-length", "16", "--vocab-size", "200"),
        *("--epochs", "6", "--qat-epochs", "1", "--learning-rate", "0.005"),
    )
    for killed, epochs in ((1, 2), (0, 4)):
        processes = workers(*command)
        deadline = time.monotonic() + 300
        while len(read_history(run / "float")) < epochs:
            assert time.monotonic() < deadline and processes[0].poll() is None
            time.sleep(0.05)
        processes[killed].kill()
        processes[killed].communicate()
        _, errors = processes[1 - killed].communicate(timeout=300)
        assert processes[1 - killed].returncode == 1
        assert "start all workers again" in errors
        assert not (run / "float.keras").exists()
    begun = read_history(run / "float")
    chief, other = workers(*command)
    printed = finish(chief)
    finish(other)
    assert "best validation accuracy, float" in printed
    rows = read_history(run / "float")
    assert [row["epoch"] for row in rows] == list(range(1, 7))
    # The last epoch may have been done before the kill, and not yet been backed up.
    assert rows[: len(begun) - 1] == begun[:-1] and rows[-1]["val_accuracy"] > 0.8
    assert not list(run.glob("*/backup"))

"""Wherever a run is stopped, it goes on from its last whole epoch, and from nothing else."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tf_keras as keras

from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.training.run_folder import lock_folder
from tfsqueeze.training.stage import FloatStage
from tfsqueeze.training.train_task import train_task
from tfsqueeze.utils.errors import UserError

REPOSITORY = Path(__file__).resolve().parents[3]
EPOCHS = 3


class Stopped(Exception):
    """Stands for a kill: nothing after it is done."""


class Recorder(keras.callbacks.Callback):
    """Records the weights at both ends of each epoch, and stops at the end of one.

    It comes after the best weights and the history, and before the backup.
    """

    def __init__(self, stop_at=None):
        super().__init__()
        self.starts, self.ends, self._stop_at = {}, {}, stop_at

    def on_epoch_begin(self, epoch, logs=None):
        self.starts[epoch] = self.model.get_weights()

    def on_epoch_end(self, epoch, logs=None):
        self.ends[epoch] = self.model.get_weights()
        if epoch == self._stop_at:
            raise Stopped


@pytest.fixture(scope="module")
def train(topics_folder, one_layer_options):
    options = dataclasses.replace(
        one_layer_options, epochs=EPOCHS, qat_epochs=0, patience=EPOCHS, learning_rate=1e-3
    )
    splits = load_dataset(topics_folder)

    def train_(folder, recorder):
        return train_task(folder, TEXT_CLASSIFICATION, splits, options, lambda *_: [recorder])

    return train_


def assert_equal(some, others):
    for one, other in zip(some, others, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("stop_at", [0, 1])
def test_best_weights_are_no_start(stop_at, train, tmp_path):
    first, second = Recorder(stop_at), Recorder()
    with pytest.raises(Stopped):
        train(tmp_path / "run", first)
    assert (tmp_path / "run" / "float" / "best.weights.h5").exists()
    run = train(tmp_path / "run", second)
    # The stopped epoch had no backup yet: it is run again, from where it started.
    assert list(second.starts) == list(range(stop_at, EPOCHS))
    assert_equal(first.starts[stop_at], second.starts[stop_at])
    assert [row["epoch"] for row in run.history["float"]] == [1, 2, 3]
    assert not (tmp_path / "run" / "float" / "backup").exists()


def test_a_fit_that_is_finished_is_not_trained_on(train, tmp_path, monkeypatch):
    def stop(*_):
        raise Stopped

    first, second = Recorder(), Recorder()
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(FloatStage, "finish", stop)
        train(tmp_path / "run", first)
    assert not (tmp_path / "run" / "float.keras").exists()
    run = train(tmp_path / "run", second)
    assert second.starts == {} and len(run.history["float"]) == EPOCHS
    scores = [row["val_accuracy"] for row in run.history["float"]]
    assert_equal(run.float_model.get_weights(), first.ends[int(np.argmax(scores))])


def test_patience_counts_the_epochs_before(topics_folder, one_layer_options, tmp_path):
    options = dataclasses.replace(
        one_layer_options, epochs=6, qat_epochs=0, patience=2, learning_rate=1e-12
    )
    splits = load_dataset(topics_folder)

    def train(folder, recorder):
        return train_task(folder, TEXT_CLASSIFICATION, splits, options, lambda *_: [recorder])

    whole = train(tmp_path / "whole", Recorder())
    with pytest.raises(Stopped):
        train(tmp_path / "stopped", Recorder(1))
    resumed = train(tmp_path / "stopped", Recorder())
    assert len(resumed.history["float"]) == len(whole.history["float"]) == 3


def test_one_process_at_a_time(tmp_path):
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from tfsqueeze.training.run_folder import lock_folder\n"
        f"with lock_folder(Path({str(tmp_path)!r})):\n"
        "    print('ready', flush=True)\n    sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert process.stdout.readline() == b"ready\n"
    with pytest.raises(UserError, match=f"process {process.pid} trains in"), lock_folder(tmp_path):
        pass
    process.kill()
    process.wait()
    with lock_folder(tmp_path):
        pass

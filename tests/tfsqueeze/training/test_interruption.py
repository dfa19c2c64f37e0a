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
from tfsqueeze.training.callbacks import EarlyStopping, EpochHistory, load_weights, save_weights
from tfsqueeze.training.history import read_history
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


@pytest.mark.slow
def test_best_weights_are_no_start(train, tmp_path):
    stop_at = 1
    first, second = Recorder(stop_at), Recorder()
    with pytest.raises(Stopped):
        train(tmp_path / "run", first)
    assert (tmp_path / "run" / "float" / "best_weights.npz").exists()
    run = train(tmp_path / "run", second)
    # The stopped epoch had no backup yet: it is run again, from where it started.
    assert list(second.starts) == list(range(stop_at, EPOCHS))
    assert_equal(first.starts[stop_at], second.starts[stop_at])
    assert [row["epoch"] for row in run.history["float"]] == [1, 2, 3]
    assert not (tmp_path / "run" / "float" / "backup").exists()


@pytest.mark.slow
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
    ranks = [(row["val_accuracy"], -row["val_loss"]) for row in run.history["float"]]
    assert_equal(run.float_model.get_weights(), first.ends[ranks.index(max(ranks))])


def test_of_equal_scores_the_lowest_loss_is_best(tmp_path):
    history = EpochHistory(tmp_path)
    for epoch, (accuracy, loss) in enumerate([(0.5, 0.1), (0.9, 0.8), (0.9, 0.3), (0.9, 0.4)], 1):
        history.add({"epoch": epoch, "val_accuracy": accuracy, "val_loss": loss})
    ranks = history.ranks("val_accuracy")
    assert ranks.index(max(ranks)) == 2


class Model:
    """What callbacks see of a model."""

    stop_training = False


def run_epochs(folder, scores, start=0):
    """Runs the callbacks of a fit from an epoch on, as Keras does; returns the epochs it ran."""
    history = EpochHistory(folder)
    stopping = EarlyStopping("val_accuracy", 2, history, folder / "finished")
    stopping.set_model(Model())
    for epoch in range(start, len(scores)):
        history.on_epoch_begin(epoch)
        for callback in (history, stopping):
            callback.on_epoch_end(epoch, {"val_accuracy": scores[epoch]})
        if stopping.model.stop_training:
            break
    return history.rows


@pytest.mark.parametrize("interrupted_after", range(1, 5))
def test_patience_counts_the_epochs_before(interrupted_after, tmp_path):
    scores = [0.5, 0.7, 0.7, 0.6, 0.9, 0.9]
    whole = run_epochs(tmp_path / "whole", scores)
    assert [row["epoch"] for row in whole] == [1, 2, 3, 4]
    assert (tmp_path / "whole" / "finished").exists()
    rows = run_epochs(tmp_path / "run", scores[:interrupted_after])
    assert rows == whole[:interrupted_after]
    # The last row has no backup yet: its epoch runs again.
    assert run_epochs(tmp_path / "run", scores, interrupted_after - 1) == whole
    assert read_history(tmp_path / "run") == whole


def test_the_start_is_no_epoch_without_a_rise(tmp_path):
    EpochHistory(tmp_path).add({"epoch": 0, "val_accuracy": 0.9})
    assert len(run_epochs(tmp_path, [0.5, 0.6, 0.5, 0.7, 0.7])) == 6


@pytest.mark.parametrize("content", [b"", b"no weights", b"PK\x05\x06" + bytes(18)])
def test_damaged_weights_are_one_sentence(content, tmp_path):
    path = tmp_path / "best_weights.npz"
    path.write_bytes(content)
    model = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])
    with pytest.raises(UserError, match="does not hold the weights of this run's model"):
        load_weights(model, path)
    save_weights(model, path)
    other = keras.Sequential([keras.layers.Dense(2, input_shape=(4,))])
    with pytest.raises(UserError, match="does not hold the weights"):
        load_weights(other, path)
    before = model.get_weights()
    model.set_weights([value + 1 for value in before])
    load_weights(model, path)
    assert_equal(model.get_weights(), before)


@pytest.mark.parametrize("text", ["loss\n1\n", "epoch,loss\nx,1\n", "epoch\n1,2\n", "epoch\nnan\n"])
def test_a_damaged_history_is_one_sentence(text, tmp_path):
    (tmp_path / "history.csv").write_text(text)
    with pytest.raises(UserError, match="history.csv is no table of numbers"):
        read_history(tmp_path)


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
    with pytest.raises(UserError, match=f"process {process.pid} writes to"), lock_folder(tmp_path):
        pass
    process.kill()
    process.wait()
    with lock_folder(tmp_path):
        pass

"""Keras callbacks of a fit that may be killed at any moment."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.training.history import read_history, write_history
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically
from tfsqueeze.utils.json_files import read_json

BACKUP_FOLDER = "backup"


class EpochHistory(keras.callbacks.Callback):
    """Keeps a row for each epoch in a folder, across interruptions.

    Args:
        folder: the folder of the fit; see `read_history`.
        writes: whether to write the rows there; of several workers, one does.

    Attributes:
        rows: the rows so far: `epoch` (from 1) and what Keras logs. A row for epoch 0 may say how
            good the model is at the start.
    """

    def __init__(self, folder: Path, writes: bool = True) -> None:
        super().__init__()
        self._folder, self._writes = folder, writes
        self.rows = read_history(folder)

    def add(self, row: dict[str, float]) -> None:
        """Adds a row.

        Args:
            row: `epoch`, and values by name.
        """
        self.rows.append(row)
        if self._writes:
            write_history(self._folder, self.rows)

    def ranks(self, monitor: str) -> list[tuple[float, float]]:
        """Returns how good each epoch is, in order: what compares larger is better.

        Of epochs with the same value, the one with the lowest loss on validation is best: on few
        examples many epochs have the same score, and the first of them has hardly learned.

        Args:
            monitor: the name of the value that should rise.
        """
        return [(row[monitor], -row.get("val_loss", 0.0)) for row in self.rows if monitor in row]

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Drops the row of an epoch that was interrupted before its backup: it runs again."""
        self.rows = [row for row in self.rows if row["epoch"] <= epoch]

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Adds the row of the epoch."""
        self.add({"epoch": epoch + 1, **{name: float(value) for name, value in logs.items()}})


class TrainingPosition(keras.callbacks.Callback):
    """Tells the data where the training stands; see `resumable_epochs` and `endless_epochs`.

    It comes after the callback that restores a backup.

    The data cannot read the optimizer's own count: TensorFlow may increase that before it fetches
    the batch of a step.

    Attributes:
        iterations: the steps that were done when the training, or its last epoch, began; an int64
            variable.
    """

    def __init__(self) -> None:
        super().__init__()
        self.iterations = tf.Variable(0, trainable=False, dtype=tf.int64)

    def on_train_begin(self, logs: Any = None) -> None:
        """Takes over the optimizer's count."""
        self.iterations.assign(self.model.optimizer.iterations.numpy())

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Takes over the optimizer's count."""
        self.iterations.assign(self.model.optimizer.iterations.numpy())


class BestWeights(keras.callbacks.Callback):
    """Keeps the weights of the best epoch in a file that is whole at any moment.

    Args:
        path: the file.
        monitor: the value that tells the best epoch; see `EpochHistory.ranks`.
        history: the rows of all epochs; a callback before this one.
        writes: whether to write the file; of several workers, one does.
    """

    def __init__(
        self, path: Path, monitor: str, history: EpochHistory, writes: bool = True
    ) -> None:
        super().__init__()
        self._path, self._monitor, self._history = path, monitor, history
        self._writes = writes

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Writes the weights if the epoch is the best so far."""
        *earlier, rank = self._history.ranks(self._monitor)
        if not earlier or rank > max(earlier):
            save_weights(self.model, self._path, self._writes)


class EarlyStopping(keras.callbacks.Callback):
    """Stops a fit whose epochs no longer get better.

    Unlike Keras' own, it counts the epochs before an interruption too.

    Args:
        monitor: the value that should rise.
        patience: after how many epochs without a rise the fit stops.
        history: the rows of all epochs; a callback before this one.
        finished: the file that says that the fit is finished, made when it stops; None where
            another worker makes it.
    """

    def __init__(
        self, monitor: str, patience: int, history: EpochHistory, finished: Path | None
    ) -> None:
        super().__init__()
        self._monitor, self._patience = monitor, patience
        self._history, self._finished = history, finished

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stops after `patience` epochs without a rise."""
        # Without that of the start, which may be the first row.
        ranks = self._history.ranks(self._monitor)[-(epoch + 1) :]
        if epoch and len(ranks) - 1 - ranks.index(max(ranks)) >= self._patience:
            self.model.stop_training = True
            if self._finished is not None:
                mark_finished(self._finished)


class Backup(keras.callbacks.BackupAndRestore):
    """Keras' BackupAndRestore, which stays after the fit and whose errors are sentences.

    Args:
        folder: the folder of the fit.
        save_freq: after how many steps it writes a backup; after each epoch if it is None.
    """

    def __init__(self, folder: Path, save_freq: int | None = None) -> None:
        # Integers are allowed; Keras has the type of its default.
        frequency: Any = save_freq or "epoch"
        super().__init__(str(folder / BACKUP_FOLDER), save_freq=frequency, delete_checkpoint=False)

    def _backup(self, epoch: int, batch: int = 0) -> None:
        try:
            super()._backup(epoch, batch)
        except tf.errors.OpError as error:
            # The message is "{{node}} file; reason [operation]".
            reason = error.message.rpartition("; ")[2].partition(" [Op")[0]
            raise UserError(f"cannot write a backup to {self.backup_dir}: {reason}") from None


class BackupWithinEpochs(Backup):
    """A backup that also keeps the metrics of an interrupted epoch.

    Keras restores the weights, and starts the means of the epoch from zero.

    Args:
        folder: the folder of the fit.
        save_freq: after how many steps it writes a backup, beside that of each epoch.
        writes: whether to write the metrics; of several workers, one does.
    """

    def __init__(self, folder: Path, save_freq: int, writes: bool = True) -> None:
        super().__init__(folder, save_freq)
        self._writes = writes
        self._path = folder / "epoch_metrics.json"
        self._kept: dict[str, list[float]] = {}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Restores the metrics if the epoch was interrupted.

        Raises:
            UserError: their file is missing or damaged, or holds those of another model.
        """
        super().on_epoch_begin(epoch, logs)
        steps = int(self.model.optimizer.iterations.numpy())
        if steps % self.params["steps"]:
            self._restore(steps)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Writes a backup if it is time, but not at the end of an epoch, which has its own."""
        if batch + 1 < self.params["steps"]:
            super().on_train_batch_end(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Writes a backup, after which the epoch counts as done: its row must be written before."""
        self._backup(epoch, self.params["steps"] - 1)

    def _backup(self, epoch: int, batch: int = 0) -> None:
        # The last two, since a kill may come before the backup is written.
        last = dict(list(self._kept.items())[-1:])
        values = [float(variable.numpy()) for variable in self._variables()]
        self._kept = {**last, str(int(self.model.optimizer.iterations.numpy())): values}
        if self._writes:
            with write_atomically(self._path) as temporary:
                temporary.write_text(json.dumps(self._kept) + "\n", "utf-8")
        super()._backup(epoch, batch)

    def _restore(self, steps: int) -> None:
        kept = read_json(self._path).get(str(steps))
        values = [float(value.number()) for value in kept.items()]
        variables = self._variables()
        if len(values) != len(variables):
            raise kept.error(
                f"it has {len(values)} values, and the metrics have {len(variables)}; remove the "
                "run and train it again"
            )
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        self._kept = {str(steps): values}

    def _variables(self) -> list[Any]:
        return [variable for metric in self.model.metrics for variable in metric.variables]


def save_weights(model: keras.Model, path: Path, writes: bool = True) -> None:
    """Writes the weights of a model to a file that is whole at any moment.

    Keras' own format is HDF5, whose library ends the process where the disk is full.

    Args:
        model: the model.
        path: the file, `*.npz`.
        writes: whether to write the file. Several workers read the weights together, since some
            are means over all of them, and one writes.
    """
    weights = model.get_weights()
    if not writes:
        return
    content = io.BytesIO()
    np.savez(content, *weights)
    with write_atomically(path) as temporary:
        temporary.write_bytes(content.getbuffer())


def load_weights(model: keras.Model, path: Path) -> None:
    """Reads the weights that `save_weights` wrote.

    Args:
        model: a model with the same weights, which changes in place.
        path: the file.

    Raises:
        UserError: the file is damaged, or holds the weights of another model.
    """
    try:
        with np.load(path) as arrays:
            model.set_weights([arrays[name] for name in arrays.files])
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile) as error:
        reason = str(error).partition("\n")[0][:200]
        raise UserError(
            f"{path} does not hold the weights of this run's model ({reason}); remove the run and "
            "train it again"
        ) from None


def mark_finished(path: Path) -> None:
    """Makes the file that says that a fit is finished.

    Args:
        path: the file.
    """
    with write_atomically(path) as temporary:
        temporary.write_text("The fit is finished; the best weights are its result.\n", "utf-8")

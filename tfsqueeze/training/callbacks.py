"""Keras callbacks of a fit that may be killed at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tf_keras as keras

from tfsqueeze.utils.files import write_atomically


class BestWeights(keras.callbacks.Callback):
    """Keeps the weights of the best epoch in a file that is whole at any moment.

    Args:
        path: the file.
        monitor: the value in the logs that tells the best epoch; larger is better.
        best: what an epoch has to exceed; None if the first is kept in any case.
    """

    def __init__(self, path: Path, monitor: str, best: float | None) -> None:
        super().__init__()
        self._path, self._monitor, self._best = path, monitor, best

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Writes the weights if the epoch is the best so far."""
        value = logs[self._monitor]
        if self._best is None or value > self._best:
            self._best = value
            save_weights(self.model, self._path)


class EarlyStopping(keras.callbacks.EarlyStopping):
    """Keras' early stopping, which also counts the epochs before an interruption.

    Args:
        monitor: the value in the logs that should rise.
        patience: after how many epochs without a rise the fit stops.
        history: the rows of earlier epochs, each with its `epoch`, from 1.
        finished: the file that says that the fit is finished; made when it stops.
    """

    def __init__(
        self, monitor: str, patience: int, history: Sequence[dict[str, float]], finished: Path
    ) -> None:
        super().__init__(monitor=monitor, mode="max", patience=patience)
        self._history, self._finished = list(history), finished

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Counts the epochs of before, once: it is known now which of them count as done."""
        for row in self._history:
            if 0 < row["epoch"] <= epoch:
                super().on_epoch_end(int(row["epoch"]) - 1, {self.monitor: row[self.monitor]})
        self._history = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stops after `patience` epochs without a rise."""
        super().on_epoch_end(epoch, logs)
        if self.model.stop_training:
            mark_finished(self._finished)


def save_weights(model: keras.Model, path: Path) -> None:
    """Writes the weights of a model to a file that is whole at any moment.

    Args:
        model: the model.
        path: the file, `*.weights.h5`.
    """
    with write_atomically(path) as temporary:
        model.save_weights(temporary)


def mark_finished(path: Path) -> None:
    """Makes the file that says that a fit is finished.

    Args:
        path: the file.
    """
    with write_atomically(path) as temporary:
        temporary.write_text("The fit is finished; the best weights are its result.\n", "utf-8")

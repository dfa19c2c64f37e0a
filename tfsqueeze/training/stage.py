"""One stage of training: a plain Keras fit that can be interrupted and resumed."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.distillation.distiller import Distiller
from tfsqueeze.files import write_atomically
from tfsqueeze.training.batches import TrainingBatches
from tfsqueeze.training.options import TrainingOptions

_WARMUP_SHARE = 0.1
_MONITOR = "val_accuracy"
_HISTORY = "history.csv"
_START = "start.json"


def fit_stage(model: keras.Model, batches: TrainingBatches, validation: tf.data.Dataset,
              folder: Path, *, epochs: int, learning_rate: float, options: TrainingOptions,
              keep_start: bool = False,
              callbacks: Sequence[keras.callbacks.Callback] = ()) -> list[dict[str, float]]:
    """Fits the model and leaves it with the weights of its best epoch on validation.

    model: a classifier, or a `Distiller` of one.
    folder: where the epoch history (history.csv), the best weights and TensorBoard's logs go,
        and the backup from which an interrupted stage resumes at its last whole epoch.
    keep_start: whether the weights that the stage starts from stand for the best where no epoch
        beats them, as those of a calibrated model may.
    callbacks: further Keras callbacks, as one that shows progress.

    Returns one row per epoch: epoch (from 1), loss, accuracy, val_loss, val_accuracy; before them,
    with `keep_start`, a row for epoch 0 with the start's val_loss and val_accuracy.
    """
    folder.mkdir(parents=True, exist_ok=True)
    compile_for_classification(model, learning_rate, epochs * batches.steps, options)
    history = folder / _HISTORY
    best_weights = folder / "best.weights.h5"
    best = None
    if best_weights.exists():
        model.load_weights(best_weights)
    if keep_start or best_weights.exists():
        metrics = model.evaluate(validation, verbose=0, return_dict=True)
        best = metrics["accuracy"]
    if keep_start and not best_weights.exists():
        row = {"epoch": 0, **{f"val_{name}": value for name, value in metrics.items()}}
        with write_atomically(folder / _START) as temporary:
            temporary.write_text(json.dumps(row) + "\n", "utf-8")
        # After the evaluation, which makes the metrics' variables: Keras saves them too, and
        # cannot load a file without them once they exist.
        model.save_weights(best_weights)
    model.fit(
        batches.dataset(), validation_data=validation, epochs=epochs, verbose=0,
        callbacks=[
            keras.callbacks.ModelCheckpoint(
                str(best_weights), monitor=_MONITOR, mode="max", save_best_only=True,
                save_weights_only=True, initial_value_threshold=best),
            keras.callbacks.CSVLogger(str(history), append=history.exists()),
            keras.callbacks.TensorBoard(str(folder / "logs"), write_graph=False),
            keras.callbacks.EarlyStopping(monitor=_MONITOR, mode="max",
                                          patience=options.patience),
            *callbacks,
            # Last, so that the files above hold an epoch before it counts as done.
            keras.callbacks.BackupAndRestore(str(folder / "backup")),
        ])
    model.load_weights(best_weights)
    shutil.rmtree(folder / "backup", ignore_errors=True)
    return read_history(folder)


@keras.saving.register_keras_serializable("tfsqueeze")
class SmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy of logits [batch, num_labels] and class ids [batch], with label smoothing
    (Szegedy et al. 2016, arXiv 1512.00567, section 7), which Keras has for one-hot labels only."""

    def __init__(self, label_smoothing=0.0, **kwargs):
        super().__init__(**kwargs)
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):
        targets = tf.one_hot(tf.cast(tf.reshape(y_true, [-1]), tf.int32), y_pred.shape[-1])
        return keras.losses.categorical_crossentropy(
            targets, y_pred, from_logits=True, label_smoothing=self.label_smoothing)

    def get_config(self):
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


def compile_for_classification(model: keras.Model, learning_rate: float, steps: int,
                               options: TrainingOptions) -> None:
    """Compiles with AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101), a linear warm-up and a
    cosine decay over `steps`, and cross-entropy on logits."""
    # A distiller has a loss of its own.
    loss = None if isinstance(model, Distiller) else SmoothedCrossEntropy(options.label_smoothing)
    model.compile(
        keras.optimizers.AdamW(warmup_and_decay(learning_rate, steps),
                               weight_decay=options.weight_decay, clipnorm=1.0),
        loss, metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy")])


def warmup_and_decay(learning_rate: float, steps: int
                     ) -> keras.optimizers.schedules.LearningRateSchedule:
    """Returns a schedule that rises over a tenth of the steps and falls by half a cosine
    (Loshchilov and Hutter 2017, arXiv 1608.03983)."""
    return keras.optimizers.schedules.CosineDecay(
        0.0, max(1, round((1 - _WARMUP_SHARE) * steps)), alpha=0.01, warmup_target=learning_rate,
        warmup_steps=max(1, round(_WARMUP_SHARE * steps)))


def read_history(folder: Path) -> list[dict[str, float]]:
    """Reads the rows that a stage has logged, as `fit_stage` returns them; none where it has not
    begun."""
    start, history = folder / _START, folder / _HISTORY
    rows = [json.loads(start.read_text("utf-8"))] if start.exists() else []
    if history.exists():
        with history.open(newline="", encoding="utf-8") as lines:
            for logged in csv.DictReader(lines):
                # Keras logs columns of a validation also where there is none.
                row = {name: float(value) for name, value in logged.items() if value != "NA"}
                rows.append({**row, "epoch": int(row["epoch"]) + 1})
    # An epoch that was interrupted after its log and before its backup is run and logged again.
    return list({row["epoch"]: row for row in rows}.values())

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
from tfsqueeze.tasks import Task
from tfsqueeze.training.batches import TrainingBatches
from tfsqueeze.training.objectives import losses_and_metrics
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.files import write_atomically

_WARMUP_SHARE = 0.1
_HISTORY = "history.csv"
_START = "start.json"


def fit_stage(
    model: keras.Model,
    task: Task,
    classes: dict[str, list[str]],
    batches: TrainingBatches,
    validation: tf.data.Dataset,
    folder: Path,
    *,
    epochs: int,
    learning_rate: float,
    options: TrainingOptions,
    keep_start: bool = False,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> list[dict[str, float]]:
    """Fits the model and leaves it with the weights of its best epoch on validation.

    model: one of the task, or a `Distiller` of one.
    classes: the names of each output's classes.
    folder: where the epoch history (history.csv), the best weights and TensorBoard's logs go,
        and the backup from which an interrupted stage resumes at its last whole epoch.
    keep_start: whether the weights that the stage starts from stand for the best where no epoch
        beats them, as those of a calibrated model may.
    callbacks: further Keras callbacks, as one that shows progress.

    Returns one row per epoch: epoch (from 1), loss, val_loss, the task's Keras metrics, such as
    accuracy, and those of validation, such as val_accuracy; before them, with `keep_start`, a row
    for epoch 0 with the start's val_loss and metrics of validation. Where several metrics choose
    the epoch, their mean is there as val_score.
    """
    folder.mkdir(parents=True, exist_ok=True)
    compile_for_task(model, task, classes, learning_rate, epochs * batches.steps, options)
    history = folder / _HISTORY
    best_weights = folder / "best.weights.h5"
    best = None
    if best_weights.exists():
        model.load_weights(best_weights)
    if keep_start or best_weights.exists():
        metrics = model.evaluate(validation, verbose=0, return_dict=True)
        best = task.monitored_value(metrics)
    if keep_start and not best_weights.exists():
        row = {
            "epoch": 0,
            **{f"val_{name}": value for name, value in metrics.items()},
            monitor(task): best,
        }
        with write_atomically(folder / _START) as temporary:
            temporary.write_text(json.dumps(row) + "\n", "utf-8")
        # After the evaluation, which makes the metrics' variables: Keras saves them too, and
        # cannot load a file without them once they exist.
        model.save_weights(best_weights)
    model.fit(
        batches.dataset(),
        validation_data=validation,
        epochs=epochs,
        verbose=0,
        callbacks=[
            # First, so that the others find the value in the logs.
            *(
                []
                if len(task.monitored) == 1
                else [
                    keras.callbacks.LambdaCallback(
                        on_epoch_end=lambda epoch, logs: logs.update(
                            {monitor(task): task.monitored_value(logs, "val_")}
                        )
                    )
                ]
            ),
            keras.callbacks.ModelCheckpoint(
                str(best_weights),
                monitor=monitor(task),
                mode="max",
                save_best_only=True,
                save_weights_only=True,
                initial_value_threshold=best,
            ),
            keras.callbacks.CSVLogger(str(history), append=history.exists()),
            keras.callbacks.TensorBoard(str(folder / "logs"), write_graph=False),
            keras.callbacks.EarlyStopping(
                monitor=monitor(task), mode="max", patience=options.patience
            ),
            *callbacks,
            # Last, so that the files above hold an epoch before it counts as done.
            keras.callbacks.BackupAndRestore(str(folder / "backup")),
        ],
    )
    model.load_weights(best_weights)
    shutil.rmtree(folder / "backup", ignore_errors=True)
    return read_history(folder)


def compile_for_task(
    model: keras.Model,
    task: Task,
    classes: dict[str, list[str]],
    learning_rate: float,
    steps: int,
    options: TrainingOptions,
) -> None:
    """Compiles with AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101), a linear warm-up and a
    cosine decay over `steps`, and cross-entropy on logits.

    classes: the names of each output's classes.
    """
    loss, metrics = losses_and_metrics(task.outputs, classes, options.label_smoothing)
    if not task.names_outputs:
        (loss,), (metrics,) = loss.values(), metrics.values()
    model.compile(
        keras.optimizers.AdamW(
            warmup_and_decay(learning_rate, steps), weight_decay=options.weight_decay, clipnorm=1.0
        ),
        # A distiller has a loss of its own.
        None if isinstance(model, Distiller) else loss,
        metrics=metrics,
    )


def monitor(task: Task) -> str:
    """The name, in the history, of what chooses the epoch."""
    return f"val_{task.monitored[0]}" if len(task.monitored) == 1 else "val_score"


def warmup_and_decay(
    learning_rate: float, steps: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Returns a schedule that rises over a tenth of the steps and falls by half a cosine
    (Loshchilov and Hutter 2017, arXiv 1608.03983)."""
    return keras.optimizers.schedules.CosineDecay(
        0.0,
        max(1, round((1 - _WARMUP_SHARE) * steps)),
        alpha=0.01,
        warmup_target=learning_rate,
        warmup_steps=max(1, round(_WARMUP_SHARE * steps)),
    )


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

"""A Keras fit that can be interrupted and resumed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.distillation.distiller import Distiller
from tfsqueeze.tasks import Task
from tfsqueeze.training.batches import TrainingBatches
from tfsqueeze.training.callbacks import (
    Backup,
    BestWeights,
    EarlyStopping,
    EpochHistory,
    TrainingPosition,
    load_weights,
    mark_finished,
    save_weights,
)
from tfsqueeze.training.distribution import Distribution
from tfsqueeze.training.optimizer import AdamW
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.autograph import skip_autograph_of_steps

FINISHED_FILE = "finished"
_WARMUP_SHARE = 0.1


def fit_resumable(
    model: keras.Model,
    task: Task,
    classes: Mapping[str, Sequence[str]],
    batches: TrainingBatches,
    validation: tf.data.Dataset,
    folder: Path,
    *,
    epochs: int,
    learning_rate: float,
    options: TrainingOptions,
    keep_start: bool = False,
    class_weight: Mapping[int, float] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    distribution: Distribution | None = None,
) -> list[dict[str, float]]:
    """Fits a model and leaves it with the weights of its best epoch on validation.

    Args:
        model: a model of the task, or a `Distiller` of one.
        task: the task.
        classes: the names of each output's classes.
        batches: what the model is trained on.
        validation: what chooses the epoch.
        folder: takes the epoch history (history.csv), the best weights, TensorBoard's logs, and
            the backup from which an interrupted fit resumes after its last whole epoch. On one
            thread it ends with the weights of a fit without an interruption, bit for bit. The
            caller removes the backup once the model is in place.
        epochs: the most epochs.
        learning_rate: the highest learning rate.
        options: the settings of the optimizer, the loss and early stopping.
        keep_start: whether the weights at the start count as the best until an epoch beats them,
            which suits a calibrated model.
        class_weight: the weight of each class in the loss, by its id; None for 1.
        callbacks: further Keras callbacks, such as one that shows progress.
        distribution: where the model trains, in whose scope the caller made it; None for one
            device.

    Returns:
        One row per epoch: `epoch` (from 1), `loss`, `val_loss`, the task's Keras metrics, and
        those of validation with the prefix `val_`. With `keep_start` a row for epoch 0 comes
        first, with `val_loss` and the metrics of validation. If several metrics choose the epoch,
        their mean is `val_score`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    warn_of_too_few_steps(options.gradient_accumulation_steps, epochs * batches.steps)
    distribution = distribution or Distribution()
    writes = distribution.is_chief
    validation, validation_steps = distribution.whole(validation)
    compile_for_task(model, task, classes, learning_rate, epochs * batches.steps, options)
    distribution.report_means(model)
    best_weights = folder / "best_weights.npz"
    finished = folder / FINISHED_FILE
    history = EpochHistory(folder, writes)
    monitored, score_name = _monitored(task, options.monitor), monitor(task, options.monitor)

    def score(logs: Mapping[str, float], prefix: str = "") -> float:
        return sum(logs[prefix + name] for name in monitored) / len(monitored)

    if finished.exists():
        load_weights(model, best_weights)
        return history.rows
    if keep_start and not history.rows:
        metrics = model.evaluate(validation, steps=validation_steps, verbose=0, return_dict=True)
        save_weights(model, best_weights, writes)
        history.add(
            {
                "epoch": 0,
                **{f"val_{name}": float(value) for name, value in metrics.items()},
                score_name: score(metrics),
            }
        )
    position = TrainingPosition()
    if distribution.replicas > 1:
        data: dict[str, Any] = {
            "x": batches.distributed(distribution, position.iterations, class_weight),
            "steps_per_epoch": batches.steps,
        }
    else:
        data = {
            "x": batches.dataset(position.iterations),
            "class_weight": None if class_weight is None else dict(class_weight),
        }
    model.fit(
        **data,
        validation_data=validation,
        validation_steps=validation_steps,
        epochs=epochs,
        verbose=0,
        callbacks=[
            # First, so that the others find the value in the logs.
            *(
                []
                if len(monitored) == 1
                else [
                    keras.callbacks.LambdaCallback(
                        on_epoch_end=lambda epoch, logs: logs.update(
                            {score_name: score(logs, "val_")}
                        )
                    )
                ]
            ),
            history,
            BestWeights(best_weights, score_name, history, writes),
            *(
                [keras.callbacks.TensorBoard(str(folder / "logs"), write_graph=False)]
                if writes
                else []
            ),
            EarlyStopping(score_name, options.patience, history, finished if writes else None),
            *callbacks,
            # After all that write files, so that these hold an epoch before it counts as done.
            Backup(folder),
            # Last, so that it knows what the backup restored.
            position,
        ],
    )
    if writes:
        mark_finished(finished)
    distribution.wait()
    load_weights(model, best_weights)
    return history.rows


def warn_of_too_few_steps(accumulated: int, steps: int) -> None:
    """Warns if a fit ends before the weights change for the first time.

    Args:
        accumulated: the number of batches after which the weights change.
        steps: the number of batches of the whole fit.
    """
    if accumulated > steps:
        warnings.warn(
            f"gradient_accumulation_steps is {accumulated:,}, and this training has {steps:,} "
            "batches: it changes no weight; accumulate fewer, or train for more epochs",
            stacklevel=3,
        )


def compile_for_task(
    model: keras.Model,
    task: Task,
    classes: Mapping[str, Sequence[str]],
    learning_rate: float,
    steps: int,
    options: TrainingOptions,
) -> None:
    """Compiles a model with AdamW, a linear warm-up and a cosine decay, and the outputs' losses.

    Source of AdamW: Loshchilov and Hutter 2019, arXiv 1711.05101.

    Args:
        model: a model of the task, or a `Distiller` of one, which has a loss of its own.
        task: the task.
        classes: the names of each output's classes.
        learning_rate: the highest learning rate.
        steps: the steps of the whole fit.
        options: the settings of the optimizer and the loss.
    """
    losses, metrics = {}, {}
    for name, output in task.outputs.items():
        names = classes.get(name, ())
        losses[name] = output.loss(names, options.label_smoothing)
        metrics[name] = output.metrics(names)
    if not task.returns_dict:
        (losses,), (metrics,) = losses.values(), metrics.values()
    model.compile(
        AdamW(
            warmup_and_decay(learning_rate, steps),
            weight_decay=options.weight_decay,
            clipnorm=1.0,
            gradient_accumulation_steps=options.gradient_accumulation_steps,
        ),
        None if isinstance(model, Distiller) else losses,
        metrics=metrics,
    )
    skip_autograph_of_steps(model)


def monitor(task: Task, chosen: str | None = None) -> str:
    """Returns the name, in the history, of the value that chooses the epoch.

    Args:
        task: the task.
        chosen: the Keras metric that the run chose, one of `monitor_choices`; None for the task's.
    """
    monitored = _monitored(task, chosen)
    return f"val_{monitored[0]}" if len(monitored) == 1 else "val_score"


def _monitored(task: Task, chosen: str | None) -> tuple[str, ...]:
    return task.training.monitored if chosen is None else (chosen,)


def warmup_and_decay(
    learning_rate: float, steps: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Returns a schedule that rises over a tenth of the steps and falls by half a cosine.

    Source: Loshchilov and Hutter 2017, arXiv 1608.03983.

    Args:
        learning_rate: the highest learning rate.
        steps: the steps of the whole fit.
    """
    return keras.optimizers.schedules.CosineDecay(
        0.0,
        max(1, round((1 - _WARMUP_SHARE) * steps)),
        alpha=0.01,
        warmup_target=learning_rate,
        warmup_steps=max(1, round(_WARMUP_SHARE * steps)),
    )

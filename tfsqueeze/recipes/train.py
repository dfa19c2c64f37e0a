"""Training from the name or path of a dataset."""

from __future__ import annotations

import dataclasses
import difflib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tfsqueeze.data.readers.column_names import LABEL, TEXT
from tfsqueeze.data.readers.label_checks import LABEL_SEPARATOR
from tfsqueeze.recipes.preparation import Preparation, prepare_training
from tfsqueeze.recipes.setting_search import TrialResult, search_best
from tfsqueeze.recipes.sizes import Device, Size
from tfsqueeze.training.distribution import get_distribution
from tfsqueeze.training.epoch_line import epoch_line
from tfsqueeze.training.fit import monitor
from tfsqueeze.training.train_task import Callbacks, train_task
from tfsqueeze.training.trained_run import TrainedRun
from tfsqueeze.training.training_options import DistributionName, TrainingOptions
from tfsqueeze.utils.errors import UserError

_OPTIONS = [field.name for field in dataclasses.fields(TrainingOptions)]


def train(
    data: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    task: str | None = None,
    size: Size | None = None,
    target: Device | None = None,
    text_column: str = TEXT,
    label_column: str = LABEL,
    text_pair_column: str | None = None,
    label_separator: str = LABEL_SEPARATOR,
    keep_nan_labels: bool = False,
    max_per_source: int | None = None,
    search: int | None = None,
    distribute: DistributionName | None = None,
    verbose: bool = True,
    **options: Any,
) -> TrainedRun:
    """Trains a model on data, first in float and then quantization-aware.

    What you leave open follows from the data, as `tfsqueeze train` prints it; the run's run.json
    keeps each choice with its reason.

    Args:
        data: name of a dataset, or a file or folder.
        output: folder for the run; by default `runs/` and the name of the data. The same call
            continues a run that was interrupted, and loads one that is finished.
        task: name of the task, such as one of `TaskName`; by default that of the data.
        size: `micro`, `tiny`, `small` or `base`; by default tiny.
        target: `micro`, `edgetpu` or `android`, in place of a size.
        text_column: column with the texts, for tables.
        label_column: column with the labels, for tables.
        text_pair_column: column with the second texts, for tables of pairs; by default found by its
            usual names.
        label_separator: what stands between two labels of a text, for tables.
        keep_nan_labels: whether words such as `nan` are labels, for tables.
        max_per_source: the largest number of training questions from each subfolder, for
            question-answering.
        search: how many settings are tried on validation before training; see `search_settings`.
            None tries none.
        distribute: `mirrored` to train on all GPUs of this machine, or `multi-worker` for the
            machines that the environment variable TF_CONFIG names; then call it before anything
            else that uses TensorFlow.
        verbose: whether to print each choice with its reason, and a line on each epoch.
        **options: fields of `TrainingOptions`.

    Returns:
        The finished run.

    Raises:
        UserError: the task or an option is unknown, the data cannot be read, an option is out of
            range, or the folder holds another run; see `train_task`.

    Example:
        >>> import tfsqueeze
        >>> run = tfsqueeze.train("reuters-r8", epochs=3)  # doctest: +SKIP
        >>> run.folder  # doctest: +SKIP
        PosixPath('runs/reuters-r8')
    """
    unknown = [name for name in options if name not in _OPTIONS]
    if unknown:
        near = difflib.get_close_matches(unknown[0], _OPTIONS, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(_OPTIONS)}"
        raise UserError(f"train has no option {unknown[0]!r}; {hint}")
    if search is not None and distribute is not None:
        raise UserError("a search trains on one device; search without `distribute`")
    distribution = get_distribution(distribute)
    prepared = prepare_training(
        os.fspath(data),
        task=task,
        size=size,
        target=target,
        text_column=text_column,
        label_column=label_column,
        text_pair_column=text_pair_column,
        label_separator=label_separator,
        keep_nan_labels=keep_nan_labels,
        max_per_source=max_per_source,
        given=options,
    )
    if output is None:
        output = Path("runs") / Path(data).resolve().name.partition(".")[0]
    callbacks, report = _printing(prepared) if verbose else (lambda *_: (), lambda _: None)
    if search is not None:
        prepared = search_best(
            Path(output), prepared, search, callbacks, fixed=options, report=report
        )
    if verbose:
        for choice in prepared.choices:
            print(choice)
    return train_task(
        output,
        prepared.task,
        prepared.splits,
        prepared.options,
        callbacks,
        dataset_name=os.fspath(data),
        choices=prepared.choices,
        distribution=distribution,
    )


def _printing(prepared: Preparation) -> tuple[Callbacks, Callable[[TrialResult], None]]:
    """Returns what prints a line on each epoch, and on each trial of a search."""
    import tf_keras as keras

    score = monitor(prepared.task, prepared.options.monitor)

    def callbacks(stage: str, *_: int) -> Sequence[Any]:
        def print_line(epoch, logs):
            print(epoch_line(stage, epoch, logs, score))

        return [keras.callbacks.LambdaCallback(on_epoch_end=print_line)]

    return callbacks, lambda trial: print(trial.line(score))

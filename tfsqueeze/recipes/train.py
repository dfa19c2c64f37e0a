"""Training from the name or path of a dataset."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tfsqueeze.data.readers.column_names import LABEL, TEXT
from tfsqueeze.data.readers.label_checks import LABEL_SEPARATOR
from tfsqueeze.recipes.preparation import prepare_training
from tfsqueeze.recipes.sizes import Device, Size
from tfsqueeze.training.distribution import get_distribution
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import TrainedRun
from tfsqueeze.training.training_options import DistributionName


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
    distribute: DistributionName | None = None,
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
        distribute: `mirrored` to train on all GPUs of this machine, or `multi-worker` for the
            machines that the environment variable TF_CONFIG names; then call it before anything
            else that uses TensorFlow.
        **options: fields of `TrainingOptions`.

    Returns:
        The finished run.

    Raises:
        UserError: the task is unknown, the data cannot be read, an option is out of range, or the
            folder holds another run; see `train_task`.

    Example:
        >>> import tfsqueeze
        >>> run = tfsqueeze.train("reuters-r8", epochs=3)  # doctest: +SKIP
        >>> run.folder  # doctest: +SKIP
        PosixPath('runs/reuters-r8')
    """
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
        given=options,
    )
    if output is None:
        output = Path("runs") / Path(data).resolve().name.partition(".")[0]
    return train_task(
        output,
        prepared.task,
        prepared.splits,
        prepared.options,
        dataset_name=os.fspath(data),
        choices=prepared.choices,
        distribution=distribution,
    )

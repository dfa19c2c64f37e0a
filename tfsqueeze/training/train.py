"""Training from the name or path of a dataset."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tfsqueeze.data.readers.label_checks import LABEL_SEPARATOR
from tfsqueeze.tasks import TaskName, find_task
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import TrainedRun
from tfsqueeze.training.training_options import TrainingOptions


def train(
    data: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    task: str = TaskName.TEXT_CLASSIFICATION.value,
    text_column: str = "text",
    label_column: str = "label",
    text_pair_column: str | None = None,
    label_separator: str = LABEL_SEPARATOR,
    **options: Any,
) -> TrainedRun:
    """Trains a model for a task, first in float and then quantization-aware.

    Args:
        data: name of a dataset, or a file or folder that the task reads.
        output: folder for the run; by default `runs/` and the name of the data. The same call
            continues a run that was interrupted, and loads one that is finished.
        task: name of the task, such as one of `TaskName`.
        text_column: column with the texts, for tables.
        label_column: column with the labels, for tables.
        text_pair_column: column with the second texts, for tables of pairs.
        label_separator: what stands between two labels of a text, for tables.
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
    chosen = find_task(task)
    training_options = TrainingOptions(**options)
    splits = chosen.data.load_splits(
        os.fspath(data),
        text_column=text_column,
        label_column=label_column,
        text_pair_column=text_pair_column,
        label_separator=label_separator,
        seed=training_options.seed,
    )
    if output is None:
        output = Path("runs") / Path(data).resolve().name.partition(".")[0]
    return train_task(output, chosen, splits, training_options, dataset_name=os.fspath(data))

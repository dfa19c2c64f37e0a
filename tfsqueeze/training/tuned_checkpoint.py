"""A Hugging Face checkpoint as a run: its own head, trained quantization-aware on labelled data."""

from __future__ import annotations

import os
from typing import Any

from tfsqueeze.data.readers.pair_columns import with_text_pair_column
from tfsqueeze.tasks.named_columns import check_columns
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.training.checkpoint import open_checkpoint
from tfsqueeze.training.train_task import Callbacks, train_task
from tfsqueeze.training.trained_run import TrainedRun
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError

# Tasks whose targets are no labels of data: their heads are trained by `tfsqueeze train`.
_NOT_TUNED = (TaskName.SENTENCE_EMBEDDINGS.value, TaskName.MASKED_LM.value)


def tune_checkpoint(
    source: str | os.PathLike,
    data: str | os.PathLike,
    folder: str | os.PathLike,
    *,
    epochs: int = 1,
    max_length: int | None = None,
    callbacks: Callbacks = lambda *_: (),
    **columns: Any,
) -> TrainedRun:
    """Trains a fine-tuned checkpoint quantization-aware, with its own head and labels.

    Args:
        source: a folder in Hugging Face's layout, a name in `BACKBONES`, or a hub id.
        data: labelled data of the checkpoint's task: a dataset's name, a file or a folder.
        folder: takes the run. The same call goes on with a run that was interrupted there.
        epochs: the number of quantization-aware epochs.
        max_length: the number of tokens of a row; by default 128, or less if the model has fewer
            positions.
        callbacks: as for `train_task`.
        **columns: as for `TaskData.load_splits`. The column of second texts is found by its usual
            names, unless it is named.

    Returns:
        The finished run. It keeps the epoch that is best on validation, or the calibrated model if
        no epoch is better.

    Raises:
        UserError: the checkpoint or the data cannot be read, or do not fit each other.

    Example:
        >>> from tfsqueeze.training.tuned_checkpoint import tune_checkpoint
        >>> run = tune_checkpoint("my_checkpoint/", "mine/", "runs/mine")  # doctest: +SKIP
    """
    checkpoint = open_checkpoint(source, max_length)
    if checkpoint.task.name in _NOT_TUNED:
        raise UserError(
            f"{source} is for {checkpoint.task.name}, which is not tuned on labelled data; use "
            "`tfsqueeze train --pretrained`"
        )
    options = TrainingOptions(
        pretrained=os.fspath(source),
        epochs=0,
        qat_epochs=epochs,
        max_length=checkpoint.tokenizer.max_length,
    )
    name = os.fspath(data)
    check_columns(checkpoint.task, name, **columns)
    # A checkpoint does not say whether it reads pairs; data that have them do.
    columns = with_text_pair_column(columns, name, reads_pairs=True)
    splits = checkpoint.task.data.load_splits(name, seed=options.seed, **columns)
    return train_task(folder, checkpoint.task, splits, options, callbacks, dataset_name=name)

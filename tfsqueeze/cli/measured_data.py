"""The labelled data that a command measures a model on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tfsqueeze.cli.console import print_step

if TYPE_CHECKING:
    from tfsqueeze.data.datasets.dataset import Dataset
    from tfsqueeze.tasks import Task
    from tfsqueeze.training.trained_run import TrainedRun


def load_measured(
    task: Task,
    data: str,
    columns: Mapping[str, Any],
    *,
    trained_on: str | None,
    seed: int,
    reads_pairs: bool,
) -> Dataset:
    """Loads labelled data; of the data of training the part that was held out.

    Args:
        task: the task of the model.
        data: a dataset's name, a folder or a labelled file.
        columns: those of `TaskData.load_splits`.
        trained_on: the name or path of the data of training; None if it is not known.
        seed: of training, so that no example is one that the model learned from.
        reads_pairs: whether the model reads pairs of texts, or may do so, as a checkpoint.

    Raises:
        UserError: the data cannot be read.
    """
    from tfsqueeze.data.sources.same_data import is_same_data

    load = task.data.load_evaluation_set
    if is_same_data(data, trained_on):
        print_step(f"measuring on the held-out part of {data}, the data of training")
        load = task.data.load_held_out
    columns = with_found_pairs(columns, data, reads_pairs or task.measures_pairs)
    return load(data, **columns, seed=seed)


def load_measured_of_run(
    trained: TrainedRun, data: str | None, columns: Mapping[str, Any]
) -> Dataset:
    """Loads what a run or a calibrated checkpoint is measured on, as `load_measured` does.

    Args:
        trained: the run or the checkpoint.
        data: what the user names; None for the data of training.
        columns: those of `TaskData.load_splits`, as the user gave them.

    Raises:
        UserError: the data cannot be read, or not with such columns.
    """
    from tfsqueeze.tasks.named_columns import check_columns
    from tfsqueeze.training.trained_run import is_run

    name = trained.dataset_name if data is None else data
    check_columns(trained.task, name, **columns)
    is_trained = is_run(trained.folder)
    return load_measured(
        trained.task,
        name,
        columns,
        trained_on=trained.dataset_name if is_trained else None,
        seed=trained.options.seed,
        # Data of pairs are refused if a checkpoint is calibrated on single texts.
        reads_pairs=trained.reads_pairs or not is_trained,
    )


def column_options(columns: Mapping[str, Any]) -> list[str]:
    """Returns the options that name the columns of a table otherwise than by default.

    Args:
        columns: those of `TaskData.load_splits`.
    """
    from tfsqueeze.tasks.named_columns import named_columns

    return [f"--{name.replace('_', '-')}" for name in named_columns(**columns)]


def with_found_pairs(columns: Mapping[str, Any], data: str, reads_pairs: bool) -> dict[str, Any]:
    """Returns the columns of a table, as `with_text_pair_column` does; a step says what it found.

    Args:
        columns: see `with_text_pair_column`.
        data: a dataset's name, or a file or folder.
        reads_pairs: see `with_text_pair_column`.
    """
    from tfsqueeze.data.readers.pair_columns import with_text_pair_column

    found = with_text_pair_column(columns, data, reads_pairs)
    name = found["text_pair_column"]
    if name != columns["text_pair_column"]:
        print_step(f"the texts are pairs: the second ones are in the column {name}")
    return found

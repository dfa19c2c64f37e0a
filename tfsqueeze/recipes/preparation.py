"""From the name of a dataset to its task, its parts and the settings of a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from tfsqueeze.data.datasets.dataset import Splits
from tfsqueeze.data.readers.column_names import LABEL, TEXT
from tfsqueeze.data.readers.label_checks import LABEL_SEPARATOR
from tfsqueeze.data.readers.pair_columns import find_text_pair_column
from tfsqueeze.recipes.data_facts import find_facts
from tfsqueeze.recipes.recipe import DATA, Choice, make_recipe
from tfsqueeze.recipes.sizes import (
    DEFAULT_SIZE,
    PRESET_OF_DEVICE,
    SIZE_OF_DEVICE,
    Device,
    Size,
)
from tfsqueeze.recipes.task_of_data import TextColumns, find_task_of_data
from tfsqueeze.recipes.used_options import check_used
from tfsqueeze.tasks import Task, TaskName, find_task
from tfsqueeze.tasks.named_columns import check_columns
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.seeds import check_seed


@dataclasses.dataclass(frozen=True)
class Preparation:
    """What a run needs to begin.

    Attributes:
        task: the task.
        splits: the parts of the data.
        columns: the columns of a table.
        options: the settings of the run.
        choices: what follows from the data: the task, columns, settings.
    """

    task: Task
    splits: Splits
    columns: TextColumns
    options: TrainingOptions
    choices: tuple[Choice, ...]

    def with_settings(self, settings: Mapping[str, Any], reason: str) -> Preparation:
        """Returns the same with other settings, which are choices for one reason.

        Args:
            settings: the values by the option's name.
            reason: why they were chosen.
        """
        others = [choice for choice in self.choices if choice.option not in settings]
        chosen = [Choice(name, value, reason, DATA) for name, value in settings.items()]
        return dataclasses.replace(
            self,
            options=dataclasses.replace(self.options, **settings),
            choices=(*others, *chosen),
        )


def prepare_training(
    data: str,
    *,
    task: str | None = None,
    size: Size | None = None,
    target: Device | None = None,
    text_column: str = TEXT,
    label_column: str = LABEL,
    text_pair_column: str | None = None,
    label_separator: str = LABEL_SEPARATOR,
    max_per_source: int | None = None,
    keep_nan_labels: bool = False,
    given: Mapping[str, Any],
) -> Preparation:
    """Reads a dataset and chooses what the user leaves open.

    Args:
        data: name of a dataset, or a file or folder.
        task: the name of the task; None finds it.
        size: the size of the model; None for that of the target, or tiny.
        target: the kind of device that the model is for.
        text_column: column with the texts, for tables.
        label_column: column with the labels.
        text_pair_column: column with the second texts; None finds it by its usual names.
        label_separator: what stands between two labels of a text.
        max_per_source: the largest number of training questions of each source; None for all.
        keep_nan_labels: whether words such as `nan` are labels.
        given: the options of `TrainingOptions` that the user names.

    Raises:
        UserError: the data cannot be read, or the settings do not fit together.
    """
    seed = given.get("seed", TrainingOptions.seed)
    # Before the data are divided by it.
    check_seed(seed)
    if size is not None and target is not None:
        raise UserError("a size and a target both say how large the model is; name one")
    if target is not None and (start := next(filter(given.get, ("preset", "pretrained")), None)):
        raise UserError(f"{start} and a target both say what the model is; name one")
    found_pair = None if text_pair_column else find_text_pair_column(data, text_column)
    columns = TextColumns(text_column, label_column, text_pair_column or found_pair)
    choices: list[Choice] = []
    if task is None:
        name, reason = find_task_of_data(data, columns, label_separator)
        task = name.value
        choices.append(Choice("task", task, reason, DATA))
    chosen = find_task(task)
    check_columns(
        chosen,
        data,
        text_column=text_column,
        label_column=label_column,
        text_pair_column=text_pair_column,
        label_separator=label_separator,
        keep_nan_labels=keep_nan_labels,
    )
    if max_per_source is not None and task != TaskName.QUESTION_ANSWERING.value:
        raise UserError(f"max_per_source is for question-answering; train {task} without it")
    if found_pair is not None:
        reason = "it is a usual name of second texts"
        choices.append(Choice("text_pair_column", found_pair, reason, DATA))
    if target in PRESET_OF_DEVICE:
        preset = PRESET_OF_DEVICE[target]
        choices.append(Choice("preset", preset, "its layers run on an Edge TPU", DATA))
        given = {**given, "preset": preset}
    splits = chosen.data.load_splits(
        data,
        **columns._asdict(),
        label_separator=label_separator,
        seed=seed,
        keep_nan_labels=keep_nan_labels,
        **({} if max_per_source is None else {"max_per_source": max_per_source}),
    )
    facts = find_facts(task, splits)
    if size is None:
        size = DEFAULT_SIZE if target is None else SIZE_OF_DEVICE.get(target, DEFAULT_SIZE)
    recipe = make_recipe(facts, given, size)
    trained = chosen.training.task_for(splits)
    check_used(recipe.options, given, trained, splits.train)
    return Preparation(
        trained,
        splits,
        columns,
        recipe.options,
        (*choices, *recipe.choices),
    )

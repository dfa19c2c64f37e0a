"""Refuses columns, and options of labels, that a dataset has no use for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfsqueeze.data.readers.column_names import LABEL, TEXT
from tfsqueeze.data.readers.file_patterns import is_file_or_pattern, matching_files
from tfsqueeze.data.readers.label_checks import LABEL_SEPARATOR
from tfsqueeze.data.readers.pair_columns import find_table
from tfsqueeze.data.sources.named_datasets import DATASETS
from tfsqueeze.utils.unused_options import refuse_unused

if TYPE_CHECKING:
    from tfsqueeze.tasks.task import Task

_DEFAULTS = {
    "text_column": TEXT,
    "label_column": LABEL,
    "text_pair_column": None,
    "keep_nan_labels": False,
    "label_separator": LABEL_SEPARATOR,
}


def named_columns(**columns: Any) -> list[str]:
    """Returns the names of those options of `TaskData.load_splits` that differ from the default.

    Args:
        **columns: the options.

    Example:
        >>> named_columns(text_column="text", label_column="intent")
        ['label_column']
    """
    return [name for name, value in columns.items() if value != _DEFAULTS.get(name)]


def check_columns(task: Task, name_or_path: str | os.PathLike, **columns: Any) -> None:
    """Checks that a dataset is read with the columns that the user names.

    Args:
        task: the task that the dataset is read for.
        name_or_path: a dataset's name, or a file or folder. Of one that does not exist nothing is
            checked.
        **columns: the options of `TaskData.load_splits` as the user gave them.

    Raises:
        UserError: one is not the default, and the dataset is no table or the task reads no such
            column.
    """
    named = named_columns(**columns)
    others = sorted(task.data.unused_columns)
    refuse_unused(named, [(name, f"other tasks than {task.name}") for name in others])
    if named and _is_no_table(name_or_path):
        refuse_unused(named, [(name, f"tables, and {name_or_path} is none") for name in named])


def _is_no_table(name_or_path: str | os.PathLike) -> bool:
    path = Path(name_or_path)
    if is_file_or_pattern(path):
        return find_table(matching_files(path)[0]) is None
    exists = path.is_dir() or os.fspath(name_or_path) in DATASETS
    return exists and find_table(path) is None

"""Which task a dataset is for, by the form of its files and labels."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from tfsqueeze.data.readers.conll import CONLL_SUFFIXES
from tfsqueeze.data.readers.file_patterns import (
    files_of_format,
    is_file_or_pattern,
    is_pattern,
    matching_files,
)
from tfsqueeze.data.readers.label_kinds import LabelKind, find_label_kind
from tfsqueeze.data.readers.multi_label_tables import columns_of_bits
from tfsqueeze.data.readers.pair_columns import find_table
from tfsqueeze.data.readers.prepared_folders import is_prepared
from tfsqueeze.data.readers.tables import TextTable
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import read_json
from tfsqueeze.utils.user_files import format_suffix

_OF_LABELS: dict[LabelKind, tuple[TaskName, str]] = {
    "classes": (TaskName.TEXT_CLASSIFICATION, "each label is the name of a class"),
    "several": (TaskName.MULTI_LABEL_CLASSIFICATION, "labels are several names each"),
    "numbers": (TaskName.REGRESSION, "the labels are numbers"),
}


class TaskChoice(NamedTuple):
    """A task, and why it was chosen.

    Args:
        name: the name of the task.
        reason: what in the data says so.
    """

    name: TaskName
    reason: str


class TextColumns(NamedTuple):
    """The names of the columns of a table of texts.

    Args:
        text_column: the column of texts.
        label_column: the column of labels.
        text_pair_column: the column of second texts; None for single texts.
    """

    text_column: str
    label_column: str
    text_pair_column: str | None


def find_task_of_data(name_or_path: str, columns: TextColumns, label_separator: str) -> TaskChoice:
    """Returns the task that a dataset is for.

    Data that cannot be read are taken for classes: what reads them says what is wrong.

    Args:
        name_or_path: a dataset's name, or a file or folder.
        columns: the columns of a table.
        label_separator: what stands between two labels of a text.
    """
    path = Path(name_or_path)
    if not path.exists() and not is_pattern(path):
        return TaskChoice(TaskName.TEXT_CLASSIFICATION, "the dataset has texts with labels")
    if is_prepared(path):
        return TaskChoice(TaskName.TEXT_CLASSIFICATION, "a teacher gave each text its logits")
    suffixes = _suffixes(path)
    if suffixes & set(CONLL_SUFFIXES):
        return TaskChoice(TaskName.TOKEN_CLASSIFICATION, "CoNLL files have a tag for each word")
    if ".json" in suffixes and (found := _task_of_json(path)) is not None:
        return found
    try:
        table = find_table(path)
        if table is not None:
            return _task_of_table(table, columns, label_separator)
    except UserError:
        return TaskChoice(TaskName.TEXT_CLASSIFICATION, "the data are a table of texts")
    if ".txt" in suffixes:
        return TaskChoice(TaskName.SENTENCE_EMBEDDINGS, "the texts have no labels")
    return TaskChoice(TaskName.TEXT_CLASSIFICATION, "the data are texts with labels")


def _suffixes(path: Path) -> set[str]:
    """Returns the suffixes of a file, or of the files in a folder or else in its subfolders."""
    if is_file_or_pattern(path):
        return {format_suffix(file) for file in matching_files(path)}
    for pattern in ("*", "*/*"):
        found = {format_suffix(file) for file in path.glob(pattern) if file.is_file()}
        if found - {"", ".md"}:
            return found
    return set()


def _task_of_json(path: Path) -> TaskChoice | None:
    """Returns the task of SQuAD's or SNIPS' files, or None for tables."""
    if is_file_or_pattern(path):
        files = matching_files(path)
    else:
        patterns = ("train*", "*", "*/train*")
        files = [file for name in patterns for file in files_of_format(path, ".json", name)]
    if not files:
        return None
    try:
        content = read_json(files[0]).value
    except UserError:
        # An object on each line is no JSON file.
        return None
    if not isinstance(content, dict):
        return None
    if isinstance(content.get("data"), list):
        return TaskChoice(TaskName.QUESTION_ANSWERING, "SQuAD's files have questions with answers")
    if content and all(isinstance(commands, list) for commands in content.values()):
        return TaskChoice(TaskName.INTENT_AND_SLOTS, "SNIPS' files have commands with slots")
    return None


def _task_of_table(path: Path, columns: TextColumns, label_separator: str) -> TaskChoice:
    table = TextTable(
        path,
        columns.text_column,
        columns.label_column,
        text_pair_column=columns.text_pair_column,
    )
    others = table.other_columns()
    if others is not None and len(others) != 1:
        return _task_without_labels(table, others, columns)
    values = [row.values.get(table.label_key(row)) for row in table.sample()]
    if any(isinstance(value, list) for value in values):
        return TaskChoice(*_OF_LABELS["several"])
    labels = ["" if value is None else str(value).strip() for value in values]
    return TaskChoice(*_OF_LABELS[find_label_kind(labels, label_separator)])


def _task_without_labels(table: TextTable, others: list[str], columns: TextColumns) -> TaskChoice:
    """Returns the task of a table without a column of labels."""
    rows = table.sample()
    if columns_of_bits(others, rows):
        return TaskChoice(
            TaskName.MULTI_LABEL_CLASSIFICATION, "columns of 0 and 1 say which labels a text has"
        )
    if columns.text_pair_column is not None:
        return TaskChoice(TaskName.SENTENCE_EMBEDDINGS, "the pairs of texts have no labels")
    if rows and not others:
        return TaskChoice(TaskName.SENTENCE_EMBEDDINGS, "the texts have no labels")
    return TaskChoice(TaskName.TEXT_CLASSIFICATION, "the data are a table of texts")

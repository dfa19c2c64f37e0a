"""Whether a dataset's table holds pairs of texts, by the names of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfsqueeze.data.readers.column_names import TEXT, find_pair_column
from tfsqueeze.data.readers.file_patterns import is_file_or_pattern
from tfsqueeze.data.readers.folders import find_split_file
from tfsqueeze.data.readers.tables import TABLE_SUFFIXES, TextTable
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.user_files import format_suffix

_STEMS = ("train", "val", "dev", "validation", "test")


def find_table(path: Path) -> Path | None:
    """Returns the table of a dataset: the file itself, or the first part of a folder.

    A folder without parts may have subfolders with parts, one for each language.

    Args:
        path: a file or a folder, or what is neither.

    Raises:
        UserError: the folder has two tables of one part.
    """
    if is_file_or_pattern(path):
        return path if format_suffix(path) in TABLE_SUFFIXES else None
    folders = [path, *sorted(path.glob("*/"))]
    found = (
        find_split_file(folder, (stem,), TABLE_SUFFIXES) for folder in folders for stem in _STEMS
    )
    return next(filter(None, found), None)


def find_text_pair_column(name_or_path: str, text_column: str = TEXT) -> str | None:
    r"""Returns the column of second texts of a dataset's table; None if it has single texts.

    Args:
        name_or_path: a dataset's name, or a file or folder.
        text_column: the name of the column of texts.

    Example:
        >>> import pathlib, tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = pathlib.Path(folder.name, "train.tsv")
        >>> _ = path.write_text("premise\thypothesis\tlabel\nIt rains.\tIt is wet.\tyes\n")
        >>> find_text_pair_column(folder.name)
        'hypothesis'
    """
    try:
        table = find_table(Path(name_or_path))
        names = [] if table is None else TextTable(table, text_column).names
    except UserError:
        # What reads the data says what is wrong.
        return None
    return find_pair_column(names, text_column)


def with_text_pair_column(
    columns: Mapping[str, Any], name_or_path: str, reads_pairs: bool
) -> dict[str, Any]:
    """Returns the columns of a table, that of second texts included if a model reads pairs.

    Args:
        columns: `text_column`, by default `text`, and `text_pair_column`, which is found if it is
            missing or None; others stay.
        name_or_path: a dataset's name, or a file or folder.
        reads_pairs: whether the model reads pairs of texts.
    """
    if columns.get("text_pair_column") is not None or not reads_pairs:
        return dict(columns)
    found = find_text_pair_column(name_or_path, columns.get("text_column", TEXT))
    return {**columns, "text_pair_column": found}

"""Tables of texts with any number of labels each."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from tfsqueeze.data.datasets.multi_label_dataset import MultiLabelDataset
from tfsqueeze.data.readers.label_checks import LABEL_SEPARATOR
from tfsqueeze.data.readers.tables import Row, TextTable, read_class
from tfsqueeze.utils.errors import UserError

_BITS = {"0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}


def read_multi_label_table(
    path: str | os.PathLike,
    *,
    text_column: str = "text",
    label_column: str = "label",
    text_pair_column: str | None = None,
    columns: Sequence[str] | None = None,
    keep_nan_labels: bool = False,
    label_separator: str = LABEL_SEPARATOR,
) -> MultiLabelDataset:
    r"""Reads a file of texts with several labels each, in the formats of `read_table`.

    A value of the label column holds labels with a separator between them, or is a JSON list of
    them; an empty value or list is a text without labels. In a file without a label column, every
    column whose values are all 0 or 1, 0.0 or 1.0, or false or true is a label of its own name.

    Args:
        path: the file.
        text_column: the name of the column of texts.
        label_column: the name of the column of labels.
        text_pair_column: the name of the column of second texts.
        columns: the names of the columns of a `.tsv` or `.csv` without a line of names.
        keep_nan_labels: as in `read_table`.
        label_separator: what stands between two labels.

    Raises:
        UserError: as `read_table`; or the separator is empty, or a value is no list of labels.

    Example:
        >>> import pathlib, tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = pathlib.Path(folder.name, "train.csv")
        >>> _ = path.write_text("text,label\nwhere is it,delivery|urgent\nthanks,\n")
        >>> read_multi_label_table(path).labels
        [('delivery', 'urgent'), ()]
    """
    path = Path(path)
    if not label_separator:
        raise UserError("label_separator is empty; name the characters between two labels")
    table = TextTable(
        path, text_column, label_column, text_pair_column=text_pair_column, columns=columns
    )
    one_hot = columns_of_bits(table.other_columns() or (), table.rows)

    def read_labels(row: Row) -> tuple[str, ...]:
        if one_hot:
            found = [name for name in one_hot if _bit(row.values[name])]
            column = "column names"
        else:
            column = table.label_key(row)
            found = _parts(row.values[column], label_separator)
        labels = [read_class(label, row.location, column, keep_nan_labels) for label in found]
        return tuple(dict.fromkeys(labels))

    return MultiLabelDataset(path.name, **table.examples(read_labels))


def columns_of_bits(names: Iterable[str], rows: Iterable[Row]) -> list[str]:
    """Returns the columns whose values are all 0 or 1, each of which stands for a label.

    Args:
        names: the names of the columns that hold no texts.
        rows: the rows of the table.
    """
    found = list(names)
    for row in rows:
        found = [name for name in found if _bit(row.values.get(name)) is not None]
        if not found:
            break
    return found


def _bit(value: object) -> bool | None:
    """Returns whether a value says that a text has a label; None if it says neither."""
    if isinstance(value, str):
        return _BITS.get(value.strip().casefold())
    return bool(value) if value in (0, 1) else None


def _parts(value: object, separator: str) -> list[object]:
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        return list(value.split(separator)) if value.strip() else []
    return [value]

"""Tables of texts with a number each."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path

from tfsqueeze.data.datasets.number_dataset import NumberDataset
from tfsqueeze.data.readers.tables import Row, TextTable
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import shown


def read_number_table(
    path: str | os.PathLike,
    *,
    text_column: str = "text",
    label_column: str = "label",
    text_pair_column: str | None = None,
    columns: Sequence[str] | None = None,
) -> NumberDataset:
    r"""Reads a file of texts with a number each, in the formats of `read_table`.

    Args:
        path: the file.
        text_column: the name of the column of texts.
        label_column: the name of the column of numbers; as in `read_table`, the other column of a
            file of two may have any name.
        text_pair_column: the name of the column of second texts.
        columns: the names of the columns of a `.tsv` or `.csv` without a line of names.

    Raises:
        UserError: as `read_table`; or a label is not a finite number. The message names file and
            line.

    Example:
        >>> import pathlib, tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = pathlib.Path(folder.name, "train.csv")
        >>> _ = path.write_text("text,label\ngood,4.5\nbad,1\n")
        >>> read_number_table(path).labels
        [4.5, 1.0]
    """
    path = Path(path)
    table = TextTable(
        path, text_column, label_column, text_pair_column=text_pair_column, columns=columns
    )

    return NumberDataset(path.name, **table.examples(lambda row: read_number(table, row)))


def read_number(table: TextTable, row: Row) -> float:
    """Returns the number that the label of a row is.

    Args:
        table: the table, which knows the column of labels.
        row: one of its rows.

    Raises:
        UserError: there is no such column, or the label is not a finite number.
    """
    value = row.values[table.label_key(row)]
    number = math.nan
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            pass
    if not math.isfinite(number):
        raise UserError(f"{row.location}: the label {shown(value)} is not a finite number")
    return number

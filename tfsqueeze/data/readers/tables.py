"""TSV, CSV and JSONL files of texts and labels."""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.readers.user_files import check_label, distinct_keys, read_text
from tfsqueeze.utils.errors import UserError

_LABEL = "label"
TABLE_SUFFIXES = (".tsv", ".csv", ".jsonl")

# The csv module refuses fields over 128 KiB; a text may be any length.
csv.field_size_limit(2**31 - 1)

# A row of named values, and the line of the file that it ended on.
_Row = tuple[int, dict[str, object]]


def read_table(
    path: str | os.PathLike,
    *,
    text_column: str = "text",
    label_column: str | None = "label",
    text_pair_column: str | None = None,
    columns: Sequence[str] | None = None,
) -> TextDataset:
    r"""Reads a UTF-8 file of texts, in the format that its suffix names.

    `.csv` is comma-separated with quotes (RFC 4180). `.tsv` is tab-separated without quotes: a
    quotation mark is an ordinary character, and no text holds a tab or a line break. Both begin
    with a line of column names. `.jsonl` holds one JSON object per line; labels that are numbers
    or booleans become their JSON text. Blank lines are skipped, and so are spaces around labels and
    column names.

    Args:
        path: the file.
        text_column: the name of the column of texts.
        label_column: the name of the column of labels; None reads no labels. With the default and
            a file of two columns, the column that does not hold the texts holds the labels,
            whatever its name.
        text_pair_column: the name of the column of second texts, for tasks on pairs.
        columns: the names of the columns of a `.tsv` or `.csv` without a line of names.

    Raises:
        UserError: the file is missing, empty, not UTF-8, has another suffix or lacks a named
            column; or a row is malformed. The message names file and line.

    Example:
        >>> import pathlib, tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = pathlib.Path(folder.name, "train.tsv")
        >>> _ = path.write_text("text\tlabel\ngreat film\tpositive\n")
        >>> read_table(path)
        TextDataset(name='train.tsv', texts=['great film'], labels=['positive'], text_pairs=None)
    """
    path = Path(path)
    wanted = [name for name in (text_column, label_column, text_pair_column) if name is not None]
    repeated = [name for name in wanted if wanted.count(name) > 1]
    if repeated:
        raise UserError(
            f"{path}: the column {repeated[0]!r} is asked for twice; text, label and second text "
            "are columns of their own"
        )
    if path.suffix == ".jsonl":
        if columns is not None:
            raise UserError(f"{path}: a .jsonl file names its columns itself; give none")
        rows = _json_rows(path)
    else:
        rows = _delimited_rows(path, columns)
    values: dict[str, list[str]] = {name: [] for name in wanted}
    for line, row in rows:
        if label_column == _LABEL and text_pair_column is None and _LABEL not in row:
            others = [name for name in row if name != text_column]
            if len(others) == 1 == len(row) - 1:
                row = {text_column: row[text_column], _LABEL: row[others[0]]}
        for name in wanted:
            if name not in row:
                present = ", ".join(map(repr, row)) or "none"
                raise UserError(f"{path}:{line}: there is no column {name!r}; columns: {present}")
            values[name].append(_as_string(row[name], name == label_column, f"{path}:{line}", name))
    if not values[text_column]:
        raise UserError(f"{path} holds no examples")
    return TextDataset(
        path.name,
        values[text_column],
        labels=None if label_column is None else values[label_column],
        text_pairs=None if text_pair_column is None else values[text_pair_column],
    )


def guess_columns(
    path: str | os.PathLike, *, text_column: str = "text", label_column: str = "label"
) -> list[str] | None:
    """Guesses the names of the columns of a two-column `.tsv` without a line of names.

    The first line is a line of names if it holds `text_column` or `label_column`. Otherwise the
    column with fewer distinct values holds the labels (the first one if both have equally many).

    Args:
        path: the file.
        text_column: the name of the column of texts.
        label_column: the name of the column of labels.

    Returns:
        The two names in the order of the columns; None for any other file.

    Raises:
        UserError: the file cannot be read, or its first line looks like other column names: its
            label occurs nowhere else, and no other label is that rare.
    """
    path = Path(path)
    if path.suffix != ".tsv":
        return None
    rows = [fields for _, fields in _fields(path)]
    if not rows or any(len(fields) != 2 for fields in rows):
        return None
    if text_column in rows[0] or label_column in rows[0]:
        return None
    first, second = ([row[i] for row in rows] for i in (0, 1))
    labels_first = len(set(first)) <= len(set(second))
    labels = first if labels_first else second
    counts = Counter(labels)
    if counts.pop(labels[0]) == 1 and counts and min(counts.values()) > 1:
        raise UserError(
            f"{path}:1: the columns seem to be named {rows[0][0]!r} and {rows[0][1]!r}, not "
            f"{text_column!r} and {label_column!r}; say which is the text and which the label"
        )
    return [label_column, text_column] if labels_first else [text_column, label_column]


def _json_rows(path: Path) -> Iterator[_Row]:
    for line, text in enumerate(read_text(path).split("\n"), start=1):
        if not text.strip():
            continue
        try:
            row = json.loads(text, object_pairs_hook=distinct_keys)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path}:{line}: not valid JSON ({error})") from error
        if not isinstance(row, dict):
            raise UserError(f"{path}:{line}: not a JSON object but {text.strip()[:40]}")
        yield line, row


def _delimited_rows(path: Path, columns: Sequence[str] | None) -> Iterator[_Row]:
    rows = _fields(path)
    names = columns
    if names is None:
        line, names = next(rows)
        names = [name.strip() for name in names]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise UserError(f"{path}:{line}: the column {repeated[0]!r} is there more than once")
    empty = True
    for line, fields in rows:
        if len(fields) != len(names):
            raise UserError(
                f"{path}:{line}: {len(fields)} fields where there are {len(names)} columns "
                f"({', '.join(map(repr, names))})"
            )
        empty = False
        yield line, dict(zip(names, fields, strict=True))
    if empty:
        raise UserError(f"{path} has a line of column names but no examples")


def _fields(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yields the line that each row ends on and the fields of the row, without blank rows."""
    if path.suffix not in TABLE_SUFFIXES:
        raise UserError(f"{path} is no {', '.join(TABLE_SUFFIXES)} file; convert it to one")
    text = read_text(path)
    if path.suffix == ".tsv":
        # The csv module cannot leave a lone carriage return or a NUL inside a field alone.
        for line, row in enumerate(text.split("\n"), start=1):
            row = row.removesuffix("\r")
            if row:
                yield line, row.split("\t")
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for fields in reader:
            if fields:
                yield reader.line_num, fields
    except csv.Error as error:
        raise UserError(f"{path}:{reader.line_num}: not valid CSV ({error})") from error


def _as_string(value: object, is_label: bool, location: str, column: str) -> str:
    if is_label and isinstance(value, (bool, int, float)):
        value = json.dumps(value)
    if not isinstance(value, str):
        raise UserError(f"{location}: {column!r} is {json.dumps(value)[:40]}, not a string")
    if not is_label:
        return value
    if not value.strip():
        raise UserError(f"{location}: {column!r} is empty")
    return check_label(value, location)

"""TSV, CSV, JSONL and JSON files of texts and labels."""

from __future__ import annotations

import csv
import functools
import io
import itertools
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tfsqueeze.data.datasets.column import finished
from tfsqueeze.data.datasets.disk_columns import TextsWriter
from tfsqueeze.data.datasets.numbered_columns import LabelsWriter
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.readers.binary_tables import (
    PARQUET,
    TFRECORD,
    read_parquet,
    read_tfrecord,
)
from tfsqueeze.data.readers.column_names import (
    LABEL,
    LANGUAGE,
    check_distinct,
    find_column,
    names_both,
)
from tfsqueeze.data.readers.file_patterns import matching_files
from tfsqueeze.data.readers.label_checks import check_label, check_present
from tfsqueeze.data.readers.large_files import are_large
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import parse_json, parse_json_line, shown
from tfsqueeze.utils.user_files import format_suffix, read_text, stream_lines

TABLE_SUFFIXES = (".tsv", ".csv", ".jsonl", ".json", PARQUET, TFRECORD)
# The rows of a large table that say which columns there are, and what kind of labels.
_SAMPLE = 100_000
# What may separate the fields of a .csv, the first that its first line holds.
_SEPARATORS = ",;\t"

# The csv module refuses fields over 128 KiB; a text may be any length.
csv.field_size_limit(2**31 - 1)

# The fields of a row, and the line of the file that it ended on.
_Fields = tuple[int, list[str]]


def read_table(
    path: str | os.PathLike,
    *,
    text_column: str = "text",
    label_column: str | None = "label",
    text_pair_column: str | None = None,
    columns: Sequence[str] | None = None,
    keep_nan_labels: bool = False,
) -> TextDataset:
    r"""Reads a file of texts, in the format that its suffix names.

    `.csv` is comma-separated with quotes (RFC 4180), or separated by semicolons or tabs if its
    first line has those and no comma. `.tsv` is tab-separated without quotes: a quotation mark is
    an ordinary character, and no text holds a tab or a line break. Both begin with a line of column
    names, unless `guess_columns` finds that there is none. `.jsonl` holds one JSON object per line,
    and `.json` a list of objects or one object per line; labels that are numbers or booleans become
    their JSON text. `.parquet` and `.tfrecord` have such columns too; see `read_parquet` and
    `read_tfrecord`. Blank lines are skipped, and so are spaces around labels and column names. A
    column is found whatever its case. All are UTF-8, unless a byte order mark says UTF-16 or
    UTF-32, and each may be packed, as in `.csv.gz`.

    The texts of a table of more than 200 MB stay on disk; see `TextsOnDisk`.

    Args:
        path: the file, or a pattern of several files, such as `data/part-*.tsv`.
        text_column: the name of the column of texts. With the default, the column may have another
            usual name; see `find_column`.
        label_column: the name of the column of labels; None reads no labels. With the default, the
            column may have another usual name, and in a file of two columns any name.
        text_pair_column: the name of the column of second texts, for tasks on pairs.
        columns: the names of the columns of a `.tsv` or `.csv` without a line of names.
        keep_nan_labels: whether `nan`, `NA`, `None` and whatever else pandas reads as a missing
            value are labels. By default they are refused.

    Raises:
        UserError: the file is missing, empty, of unknown encoding, has another suffix or lacks a
            named column; or a row is malformed. The message names file and line.

    Example:
        >>> import pathlib, tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = pathlib.Path(folder.name, "train.tsv")
        >>> _ = path.write_text("text\tlabel\ngreat film\tpositive\n")
        >>> read_table(path)
        TextDataset(name='train.tsv', texts=['great film'], labels=['positive'], text_pairs=None)
    """
    path = Path(path)
    table = TextTable(
        path, text_column, label_column, text_pair_column=text_pair_column, columns=columns
    )

    def read_label(row: Row) -> str:
        key = table.label_key(row)
        value = row.values[key]
        if isinstance(value, list):
            raise UserError(
                f"{row.location}: {key[:40]!r} is {shown(value)}, and each text has one label "
                "here; train several labels with --task multi-label-classification"
            )
        return read_class(value, row.location, key, keep_nan_labels)

    return TextDataset(path.name, **table.examples(None if label_column is None else read_label))


class Row(NamedTuple):
    """A row of a table.

    Args:
        location: the file, and the line or the place in a list, for messages.
        values: the values by the names of their columns.
    """

    location: str
    values: dict[str, object]


class TextTable:
    """The rows of a file of texts, and which columns hold what; `read_table` names the formats.

    Args:
        path: the file, or a pattern of several files; see `matching_files`.
        text_column: as for `read_table`, also for the other arguments.
        label_column: the name of the column of labels.
        text_pair_column: the name of the column of second texts.
        columns: the names of the columns.

    Attributes:
        files: the files that the path stands for.
        is_large: whether the rows may not fit into memory. Then their texts stay on disk, and each
            pass over `rows` reads the files.
        rows: the rows, in order.

    Raises:
        UserError: as `read_table`.
    """

    def __init__(
        self,
        path: Path,
        text_column: str = "text",
        label_column: str | None = LABEL,
        *,
        text_pair_column: str | None = None,
        columns: Sequence[str] | None = None,
    ) -> None:
        self._path, self._text_column = path, text_column
        self._label_column, self._text_pair_column = label_column, text_pair_column
        wanted = [
            name for name in (text_column, label_column, text_pair_column) if name is not None
        ]
        repeated = [name for name in wanted if wanted.count(name) > 1]
        if repeated:
            raise UserError(
                f"{path}: the column {repeated[0]!r} is asked for twice; text, label and second "
                "text are columns of their own"
            )
        self.files = matching_files(path)
        self.is_large = are_large(self.files)
        first = self.files[0]
        self._columns = columns
        # The fields of a small first file that were read to find its columns.
        self._first_fields: list[_Fields] | None = None
        if format_suffix(first) not in (".tsv", ".csv"):
            if columns is not None:
                raise UserError(
                    f"{path}: a {format_suffix(first)} file names its columns itself; give none"
                )
        elif columns is None and text_pair_column is None:
            self._first_fields = _sample_fields(first, self.is_large)
            self._columns = _guess(self._first_fields, first, text_column, label_column or LABEL)
        self.rows: Iterable[Row] = self if self.is_large else list(self)
        self._first_fields = None

    def __iter__(self) -> Iterator[Row]:
        """Reads the rows from the files."""
        first, *others = self.files
        if self._first_fields is not None and not self.is_large:
            yield from _named_rows(iter(self._first_fields), first, self._columns)
        else:
            yield from _rows(first, self._columns, self.is_large)
        for file in others:
            yield from _rows(file, self._columns, self.is_large)

    def sample(self) -> list[Row]:
        """Returns all rows of a small table, and the first ones of a large one."""
        return list(itertools.islice(self.rows, _SAMPLE) if self.is_large else self.rows)

    def examples(self, read_label: Callable[[Row], Any] | None) -> dict[str, Any]:
        """Returns the columns of a dataset: `texts`, `labels`, `text_pairs` and `languages`.

        The languages are those of a column `lang` or `language`, if there is one beside the others.

        Args:
            read_label: returns the label of a row; None reads no labels.

        Raises:
            UserError: there are no rows, a column is missing, a text is no text, or `read_label`
                refuses a label.
        """
        texts, labels, text_pairs, languages = (
            (TextsWriter(), LabelsWriter(), TextsWriter(), LabelsWriter())
            if self.is_large
            else ([], [], [], [])
        )
        text_key, pair_key = self._key(self._text_column), self._key(self._text_pair_column)
        language_key = self._language_key()
        for row in self.rows:
            texts.append(self._text(row, text_key, self._text_column))
            if read_label is not None:
                labels.append(read_label(row))
            if self._text_pair_column is not None:
                text_pairs.append(self._text(row, pair_key, self._text_pair_column))
            if language_key is not None:
                languages.append(_language(row, language_key))
        texts, labels, text_pairs, languages = map(finished, (texts, labels, text_pairs, languages))
        if not texts:
            raise UserError(f"{self._path} holds no examples")
        return {
            "texts": texts,
            "labels": None if read_label is None else labels,
            "text_pairs": None if self._text_pair_column is None else text_pairs,
            "languages": None if language_key is None else languages,
        }

    def label_key(self, row: Row) -> str:
        """Returns the name of the column of labels, which is the same for all rows.

        Args:
            row: the row whose label is wanted.

        Raises:
            UserError: there is no such column, or the row lacks it.
        """
        return self._require_key(row, self._label_key, self._label_column or LABEL)

    def other_columns(self) -> list[str] | None:
        """Returns the columns beside the texts, or None if one holds the labels.

        A file without rows has none.
        """
        if self._key(self._label_column or LABEL) is not None:
            return None
        known = {self._key(self._text_column), self._key(self._text_pair_column)}
        known.add(self._language_key())
        return [name for name in self.names if name not in known]

    @functools.cached_property
    def names(self) -> list[str]:
        """The names of the columns; rows of JSON may lack some of them."""
        rows = itertools.islice(self.rows, _SAMPLE) if self.is_large else self.rows
        return list(dict.fromkeys(name for row in rows for name in row.values))

    @functools.cached_property
    def _label_key(self) -> str | None:
        name = self._label_column or LABEL
        key = self._key(name)
        if key is None and name == LABEL and self._text_pair_column is None:
            key = _other_of_two(self.names, self._text_column)
        return key

    def _language_key(self) -> str | None:
        """Returns the name of the column of languages; None if there is none."""
        taken = [
            self._key(name)
            for name in (self._text_column, self._text_pair_column, self._label_column)
        ]
        # The only column beside the texts holds their labels.
        taken.append(_other_of_two(self.names, self._text_column))
        key = self._key(LANGUAGE)
        return None if key in taken else key

    def _key(self, name: str | None) -> str | None:
        """Returns the name of a column as the file has it; None if there is none."""
        return None if name is None else find_column(self.names, name)

    def _text(self, row: Row, key: str | None, name: str) -> str:
        return _text(row.values[self._require_key(row, key, name)], row.location, name)

    def _require_key(self, row: Row, key: str | None, name: str) -> str:
        if key is None:
            raise UserError(
                f"{row.location}: there is no column {name!r}; columns: {_listed(row.values)}; say "
                "which holds the texts and which the labels, as with --text-column"
            )
        if key not in row.values:
            raise UserError(
                f"{row.location}: there is no column {key[:40]!r}, which other rows have; columns: "
                f"{_listed(row.values)}; add it, or remove the row"
            )
        return key


def guess_columns(
    path: str | os.PathLike, *, text_column: str = "text", label_column: str = "label"
) -> list[str] | None:
    """Guesses the names of the columns of a two-column file without a line of names.

    The first line is a line of names if it holds `text_column` or `label_column`, or usual names of
    both. Otherwise the
    column with fewer distinct values holds the labels; if both have equally many, the first one of
    a `.tsv` and the one with shorter values of a `.csv`. A `.csv` mostly has a line of names, so
    there the label of the first line must occur again.

    Args:
        path: the file.
        text_column: the name of the column of texts.
        label_column: the name of the column of labels.

    Returns:
        The two names in the order of the columns; None for any other file.

    Raises:
        UserError: the file cannot be read, or the first line of a `.tsv` looks like other column
            names: its label occurs nowhere else, and no other label is that rare.
    """
    first, *_ = matching_files(Path(path))
    if format_suffix(first) not in (".tsv", ".csv"):
        return None
    is_large = are_large([first])
    return _guess(_sample_fields(first, is_large), first, text_column, label_column)


def _sample_fields(path: Path, is_large: bool) -> list[_Fields]:
    """Returns the rows of a small .tsv or .csv file, and the first ones of a large one."""
    fields = _fields(path, None, is_large)
    return list(itertools.islice(fields, _SAMPLE) if is_large else fields)


def _guess(
    rows: Sequence[_Fields], path: Path, text_column: str, label_column: str
) -> list[str] | None:
    """Does what `guess_columns` does with the rows of the file."""
    if not rows or any(len(fields) != 2 for _, fields in rows):
        return None
    names = [field.strip() for field in rows[0][1]]
    if names_both(names) or {name.casefold() for name in names} & {
        text_column.casefold(),
        label_column.casefold(),
    }:
        return None
    is_csv = format_suffix(path) == ".csv"
    columns = [[fields[index] for _, fields in rows] for index in (0, 1)]
    labels = min(
        columns, key=lambda values: (len(set(values)), sum(map(len, values)) if is_csv else 0)
    )
    counts = Counter(labels)
    is_repeated = counts.pop(labels[0]) > 1
    if is_csv and not is_repeated:
        return None
    if not is_repeated and counts and min(counts.values()) > 1:
        raise UserError(
            f"{path}:1: the columns seem to be named {names[0][:40]!r} and {names[1][:40]!r}, not "
            f"{text_column!r} and {label_column!r}; say which is the text and which the label"
        )
    labels_first = labels is columns[0]
    return [label_column, text_column] if labels_first else [text_column, label_column]


def _rows(path: Path, columns: Sequence[str] | None, is_large: bool) -> Iterator[Row]:
    suffix = format_suffix(path)
    if suffix in (".jsonl", ".json"):
        return _json_rows(path, is_large)
    if suffix == PARQUET:
        return (_json_row(row, location) for location, row in read_parquet(path))
    if suffix == TFRECORD:
        return (_json_row(row, location) for location, row in read_tfrecord(path))
    return _named_rows(_fields(path, columns, is_large), path, columns)


def _json_rows(path: Path, is_large: bool) -> Iterator[Row]:
    begins_list = False
    lines = _lines(path, "\n", is_large)
    if format_suffix(path) == ".json":
        start, lines = _first_line(lines)
        begins_list = start.lstrip().startswith("[")
        if start.strip() == "{":
            raise UserError(
                f"{path} holds one object over several lines; write a list of objects, or an "
                "object on each line"
            )
    if begins_list:
        for index, row in enumerate(parse_json(read_text(path), path)):
            yield _json_row(row, f"{path}: [{index}]")
        return
    for line, content in enumerate(lines, start=1):
        if content.strip():
            location = f"{path}:{line}"
            yield _json_row(parse_json_line(content.removesuffix("\n"), location), location)


def _lines(path: Path, newline: str, is_large: bool) -> Iterator[str]:
    """Returns the lines of a file with their ends, as `stream_lines` does."""
    if is_large:
        return stream_lines(path, newline)
    return iter(io.StringIO(read_text(path), newline=newline))


def _first_line(lines: Iterator[str]) -> tuple[str, Iterator[str]]:
    """Returns the first line that is not empty, and all lines, that one and those before too."""
    read = []
    for line in lines:
        read.append(line)
        if line.strip("\r\n"):
            break
    return read[-1], itertools.chain(read, lines)


def _json_row(row: object, location: str) -> Row:
    if not isinstance(row, dict):
        raise UserError(f"{location}: not a JSON object but {shown(row)}")
    return Row(location, row)


def _named_rows(
    rows: Iterator[_Fields], path: Path, columns: Sequence[str] | None
) -> Iterator[Row]:
    if columns is None:
        line, names = next(rows)
        columns = [name.strip() for name in names]
        check_distinct(columns, f"{path}:{line}")
    line = None
    for line, fields in rows:
        if len(fields) != len(columns):
            raise UserError(
                f"{path}:{line}: {len(fields)} fields where there are {len(columns)} columns "
                f"({_listed(columns)})"
            )
        yield Row(f"{path}:{line}", dict(zip(columns, fields, strict=True)))
    if line is None:
        raise UserError(f"{path} has a line of column names but no examples")


def _fields(path: Path, columns: Sequence[str] | None, is_large: bool) -> Iterator[_Fields]:
    """Returns the rows of a .tsv or .csv file without blank ones.

    Args:
        path: the file.
        columns: the names of its columns, if the file has no line of names.
        is_large: whether to read it as a stream.
    """
    suffix = format_suffix(path)
    if suffix not in (".tsv", ".csv"):
        raise UserError(f"{path} is no {', '.join(TABLE_SUFFIXES)} file; convert it to one")
    if suffix == ".tsv":
        # The csv module cannot leave a lone carriage return or a NUL inside a field alone.
        for number, line in enumerate(_lines(path, "\n", is_large), start=1):
            line = line.removesuffix("\n").removesuffix("\r")
            if line:
                yield number, line.split("\t")
        return
    has_one_column = columns is not None and len(columns) == 1
    first, lines = _first_line(_lines(path, "", is_large))
    reader = csv.reader(
        lines,
        strict=True,
        delimiter="," if has_one_column else _separator(first),
    )
    try:
        for fields in reader:
            if fields:
                yield reader.line_num, fields
    except csv.Error as error:
        reason = str(error).replace("'\t'", "a tab")
        raise UserError(f"{path}:{reader.line_num}: not valid CSV ({reason})") from error


def _separator(first: str) -> str:
    """Returns what separates the fields of a .csv: a comma, unless its first line has none."""
    return next((mark for mark in _SEPARATORS if mark in first), ",")


def _other_of_two(names: Sequence[str], text_column: str) -> str | None:
    """Returns the column beside the texts, if there are two."""
    text_key = find_column(names, text_column)
    others = [name for name in names if name != text_key]
    return others[0] if len(others) == 1 == len(names) - 1 else None


def read_class(value: object, location: str, column: str, keep_nan_labels: bool) -> str:
    """Returns the label that a value of a table is.

    Args:
        value: the value; a number or a boolean becomes its JSON text.
        location: the file and the line, for messages.
        column: the name of the column, for messages.
        keep_nan_labels: as in `read_table`.

    Raises:
        UserError: it is no label.
    """
    if isinstance(value, (bool, int, float)):
        value = json.dumps(value)
    value = _text(value, location, column[:40])
    if not value.strip():
        raise UserError(f"{location}: {column[:40]!r} is empty")
    label = check_label(value, location)
    if not keep_nan_labels:
        check_present(label, location)
    return label


def _language(row: Row, key: str) -> str:
    language = _text(row.values.get(key), row.location, key).strip()
    if not language:
        raise UserError(f"{row.location}: {key[:40]!r} is empty; name the language of each text")
    return language


def _text(value: object, location: str, column: str) -> str:
    if not isinstance(value, str):
        raise UserError(f"{location}: {column!r} is {shown(value)}, not a string")
    return value


def _listed(names: Iterable[str]) -> str:
    """Returns names for a message, which a hostile file cannot fill."""
    names = list(names)
    listed = ", ".join(repr(name[:40]) for name in names[:20])
    return f"{listed}, ..." if len(names) > 20 else listed or "none"

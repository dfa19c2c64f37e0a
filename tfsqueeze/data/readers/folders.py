"""Datasets in a local folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.data.readers.tables import TABLE_SUFFIXES, guess_columns, read_table
from tfsqueeze.utils.errors import UserError

VALIDATION_FRACTION = 0.1


def load_folder(
    folder: str | os.PathLike,
    *,
    text_column: str = "text",
    label_column: str = "label",
    text_pair_column: str | None = None,
    columns: Sequence[str] | None = None,
    seed: int = 0,
) -> TextDatasetSplits:
    """Loads `train`, `val` (or `dev`, `validation`) and `test` files, each .tsv, .csv or .jsonl.

    Without a validation file a stratified tenth of train, drawn by `seed`, takes its place;
    without a test file `test` is None. Files are read by `read_table`. If train is a
    two-column .tsv without a line of column names, it gets its names by `guess_columns`, unless
    `columns` gives them; the other files of its kind then have no such line either.

    Raises:
        UserError: there is no train file, two files for one part, a file cannot be used, or a
            label is missing in train.
    """
    folder = Path(folder)

    train_path = find_split_file(folder, ("train",), TABLE_SUFFIXES)
    if train_path is None:
        raise UserError(f"{folder} has no train.tsv, train.csv or train.jsonl")
    if columns is None and text_pair_column is None:
        columns = guess_columns(train_path, text_column=text_column, label_column=label_column)

    def read(path: Path | None) -> TextDataset | None:
        if path is None:
            return None
        return read_table(
            path,
            text_column=text_column,
            label_column=label_column,
            text_pair_column=text_pair_column,
            columns=columns if path.suffix == train_path.suffix else None,
        )

    train = read(train_path)
    validation = read(find_split_file(folder, ("val", "dev", "validation"), TABLE_SUFFIXES))
    if validation is None:
        train, validation = train.split(VALIDATION_FRACTION, seed)
    test = read(find_split_file(folder, ("test",), TABLE_SUFFIXES))
    return TextDatasetSplits(train, validation, test)


def find_split_file(folder: Path, stems: Sequence[str], suffixes: Sequence[str]) -> Path | None:
    """The file of the folder with one of the stems and one of the suffixes; None without one.

    Raises:
        UserError: there are several.
    """
    paths = [folder / f"{stem}{suffix}" for stem in stems for suffix in suffixes]
    found = [path for path in paths if path.is_file()]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise UserError(f"{folder} has both {names}; keep the one to use")
    return found[0] if found else None

"""Folders of tables with the splits of a dataset, and files that are to be divided into splits."""

from __future__ import annotations

import dataclasses
import glob
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.datasets.dataset import Dataset, Splits
from tfsqueeze.data.datasets.text_dataset import TextDatasetSplits
from tfsqueeze.data.readers.column_names import LANGUAGE_CODE
from tfsqueeze.data.readers.file_patterns import is_file_or_pattern
from tfsqueeze.data.readers.tables import TABLE_SUFFIXES, guess_columns, read_table
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.user_files import GZIP, format_suffix

# The share of train that becomes the validation split of data without one.
VALIDATION_FRACTION = 0.1
# The share of data in one piece that becomes the test split.
_TEST_FRACTION = 0.2
# More examples would hardly make a score surer, and take long after each epoch.
_MOST_HELD_OUT = 50_000

DatasetT = TypeVar("DatasetT", bound=Dataset)
SplitsT = TypeVar("SplitsT", bound=Splits)


def divide(whole: DatasetT, seed: int) -> tuple[DatasetT, DatasetT, DatasetT]:
    """Divides data in one piece into train, validation and test.

    The test split is a fifth of the examples, the same fifth for every seed, so that results
    compare. A tenth of the others, drawn at random, is the validation split. Each has at most
    50,000 examples.

    Args:
        whole: all examples.
        seed: fixes the examples of the validation split.

    Raises:
        UserError: there are too few examples.
    """
    rest, test = whole.split(_share(whole, _TEST_FRACTION), seed=0)
    return *split_validation(rest, seed), test


def split_validation(train: DatasetT, seed: int) -> tuple[DatasetT, DatasetT]:
    """Divides training data into the rest and a validation split: a tenth, at most 50,000.

    Args:
        train: all examples.
        seed: fixes the examples of the validation split.

    Raises:
        UserError: there are too few examples.
    """
    return train.split(_share(train, VALIDATION_FRACTION), seed)


def _share(dataset: Dataset, fraction: float) -> float:
    return min(fraction, _MOST_HELD_OUT / max(len(dataset), 1))


def load_tables(
    path: Path,
    read: Callable[..., Any] = read_table,
    make_splits: Callable[..., SplitsT] = TextDatasetSplits,
    *,
    names: Sequence[str] = (),
    seed: int = 0,
    **options: Any,
) -> SplitsT:
    """Loads the splits of one file, which `divide` divides, or of a folder for `load_folder`.

    Args:
        path: the file or folder; or a pattern of files that are one whole, see `matching_files`.
        read: as for `load_folder`, also for `make_splits` and `seed`.
        make_splits: returns the splits.
        names: the names of datasets that a message lists beside files and folders.
        seed: fixes the examples of a validation split that is drawn.
        **options: `columns`, `text_column`, `label_column` and other options of `read`.

    Raises:
        UserError: there is no such path, or the data cannot be read.
    """
    if is_file_or_pattern(path):
        return make_splits(*divide(read(path, **options), seed))
    if not path.is_dir():
        known = f" nor a known dataset ({', '.join(names)})" if names else ""
        raise UserError(
            f"{path} is neither a file nor a folder{known}; a folder holds train, val and test "
            f"files in {', '.join(TABLE_SUFFIXES)}"
        )
    return load_folder(path, read, make_splits, seed=seed, **options)


def load_folder(
    folder: str | os.PathLike,
    read: Callable[..., Any] = read_table,
    make_splits: Callable[..., SplitsT] = TextDatasetSplits,
    *,
    text_column: str = "text",
    label_column: str = "label",
    text_pair_column: str | None = None,
    columns: Sequence[str] | None = None,
    seed: int = 0,
    **options: Any,
) -> SplitsT:
    """Loads `train`, `val` (or `dev`, `validation`) and `test` files, each a table.

    Without a validation file, a stratified tenth of train, drawn at random, becomes the validation
    split. Without a test file, `test` is None. If there is no train file, but subfolders that have
    one and whose names are languages, such as `en` and `pt-br`, the result is all of them together,
    with their `languages`. If train is a .tsv or .csv without a line of column
    names, `guess_columns` names its columns, unless `columns` does; the other files of that format
    then have no such line either.

    Args:
        folder: the folder.
        read: reads a file with the options of `read_table`.
        make_splits: returns the splits, given train, validation and test.
        text_column: the name of the column of texts.
        label_column: the name of the column of labels.
        text_pair_column: the name of the column of second texts, for tasks on pairs.
        columns: the names of the columns, for files without a line of column names.
        seed: fixes the examples of a validation split that is drawn.
        **options: further options of `read`.

    Raises:
        UserError: there is no train file, or more than one file for a split; a file cannot be
            used; or a label is missing in train.
    """
    folder = Path(folder)
    train_path = find_split_file(folder, ("train",), TABLE_SUFFIXES)
    if train_path is None and (languages := _language_folders(folder)):
        parts = [
            load_folder(
                path,
                read,
                make_splits,
                text_column=text_column,
                label_column=label_column,
                text_pair_column=text_pair_column,
                columns=columns,
                seed=seed,
                **options,
            )
            for path in languages
        ]
        parts = [
            _with_language(part, path.name) for part, path in zip(parts, languages, strict=True)
        ]
        return make_splits(*concatenate_splits(parts, folder))
    if train_path is None:
        names = [f"train{suffix}" for suffix in TABLE_SUFFIXES]
        raise UserError(f"{folder} has no {', '.join(names[:-1])} or {names[-1]}")
    if columns is None and text_pair_column is None:
        columns = guess_columns(train_path, text_column=text_column, label_column=label_column)

    def read_part(path: Path) -> Any:
        return read(
            path,
            text_column=text_column,
            label_column=label_column,
            text_pair_column=text_pair_column,
            columns=columns if format_suffix(path) == format_suffix(train_path) else None,
            **options,
        )

    train = read_part(train_path)
    validation_path = find_split_file(folder, ("val", "dev", "validation"), TABLE_SUFFIXES)
    if validation_path is None:
        train, validation = split_validation(train, seed)
    else:
        validation = read_part(validation_path)
    test_path = find_split_file(folder, ("test",), TABLE_SUFFIXES)
    return make_splits(train, validation, None if test_path is None else read_part(test_path))


def _language_folders(folder: Path) -> list[Path]:
    """Returns the subfolders that have a train file, if the names of all are languages."""
    found = [
        path
        for path in sorted(folder.glob("*/"))
        if find_split_file(path, ("train",), TABLE_SUFFIXES) is not None
    ]
    return found if all(LANGUAGE_CODE.fullmatch(path.name) for path in found) else []


def _with_language(splits: Any, language: str) -> Any:
    """Returns splits that are of one language, unless they say their languages themselves."""
    parts = {
        name: dataclasses.replace(part, languages=[language] * len(part))
        for name, part in vars(splits).items()
        if part is not None and getattr(part, "languages", ()) is None
    }
    return dataclasses.replace(splits, **parts)


def concatenate_splits(parts: Sequence[Any], folder: Path) -> tuple[Any, Any, Any]:
    """Returns train, validation and test of several datasets, each part of all in one.

    Args:
        parts: the splits of each dataset.
        folder: the folder that holds them, whose name the result has.

    Raises:
        UserError: some datasets have a test part and others none.
    """
    tests = [part.test for part in parts if part.test is not None]
    if 0 < len(tests) < len(parts):
        raise UserError(
            f"some of the folders in {folder} have a test file and others none; give "
            "one to all or to none"
        )
    return (
        concatenate([part.train for part in parts], folder.name),
        concatenate([part.validation for part in parts], folder.name),
        concatenate(tests, folder.name) if tests else None,
    )


def find_split_file(folder: Path, stems: Sequence[str], suffixes: Sequence[str]) -> Path | None:
    """Returns the file of a split in a folder, or None if there is none.

    Args:
        folder: the folder.
        stems: the possible names of the file without its suffix. If there is no such file, the
            result is the pattern of several, such as `train-*.parquet`.
        suffixes: the possible suffixes, each with its dot. `.gz` may follow; a file that is there
            with and without it counts once.

    Raises:
        UserError: the folder has more than one such file.
    """
    names = [f"{stem}{suffix}" for stem in stems for suffix in suffixes]
    paths = [
        next(filter(Path.is_file, (folder / name, folder / f"{name}{GZIP}")), None)
        for name in names
    ]
    found = [path for path in paths if path is not None]
    if not found:
        # As datasets of Hugging Face's hub are divided: train-00000-of-00004.parquet.
        patterns = [f"{stem}-*{suffix}" for stem in stems for suffix in suffixes]
        patterns += [f"{pattern}{GZIP}" for pattern in patterns]
        # The folder's own name is no pattern, even if it has brackets.
        parent = Path(glob.escape(os.fspath(folder)))
        found = [parent / pattern for pattern in patterns if any(folder.glob(pattern))]
    if len(found) > 1:
        names = " and ".join(path.name for path in found)
        raise UserError(f"{folder} has both {names}; keep the one to use")
    return found[0] if found else None

"""Plain texts: files of one text per line, or the texts of tables without their labels."""

from __future__ import annotations

import array
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfsqueeze.data.datasets.column import finished
from tfsqueeze.data.datasets.disk_columns import TextsWriter
from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset, SentenceDatasetSplits
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.readers.file_patterns import (
    files_of_format,
    is_file_or_pattern,
    matching_files,
)
from tfsqueeze.data.readers.folders import find_split_file, split_validation
from tfsqueeze.data.readers.large_files import are_large
from tfsqueeze.data.readers.tables import TABLE_SUFFIXES, read_table
from tfsqueeze.data.sources.named_datasets import DATASETS, load_dataset
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.user_files import format_suffix, read_text, stream_lines

_LINES = ".txt"
_SUFFIXES = (_LINES, *TABLE_SUFFIXES)


def read_plain_texts(path: str | os.PathLike, *, text_column: str = "text") -> SentenceDataset:
    """Reads a .txt file with one text per line, or the texts of a table.

    Blank lines are skipped. `read_table` reads tables.

    Args:
        path: the file, or a pattern of several files, such as `texts/part-*.txt`.
        text_column: the name of the column of texts in a table.

    Raises:
        UserError: the file cannot be read or has no texts. The message names the file.
    """
    path = Path(path)
    return _read_files(matching_files(path), path.name, text_column)


def _read_files(files: Sequence[Path], name: str, text_column: str) -> SentenceDataset:
    """Reads files; the texts of more than 200 MB stay on disk."""
    large = are_large(files)
    texts: Any = TextsWriter() if large else []
    for file in files:
        for text in _texts(file, text_column, large):
            texts.append(text)
    return SentenceDataset(name, finished(texts))


def _texts(path: Path, text_column: str, large: bool) -> Iterable[str]:
    if format_suffix(path) != _LINES:
        return read_table(path, text_column=text_column, label_column=None).texts
    return read_lines(path, large)


def read_lines(path: Path, large: bool = False) -> Iterator[str]:
    """Returns the lines of a file that are not blank, without the spaces around them.

    Only a line break ends a line: `str.splitlines` splits at other characters of a text, too.

    Args:
        path: the file.
        large: whether to read it as a stream.

    Raises:
        UserError: the file cannot be read or is empty.
    """
    lines = stream_lines(path, "\n") if large else read_text(path).split("\n")
    return filter(None, map(str.strip, lines))


def load_plain_texts(
    name_or_path: str | os.PathLike, *, text_column: str = "text", seed: int = 0
) -> SentenceDatasetSplits:
    """Loads the splits of plain texts by name, from a folder or from a file.

    A name is one of `DATASETS`; its labels are dropped. A folder has train, val (or dev,
    validation) and test files that `read_plain_texts` reads, or else any .txt files, which are
    training texts. Without a validation file, a tenth of the training texts, drawn at random,
    becomes the validation split. Repeated texts of a split count once.

    Args:
        name_or_path: the name, the folder, the file, or a pattern of files that are one whole.
        text_column: the name of the column of texts in tables.
        seed: fixes the texts of a validation split that is drawn.

    Raises:
        UserError: there are no texts, or a file cannot be used.
    """
    if os.fspath(name_or_path) in DATASETS:
        splits = load_dataset(name_or_path, seed=seed)
        return SentenceDatasetSplits(
            _without_labels(splits.train),
            _without_labels(splits.validation),
            None if splits.test is None else _without_labels(splits.test),
        )
    path = Path(name_or_path)

    def read(*files: Path) -> SentenceDataset:
        return _distinct(_read_files(files, path.name, text_column))

    if is_file_or_pattern(path):
        return SentenceDatasetSplits(*split_validation(read(*matching_files(path)), seed))
    if not path.is_dir():
        raise UserError(
            f"{path} is neither a file nor a folder nor a known dataset "
            f"({', '.join(DATASETS)}); plain texts are a .txt file, one a line, or "
            "the text column of a table"
        )
    train_path, validation_path, test_path = (
        find_split_file(path, stems, _SUFFIXES)
        for stems in (("train",), ("val", "dev", "validation"), ("test",))
    )
    if train_path is None:
        files = files_of_format(path, _LINES)
        if not files:
            raise UserError(f"{path} has no train file and no .txt files")
        return SentenceDatasetSplits(*split_validation(read(*files), seed))
    train = read(*matching_files(train_path))
    if validation_path is None:
        train, validation = split_validation(train, seed)
    else:
        validation = read(*matching_files(validation_path))
    return SentenceDatasetSplits(
        train, validation, None if test_path is None else read(*matching_files(test_path))
    )


def _without_labels(dataset: TextDataset) -> SentenceDataset:
    return _distinct(SentenceDataset(dataset.name, dataset.texts))


def _distinct(dataset: SentenceDataset) -> SentenceDataset:
    """Returns the dataset without repeated texts. Hashes take less memory than the texts."""
    digests = array.array("Q")
    for text in dataset.texts:
        content = text.encode("utf-8", "surrogatepass")
        digests.frombytes(hashlib.blake2b(content, digest_size=8).digest())
    _, rows = np.unique(np.frombuffer(digests, np.uint64), return_index=True)
    return dataset if len(rows) == len(dataset) else dataset.take(np.sort(rows))

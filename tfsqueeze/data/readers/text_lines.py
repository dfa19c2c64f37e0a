"""Plain texts from files: one a line, or the texts of tables, without their labels."""

from __future__ import annotations

import os
from pathlib import Path

from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset, SentenceDatasetSplits
from tfsqueeze.data.readers.folders import VALIDATION_FRACTION, find_split_file
from tfsqueeze.data.readers.tables import TABLE_SUFFIXES, read_table
from tfsqueeze.data.readers.user_files import read_text
from tfsqueeze.data.sources.named_datasets import DATASETS, load_dataset
from tfsqueeze.utils.errors import UserError

_LINES = ".txt"
_SUFFIXES = (_LINES, *TABLE_SUFFIXES)


def read_plain_texts(
    path: str | os.PathLike,
    *,
    text_column: str = "text",
    text_pair_column: str | None = None,
    label_column: str = "label",
) -> SentenceDataset:
    """Reads a .txt file with a text a line, blank ones skipped, or the texts of a .tsv, .csv or
    .jsonl file (see `read_table`).

    text_pair_column, label_column: of a table, the other text of each row and how alike the two
        are, a number.

    Raises:
        UserError: the file cannot be read, has no texts, or a score is no number: the message
            names the file.
    """
    path = Path(path)
    if path.suffix == _LINES:
        texts = [line.strip() for line in read_text(path).split("\n")]
        return SentenceDataset(path.name, [text for text in texts if text])
    if text_pair_column is None:
        return SentenceDataset(
            path.name, read_table(path, text_column=text_column, label_column=None).texts
        )
    table = read_table(
        path, text_column=text_column, label_column=label_column, text_pair_column=text_pair_column
    )
    scores = []
    for row, label in enumerate(table.labels, 1):
        try:
            scores.append(float(label))
        except ValueError:
            raise UserError(
                f"{path}: the score {label!r} of example {row:,} is not a number"
            ) from None
    return SentenceDataset(path.name, table.texts, table.text_pairs, scores)


def load_plain_texts(
    name_or_path: str | os.PathLike, *, text_column: str = "text", seed: int = 0
) -> SentenceDatasetSplits:
    """Loads texts to learn from: a file of `read_plain_texts`; a folder with train, val (or dev,
    validation) and test files of that kind, or else with any .txt files; or the texts of a
    dataset of `DATASETS`.

    Without a validation part a tenth of the texts, drawn by `seed`, takes its place; texts that
    are there twice count once.

    Raises:
        UserError: there are no texts, or a file cannot be used.
    """
    if os.fspath(name_or_path) in DATASETS:
        splits = load_dataset(name_or_path, seed=seed)
        parts = [
            None if part is None else SentenceDataset(part.name, _distinct(part.texts))
            for part in (splits.train, splits.validation, splits.test)
        ]
        return SentenceDatasetSplits(*parts)
    path = Path(name_or_path)

    def read(*files: Path) -> SentenceDataset:
        texts = [
            text for file in files for text in read_plain_texts(file, text_column=text_column).texts
        ]
        return SentenceDataset(path.name, _distinct(texts))

    if path.is_file():
        return SentenceDatasetSplits(*read(path).split(VALIDATION_FRACTION, seed))
    if not path.is_dir():
        raise UserError(
            f"{path} is neither a file nor a folder nor a known dataset "
            f"({', '.join(DATASETS)}); plain texts are a .txt file, one a line, or "
            "the text column of a table"
        )
    found = {
        part: find_split_file(path, stems, _SUFFIXES)
        for part, stems in {
            "train": ("train",),
            "validation": ("val", "dev", "validation"),
            "test": ("test",),
        }.items()
    }
    if found["train"] is None:
        files = sorted(path.glob(f"*{_LINES}"))
        if not files:
            raise UserError(f"{path} has no train file and no .txt files")
        return SentenceDatasetSplits(*read(*files).split(VALIDATION_FRACTION, seed))
    train = read(found["train"])
    if found["validation"] is None:
        train, validation = train.split(VALIDATION_FRACTION, seed)
    else:
        validation = read(found["validation"])
    return SentenceDatasetSplits(train, validation, found["test"] and read(found["test"]))


def _distinct(texts: list[str]) -> list[str]:
    return list(dict.fromkeys(texts))

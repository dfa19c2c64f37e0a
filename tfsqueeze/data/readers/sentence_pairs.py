"""Tables of pairs of texts to embed: with a score each, or of texts that belong together."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset, SentenceDatasetSplits
from tfsqueeze.data.readers.folders import load_tables
from tfsqueeze.data.readers.number_tables import read_number
from tfsqueeze.data.readers.tables import Row, TextTable
from tfsqueeze.utils.errors import UserError


def read_sentence_pairs(
    path: str | os.PathLike,
    *,
    text_pair_column: str,
    text_column: str = "text",
    label_column: str = "label",
) -> SentenceDataset:
    r"""Reads a file of pairs, in the formats of `read_table`.

    The labels are scores. If all are 0 or 1, or if the file has no column beside the texts, the
    pairs have no scores: those with the label 1, or all, are pairs whose texts belong together, and
    those with the label 0 are left out.

    Args:
        path: the file.
        text_pair_column: the name of the column of second texts.
        text_column: the name of the column of texts.
        label_column: the name of the column of labels.

    Raises:
        UserError: as `read_table`; or a label is not a finite number, or all are 0. The message
            names the file.

    Example:
        >>> import pathlib, tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = pathlib.Path(folder.name, "train.csv")
        >>> _ = path.write_text("text,other,label\na cat,a kitten,1\na cat,a war,0\n")
        >>> read_sentence_pairs(path, text_pair_column="other").text_pairs
        ['a kitten']
    """
    pairs = _read(
        Path(path),
        text_column=text_column,
        label_column=label_column,
        text_pair_column=text_pair_column,
    )
    return _positive(pairs) if _are_positive(pairs) else pairs


def load_sentence_pairs(
    path: str | os.PathLike,
    *,
    text_pair_column: str,
    text_column: str = "text",
    label_column: str = "label",
    seed: int = 0,
) -> SentenceDatasetSplits:
    """Loads the splits of pairs from a folder or a file, as `load_tables` does.

    Whether the pairs have scores follows from the training part, as `read_sentence_pairs` says.

    Args:
        path: the folder or file.
        text_pair_column: the name of the column of second texts.
        text_column: the name of the column of texts.
        label_column: the name of the column of labels.
        seed: fixes the pairs of a validation split that is drawn.

    Raises:
        UserError: as `read_sentence_pairs` and `load_tables`; or one part has scores and another
            has none.
    """
    splits = load_tables(
        Path(path),
        _read,
        SentenceDatasetSplits,
        seed=seed,
        text_column=text_column,
        label_column=label_column,
        text_pair_column=text_pair_column,
    )
    parts = [splits.train, splits.validation, *([] if splits.test is None else [splits.test])]
    if _are_positive(splits.train):
        return SentenceDatasetSplits(*map(_positive, parts))
    for part in parts:
        if part.scores is None:
            raise UserError(f"{part.name} has no scores, and {splits.train.name} has; give both")
    return splits


def _read(
    path: Path,
    *,
    text_column: str,
    label_column: str,
    text_pair_column: str,
    columns: Sequence[str] | None = None,
) -> SentenceDataset:
    """Reads a file; its labels, whatever their values, are `scores`."""
    table = TextTable(
        path, text_column, label_column, text_pair_column=text_pair_column, columns=columns
    )

    def read_score(row: Row) -> float:
        try:
            return read_number(table, row)
        except UserError as error:
            raise UserError(
                f"{error}; the label of a pair is its score, or 1 if its texts belong together "
                "and 0 if not"
            ) from None

    found = table.examples(None if table.other_columns() == [] else read_score)
    return SentenceDataset(
        path.name,
        found["texts"],
        found["text_pairs"],
        found["labels"],
        languages=found["languages"],
    )


def _are_positive(pairs: SentenceDataset) -> bool:
    return pairs.scores is None or {0.0, 1.0}.issuperset(pairs.scores)


def _positive(pairs: SentenceDataset) -> SentenceDataset:
    """Returns the pairs whose texts belong together, without scores."""
    if pairs.scores is None:
        return pairs
    if not _are_positive(pairs):
        raise UserError(
            f"{pairs.name} has other labels than 0 and 1, and the training part has not; give all "
            "parts scores, or none"
        )
    chosen = [row for row, score in enumerate(pairs.scores) if score]
    if not chosen:
        raise UserError(
            f"{pairs.name} has no pair with the label 1; add some whose texts belong together"
        )
    return dataclasses.replace(pairs.take(chosen), scores=None)

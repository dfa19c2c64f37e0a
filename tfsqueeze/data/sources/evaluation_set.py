"""The texts that a model is evaluated on, by name or path."""

from __future__ import annotations

from pathlib import Path

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.readers.file_patterns import is_file_or_pattern, matching_files
from tfsqueeze.data.readers.labelled_file import read_labelled_file
from tfsqueeze.data.readers.tables import read_table
from tfsqueeze.data.readers.text_lines import read_plain_texts
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.utils.user_files import format_suffix


def load_evaluation_set(
    name_or_path: str,
    text_column: str = "text",
    label_column: str = "label",
    text_pair_column: str | None = None,
    keep_nan_labels: bool = False,
    seed: int = 0,
) -> TextDataset:
    """Loads one labelled file, or the test split of a dataset by name or folder.

    A dataset without a test split gives its validation split.

    Args:
        name_or_path: a file of `read_labelled_file`, or a dataset of `load_dataset`.
        text_column: the name of the column of texts.
        label_column: the name of the column of labels.
        text_pair_column: the name of the column of second texts, for tasks on pairs.
        keep_nan_labels: as in `read_table`.
        seed: the seed of the training run, so that a validation split holds no training example.

    Raises:
        UserError: the data cannot be read.
    """
    columns = {
        "text_column": text_column,
        "label_column": label_column,
        "text_pair_column": text_pair_column,
        "keep_nan_labels": keep_nan_labels,
    }
    if is_file_or_pattern(name_or_path):
        return read_labelled_file(name_or_path, **columns)
    splits = load_dataset(name_or_path, **columns, seed=seed)
    return splits.test or splits.validation


def load_texts(
    path: str, text_column: str = "text", text_pair_column: str | None = None
) -> TextDataset:
    """Loads the texts of a file without their labels.

    Args:
        path: a .txt file with one text per line, or a file of `read_table`; or a pattern of
            several files.
        text_column: the name of the column of texts in a table.
        text_pair_column: the name of the column of second texts in a table, for tasks on pairs.

    Raises:
        UserError: the file cannot be read.
    """
    file = Path(path)
    files = matching_files(file)
    if format_suffix(files[0]) == ".txt":
        return TextDataset(file.name, read_plain_texts(file).texts)
    return read_table(
        file, text_column=text_column, label_column=None, text_pair_column=text_pair_column
    )

"""The texts that a model is evaluated on."""

from __future__ import annotations

from pathlib import Path

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.readers.rte import read_rte
from tfsqueeze.data.readers.tables import guess_columns, read_table
from tfsqueeze.data.readers.user_files import read_text
from tfsqueeze.data.sources.named_datasets import load_dataset


def load_evaluation_set(
    name_or_path: str,
    text_column: str = "text",
    label_column: str = "label",
    text_pair_column: str | None = None,
    seed: int = 0,
) -> TextDataset:
    """Loads one labelled file, or the test part of a dataset by name or folder; its validation
    part where it has no test part.

    seed: that by which training drew a validation part, so that none of it was trained on.

    Raises UserError where it cannot be read.
    """
    columns = {
        "text_column": text_column,
        "label_column": label_column,
        "text_pair_column": text_pair_column,
    }
    if Path(name_or_path).is_file():
        return (
            read_rte(name_or_path)
            if Path(name_or_path).suffix == ".xml"
            else read_table(name_or_path, **columns)
        )
    splits = load_dataset(name_or_path, seed=seed, **columns)
    return splits.test or splits.validation


def load_texts(
    path: str, text_column: str = "text", text_pair_column: str | None = None
) -> TextDataset:
    """Loads texts without their labels: a .txt file with one a line, or a table as `read_table`
    reads it, a two-column .tsv without a line of names, too.

    Raises UserError where it cannot be read.
    """
    file = Path(path)
    if file.suffix == ".txt":
        return TextDataset(
            file.name, [line for line in read_text(file).splitlines() if line.strip()]
        )
    columns = None if text_pair_column else guess_columns(file, text_column=text_column)
    return read_table(
        file,
        text_column=text_column,
        label_column=None,
        text_pair_column=text_pair_column,
        columns=columns,
    )

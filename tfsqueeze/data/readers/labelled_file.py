"""One file of labelled texts or pairs of texts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.readers.rte import read_rte
from tfsqueeze.data.readers.tables import read_table
from tfsqueeze.utils.user_files import format_suffix


def read_labelled_file(path: str | os.PathLike, **columns: Any) -> TextDataset:
    """Reads RTE's .xml, or any table.

    Args:
        path: the file.
        **columns: further arguments of `read_table`, which RTE's files do not need.

    Raises:
        UserError: the file cannot be used.
    """
    if format_suffix(Path(path)) == ".xml":
        return read_rte(path)
    return read_table(path, **columns)

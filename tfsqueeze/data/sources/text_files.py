"""Files of plain text by name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tfsqueeze.data.sources.named_datasets import DATASETS, load_dataset
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically


def text_files(sources: Sequence[str | os.PathLike], folder: Path) -> list[Path]:
    """Returns the files named, and those ending in .txt of each folder named, in order.

    A name of `DATASETS` stands for its training texts, without its labels; they are written to
    `folder`, a text a line.

    Raises UserError where a path does not exist, a folder has no such file, or none is named.
    """
    files = []
    for source in sources:
        path = Path(source)
        if path.is_dir():
            found = sorted(path.rglob("*.txt"))
            if not found:
                raise UserError(
                    f"{path} has no .txt files; name files of plain text, a text or "
                    "paragraph a line"
                )
            files += found
        elif path.is_file():
            files.append(path)
        elif os.fspath(source) in DATASETS:
            files.append(_training_texts(os.fspath(source), folder))
        else:
            raise UserError(
                f"{path} does not exist; name a file of plain text, a folder of .txt "
                f"files or a dataset ({', '.join(DATASETS)})"
            )
    if not files:
        raise UserError("no texts to pretrain on; name at least one file or folder")
    return files


def _training_texts(name, folder):
    path = folder / f"{name}.txt"
    if not path.exists():
        lines = (" ".join(text.split()) for text in load_dataset(name).train.texts)
        with write_atomically(path) as temporary:
            temporary.write_text("\n".join(lines) + "\n", "utf-8")
    return path

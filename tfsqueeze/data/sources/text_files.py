"""Files of texts and of pairs of texts by path, folder or dataset name."""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from pathlib import Path

from tfsqueeze.data.readers.file_patterns import (
    files_of_format,
    is_file_or_pattern,
    matching_files,
)
from tfsqueeze.data.sources.named_datasets import DATASETS, load_dataset
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically
from tfsqueeze.utils.user_files import format_suffix, is_plain, read_text, unpacked_name


def text_files(sources: Sequence[str | os.PathLike], folder: Path) -> list[Path]:
    """Returns files of plain text, in the order of their sources.

    A file has one text per line; a file whose name ends in .tsv has two, with a tab between them.

    Args:
        sources: files, patterns of files, folders and names of `DATASETS`. A folder stands for its
            .txt files, also those in subfolders; a name for the dataset's training texts without
            their labels. A file may be packed, as in .txt.gz, or UTF-16 by its byte order mark.
        folder: takes a file for each name of a dataset, with one text per line, and for each file
            that is packed or not UTF-8.

    Raises:
        UserError: a path does not exist, a folder has no .txt file, a line of a .tsv file has
            another number of texts than two, or there is no source.
    """
    files: list[Path] = []
    for source in sources:
        path = Path(source)
        if path.is_dir():
            found = files_of_format(path, ".txt", "**/*")
            if not found:
                raise UserError(
                    f"{path} has no .txt files; name files of plain text, a text or "
                    "paragraph a line"
                )
            files += found
        elif is_file_or_pattern(path):
            files += matching_files(path)
        elif os.fspath(source) in DATASETS:
            files.append(_training_texts(os.fspath(source), folder))
        else:
            raise UserError(
                f"{path} does not exist; name a file of plain text, a folder of .txt "
                f"files or a dataset ({', '.join(DATASETS)})"
            )
    if not files:
        raise UserError("no texts to pretrain on; name at least one file or folder")
    plain = [file if is_plain(file) else _as_plain(file, folder) for file in files]
    for source, file in zip(files, plain, strict=True):
        if holds_pairs(file):
            _check_pairs(file, source)
    return plain


def holds_pairs(path: Path) -> bool:
    """Returns whether each line of a file is a pair of texts.

    Args:
        path: the file.
    """
    return format_suffix(path) == ".tsv"


def _check_pairs(path: Path, source: Path) -> None:
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            tabs = line.count("\t")
            if tabs != 1:
                raise UserError(
                    f"{source}, line {number}: it has {'several tabs' if tabs else 'no tab'}; each "
                    "line of a .tsv file must have two texts, with a tab between them"
                )


def _as_plain(path: Path, folder: Path) -> Path:
    content = read_text(path).encode("utf-8")
    # Files of one name may come from several folders.
    plain = folder / f"{zlib.crc32(content):08x}-{unpacked_name(path)}"
    if not plain.exists():
        with write_atomically(plain) as temporary:
            temporary.write_bytes(content)
    return plain


def _training_texts(name: str, folder: Path) -> Path:
    path = folder / f"{name}.txt"
    if not path.exists():
        lines = (" ".join(text.split()) for text in load_dataset(name).train.texts)
        with write_atomically(path) as temporary:
            temporary.write_text("\n".join(lines) + "\n", "utf-8")
    return path

"""Patterns such as `data/part-*.tsv`, which stand for several files that are one whole."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.user_files import format_suffix


def is_pattern(path: str | os.PathLike) -> bool:
    """Returns whether a path is a pattern of several files, as `glob` takes it.

    A file or folder that is there is none, whatever characters its name has.

    Args:
        path: the path.
    """
    return glob.has_magic(os.fspath(path)) and not Path(path).exists()


def is_file_or_pattern(path: str | os.PathLike) -> bool:
    """Returns whether a path is that of a file, or a pattern of several.

    Args:
        path: the path.
    """
    return Path(path).is_file() or is_pattern(path)


def files_of_format(folder: Path, suffix: str, pattern: str = "*") -> list[Path]:
    """Returns the files of one format in a folder, sorted.

    Args:
        folder: the folder.
        suffix: the format, as `format_suffix` returns it; a file may be compressed.
        pattern: what the names match, as `Path.glob` takes it; `**/*` for subfolders, too.
    """
    return sorted(
        file for file in folder.glob(pattern) if format_suffix(file) == suffix and file.is_file()
    )


def matching_files(path: Path) -> list[Path]:
    """Returns the file at a path, or the files that a pattern such as `data/part-*.tsv` matches.

    Args:
        path: the path or the pattern.

    Raises:
        UserError: no file matches, or those that do have several formats.
    """
    if not is_pattern(path):
        return [path]
    files = sorted(Path(name) for name in glob.glob(os.fspath(path), recursive=True))
    files = [file for file in files if file.is_file()]
    if not files:
        raise UserError(f"no file matches {path}")
    suffixes = sorted({format_suffix(file) for file in files})
    if len(suffixes) > 1:
        raise UserError(f"{path} matches files of several formats: {', '.join(suffixes)}")
    return files

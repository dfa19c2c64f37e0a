"""Digests by which a resumed run knows its data, and the encoded rows of a large dataset."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfsqueeze.data.datasets.column_dataset import ColumnDataset
from tfsqueeze.training.ragged_rows import RaggedRows
from tfsqueeze.utils.archives import file_sha256
from tfsqueeze.utils.files import write_atomically

_MANIFEST, _LIMITS = "manifest.json", "-limits"
_BLOCK = 4096


def digest_of_values(values: Any) -> str:
    """Returns a digest of JSON-able values.

    Args:
        values: the values. The order of an object's keys does not matter.
    """
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def digest_of_parts(*parts: Any) -> str:
    """Returns a digest of all examples of some parts of the data.

    Args:
        *parts: datasets; None for a part that the data do not have.
    """
    return digest_of_values([None if part is None else _digest_of(part) for part in parts])


def _digest_of(dataset: ColumnDataset) -> str:
    # The digests in the run.json of all runs begin so.
    digest = hashlib.sha256(b"null")
    for name, column in dataset.columns().items():
        digest.update(f"\0{name}\0".encode())
        if column is None:
            continue
        for start in range(0, len(column), _BLOCK):
            block = column[start : start + _BLOCK]
            if isinstance(block, np.ndarray):
                digest.update(f"{block.dtype}{block.shape}".encode() + block.tobytes())
            else:
                digest.update(repr(block).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def digest_of_files(files: Iterable[Path]) -> str:
    """Returns a digest of the content of some files, in their order.

    Args:
        files: the files.
    """
    return digest_of_values([file_sha256(file) for file in files])


def write_encoded(folder: Path, digest: str, columns: Mapping[str, Any]) -> None:
    """Writes encoded rows to a folder, which has its name only when it is whole.

    Args:
        folder: the folder.
        digest: that of the examples and of what encoded them.
        columns: `RaggedRows`, or arrays with one value for each row, by names that can be those of
            files.
    """
    with write_atomically(folder) as temporary:
        temporary.mkdir()
        entries: dict[str, dict[str, Any] | None] = {}
        written: dict[str, np.ndarray] = {}
        for name, column in columns.items():
            if not isinstance(column, RaggedRows):
                np.save(temporary / f"{name}.npy", column)
                entries[name] = None
                continue
            np.save(temporary / f"{name}.npy", column.values)
            same = (file for file, limits in written.items() if limits is column.limits)
            file = next(same, f"{name}{_LIMITS}")
            if file not in written:
                np.save(temporary / f"{file}.npy", column.limits)
                written[file] = column.limits
            entries[name] = {
                "limits": file,
                "max_length": column.max_length,
                "padding": column.padding,
            }
        manifest = {"digest": digest, "columns": entries}
        (temporary / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def read_encoded(folder: Path, digest: str) -> dict[str, Any] | None:
    """Returns the columns that `write_encoded` wrote, memory-mapped.

    Args:
        folder: the folder.
        digest: see `write_encoded`.

    Returns:
        None if the folder is missing or damaged, or holds the rows of other examples.
    """
    try:
        manifest = json.loads((folder / _MANIFEST).read_text("utf-8"))
        if manifest["digest"] != digest:
            return None
        entries = manifest["columns"]
        files = {entry["limits"] for entry in entries.values() if entry is not None}
        limits = {file: _load(folder, file) for file in files}
        return {
            name: _load(folder, name)
            if entry is None
            else RaggedRows(
                _load(folder, name), limits[entry["limits"]], entry["max_length"], entry["padding"]
            )
            for name, entry in entries.items()
        }
    # What Python raises depends on where a file is damaged.
    except (OSError, ValueError, TypeError, KeyError, EOFError, AttributeError):
        return None


def _load(folder: Path, name: str) -> np.ndarray:
    return np.load(folder / f"{name}.npy", mmap_mode="r")

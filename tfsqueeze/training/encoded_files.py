"""The encoded rows of a large dataset in the folder of a run, so that a resumed run reads them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tfsqueeze.data.datasets.column_dataset import ColumnDataset
from tfsqueeze.training.ragged_rows import RaggedRows
from tfsqueeze.utils.files import write_atomically

_MANIFEST, _LIMITS = "manifest.json", "limits"
_BLOCK = 4096


def digest_of(dataset: ColumnDataset, settings: Any) -> str:
    """Returns a digest of all examples and of what encodes them.

    Args:
        dataset: the examples.
        settings: JSON-able values on which the encodings depend.
    """
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for name, column in dataset.columns().items():
        digest.update(f"\0{name}\0".encode())
        if column is None:
            continue
        for start in range(0, len(column), _BLOCK):
            block = column[start : start + _BLOCK]
            values = block.tolist() if isinstance(block, np.ndarray) else block
            digest.update(repr(values).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def write_encoded(
    folder: Path,
    digest: str,
    inputs: Mapping[str, RaggedRows],
    arrays: Mapping[str, np.ndarray],
) -> None:
    """Writes encoded rows to a folder, which has its name only when it is whole.

    Args:
        folder: the folder.
        digest: that of the examples; see `digest_of`.
        inputs: the rows by the input's name. All have the same limits.
        arrays: further arrays with one value for each row, by names that can be those of files.
    """
    with write_atomically(folder) as temporary:
        temporary.mkdir()
        for name, rows in inputs.items():
            np.save(temporary / f"input-{name}.npy", rows.values)
            np.save(temporary / f"{_LIMITS}.npy", rows.limits)
        for name, array in arrays.items():
            np.save(temporary / f"array-{name}.npy", array)
        manifest = {
            "digest": digest,
            "inputs": {name: [rows.max_length, rows.padding] for name, rows in inputs.items()},
            "arrays": list(arrays),
        }
        (temporary / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def read_encoded(
    folder: Path, digest: str
) -> tuple[dict[str, RaggedRows], dict[str, np.ndarray]] | None:
    """Returns the inputs and arrays that `write_encoded` wrote, memory-mapped.

    Args:
        folder: the folder.
        digest: that of the examples.

    Returns:
        None if the folder is missing or damaged, or holds the rows of other examples.
    """
    try:
        manifest = json.loads((folder / _MANIFEST).read_text("utf-8"))
        if manifest["digest"] != digest:
            return None
        limits = _load(folder, _LIMITS)
        inputs = {
            name: RaggedRows(_load(folder, f"input-{name}"), limits, max_length, padding)
            for name, (max_length, padding) in manifest["inputs"].items()
        }
        return inputs, {name: _load(folder, f"array-{name}") for name in manifest["arrays"]}
    # What Python raises depends on where a file is damaged.
    except (OSError, ValueError, TypeError, KeyError, EOFError):
        return None


def _load(folder: Path, name: str) -> np.ndarray:
    return np.load(folder / f"{name}.npy", mmap_mode="r")

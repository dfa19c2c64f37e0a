"""The weights of a checkpoint: one file or shards, as safetensors or as PyTorch writes them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tfsqueeze.checkpoints.model_sources import (
    INDEX_SUFFIX,
    TORCH_WEIGHTS_FILE,
    WEIGHTS_FILE,
)
from tfsqueeze.checkpoints.safetensors_file import read_tensors
from tfsqueeze.checkpoints.torch_file import read_torch_tensors
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import read_json, shown

_READERS: dict[str, Callable[[Path], dict[str, np.ndarray]]] = {
    WEIGHTS_FILE: read_tensors,
    TORCH_WEIGHTS_FILE: read_torch_tensors,
}


def read_weights(folder: Path) -> tuple[Path, dict[str, np.ndarray]]:
    """Reads the weights of a checkpoint.

    Args:
        folder: a folder in Hugging Face's layout. Of several formats safetensors are read, and of
            one file and shards the one file.

    Returns:
        The file of the weights, or the index of their shards, and the tensors by name;
        floating-point tensors of any width are float32.

    Raises:
        UserError: there are no weights, a file is missing, damaged or not as the index says, or a
            weight is no finite number.
    """
    for name, read in _READERS.items():
        if (path := folder / name).exists():
            return path, _finite(read(path), path)
        if (path := folder / f"{name}{INDEX_SUFFIX}").exists():
            return path, _read_shards(path, read)
    raise UserError(
        f"{folder} holds no {WEIGHTS_FILE}; save the model there with save_pretrained of "
        "transformers"
    )


def _read_shards(
    index: Path, read: Callable[[Path], dict[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """Returns the tensors that an index finds in files beside it."""
    entries = read_json(index).get("weight_map")
    shards: dict[str, set[str]] = {}
    for name in entries.object():
        shard = entries.get(name).string()
        # No path may lead out of the folder.
        if shard != os.path.basename(shard) or "\\" in shard or shard in ("", ".", ".."):
            raise entries.get(name).error(
                f"it is {shown(shard)}, not the name of a file beside the index"
            )
        shards.setdefault(shard, set()).add(name)
    if not shards:
        raise entries.error("it names no tensor; save the model again")
    tensors: dict[str, np.ndarray] = {}
    for shard, names in sorted(shards.items()):
        path = index.parent / shard
        if not path.is_file():
            raise UserError(
                f"{path} is missing, which {index.name} names; copy or download it as well"
            )
        found = read(path)
        for missing, what in ((names - set(found), "lacks"), (set(found) - names, "holds")):
            if missing:
                raise UserError(
                    f"{path} {what} tensor {min(missing)[:100]!r}, unlike {index.name} says; check "
                    "that both files are of one model"
                )
        tensors.update(_finite(found, path))
    return tensors


def _finite(tensors: dict[str, np.ndarray], path: Path) -> dict[str, np.ndarray]:
    for name, tensor in tensors.items():
        if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
            raise UserError(
                f"{path}: tensor {name[:100]!r} holds NaN or infinity; its training diverged, or "
                "the file is damaged: use another checkpoint"
            )
    return tensors

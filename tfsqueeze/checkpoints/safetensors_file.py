"""Reading of safetensors files, with errors that name the first damaged tensor."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import parse_json
from tfsqueeze.utils.terminal import printable

# It registers bfloat16 with numpy. What predicts alone has no such tensors.
with contextlib.suppress(ImportError):
    import ml_dtypes  # noqa: F401

# As in safetensors itself.
_MAX_HEADER_BYTES = 100_000_000
_FLOAT_DTYPES = ("F16", "BF16", "F32", "F64")


def read_tensors(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Reads a safetensors file.

    Args:
        path: the file.

    Returns:
        The tensors by name; floating-point tensors of any width become float32.

    Raises:
        UserError: the file is missing, is damaged (the message names the first truncated tensor),
            or holds a dtype that numpy does not have.
    """
    tensors, _ = read_tensors_and_metadata(path)
    return tensors


def read_tensors_and_metadata(
    path: str | os.PathLike,
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Reads a safetensors file and what its header says beside the tensors.

    Args:
        path: the file.

    Returns:
        The tensors as `read_tensors` returns them, and the metadata.

    Raises:
        UserError: as `read_tensors`.
    """
    path = Path(path)
    try:
        with safe_open(path, framework="numpy") as file:
            tensors = {name: _read(file, name, path) for name in file.offset_keys()}
            return tensors, file.metadata() or {}
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except SafetensorError as error:
        reason = printable(" ".join(str(error).split()))[:200]
        raise UserError(_damage(path) or f"{path} is not a safetensors file: {reason}") from None


def _read(file: Any, name: str, path: Path) -> np.ndarray:
    dtype = file.get_slice(name).get_dtype()
    try:
        tensor = file.get_tensor(name)
    except (TypeError, KeyError, AttributeError):
        raise UserError(
            f"{path}: tensor {name[:100]!r} has dtype {dtype}; save it as F32"
        ) from None
    return tensor.astype(np.float32, copy=False) if dtype in _FLOAT_DTYPES else tensor


def _damage(path: Path) -> str | None:
    """Returns a sentence on what is truncated, or None.

    The layout is that of the safetensors documentation: eight bytes with the length of the header,
    little-endian; a JSON header with the `data_offsets` [begin, end] of each tensor; then the data.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        size = os.path.getsize(path)
        if length > size - 8:
            return (
                f"{path} is truncated: its header should be {length} bytes, and the whole "
                f"file is {size}; copy or download it again"
            )
        if length > _MAX_HEADER_BYTES:
            return None
        try:
            ends = _ends(parse_json(file.read(length).decode("utf-8"), path))
        except ValueError:  # UserError and UnicodeDecodeError too
            return None
    held = size - 8 - length
    for name, end in sorted(ends.items(), key=lambda item: item[1]):
        if end > held:
            return (
                f"{path} is truncated at tensor {name[:100]!r}: the data should reach byte {end} "
                f"and end at {held}; copy or download the file again"
            )
    return None


def _ends(header: Any) -> dict[str, int]:
    """Returns where the data of each tensor ends, of those whose entry is sound."""
    entries = header.items() if isinstance(header, dict) else ()
    offsets = {
        name: entry.get("data_offsets") for name, entry in entries if isinstance(entry, dict)
    }
    return {
        name: pair[1]
        for name, pair in offsets.items()
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], int)
    }

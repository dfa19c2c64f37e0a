"""Reading of safetensors files, with errors that name the first damaged tensor."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import ml_dtypes  # noqa: F401  (registers bfloat16 with numpy)
import numpy as np
from safetensors import SafetensorError, safe_open

from tfsqueeze.utils.errors import UserError

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
    path = Path(path)
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: _read(file, name, path) for name in file.offset_keys()}
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except SafetensorError as error:
        raise UserError(_damage(path) or f"{path} is not a safetensors file: {error}") from None


def _read(file: Any, name: str, path: Path) -> np.ndarray:
    dtype = file.get_slice(name).get_dtype()
    try:
        tensor = file.get_tensor(name)
    except (TypeError, KeyError, AttributeError):
        raise UserError(f"{path}: tensor {name!r} has dtype {dtype}; save it as F32") from None
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
        try:
            header = json.loads(file.read(length))
            ends = {
                name: int(entry["data_offsets"][1])
                for name, entry in header.items()
                if name != "__metadata__"
            }
        except (ValueError, TypeError, KeyError, AttributeError, IndexError):
            return None
    held = size - 8 - length
    for name, end in sorted(ends.items(), key=lambda item: item[1]):
        if end > held:
            return (
                f"{path} is truncated at tensor {name!r}: the data should reach byte {end} "
                f"and end at {held}; copy or download the file again"
            )
    return None

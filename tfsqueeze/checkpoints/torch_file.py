"""Weights as PyTorch writes them, which only PyTorch's loader of weights alone may read.

Such a file is a pickle, which may hold code; that loader runs none of it.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import numpy as np

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.terminal import printable

# Before 2.6 a file could run code even so (CVE-2025-32434).
_SAFE_VERSION = (2, 6)


def read_torch_tensors(path: Path) -> dict[str, np.ndarray]:
    """Reads a file that `torch.save` wrote.

    Args:
        path: the file.

    Returns:
        The tensors by name; floating-point tensors of any width become float32.

    Raises:
        UserError: PyTorch is not installed or too old, or the file holds anything but tensors.
    """
    torch = _torch(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return {name: _array(tensor) for name, tensor in state.items()}
    # What PyTorch raises depends on what else the file holds.
    except Exception as error:
        reason = printable(str(error).strip().partition("\n")[0])[:200]
        raise UserError(
            f"{path} is no file of tensors alone ({type(error).__name__}: {reason}); save the "
            "model as safetensors where it was trained"
        ) from None


def _torch(path: Path) -> Any:
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        torch = None
    version = "" if torch is None else torch.__version__
    numbers = re.findall(r"\d+", version)[:2]
    if torch is None or tuple(map(int, numbers)) < _SAFE_VERSION:
        raise UserError(
            f"{path} can be read only with PyTorch {'.'.join(map(str, _SAFE_VERSION))} or newer, "
            f"{f'not {version}' if version else 'which is not installed'}; install it, or convert "
            "the model where transformers is, by the class of its task, such as "
            "AutoModelForSequenceClassification.from_pretrained(FOLDER).save_pretrained(FOLDER)"
        )
    return torch


def _array(tensor: Any) -> np.ndarray:
    # numpy has no bfloat16.
    array = (tensor.float() if tensor.is_floating_point() else tensor).numpy()
    return np.ascontiguousarray(array)

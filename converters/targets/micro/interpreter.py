"""TensorFlow Lite Micro's own interpreter, from the package tflite-micro.

Its library is used in processes without TensorFlow (`converters.runtime.workers.run_in_workers`), with
which it shares names of symbols.
"""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import numpy as np

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.logging import stderr_to

_ROOM = 1 << 24  # arena that any model of this project fits
_ALIGNMENT = 16


def require_interpreter() -> None:
    """Raises UserError where tflite-micro is not installed."""
    if importlib.util.find_spec("tflite_micro") is None:
        raise UserError(
            "the package tflite-micro, which measures the arena, is not installed; "
            "install it with: pip install 'tfsqueeze[micro]'"
        )


def measure_arena(model: bytes) -> int:
    """The smallest arena, in bytes, that the interpreter can allocate a model's tensors in.

    Raises UserError where it cannot load the model at all.
    """
    _open(model, _ROOM)
    low, high = 0, _ROOM
    # What the library says of each arena that is too small.
    with open(os.devnull, "w") as nowhere, stderr_to(nowhere):
        while high - low > _ALIGNMENT:
            middle = (low + high) // 2 // _ALIGNMENT * _ALIGNMENT
            try:
                _open(model, middle)
                high = middle
            except UserError:
                low = middle
    return high


def predict(model: bytes, input_ids: np.ndarray, arena_bytes: int) -> np.ndarray:
    """The stored logits, int8 [n, num_labels], of rows of ids, int32 [n, max_length].

    Raises UserError where the arena is too small.
    """
    interpreter = _open(model, arena_bytes)
    rows = []
    for row in np.asarray(input_ids, np.int32):
        interpreter.set_input(row[None], 0)
        interpreter.invoke()
        rows.append(interpreter.get_output(0)[0])
    return np.array(rows)


def _open(model: bytes, arena_bytes: int) -> Any:
    from tflite_micro import runtime

    try:
        return runtime.Interpreter.from_bytes(model, arena_size=arena_bytes)
    except RuntimeError as error:
        raise UserError(
            f"TensorFlow Lite Micro cannot load the model in an arena of "
            f"{arena_bytes:,} bytes ({error})"
        ) from error

"""Runs models in TensorFlow Lite Micro's own interpreter, from the package tflite-micro.

The library shares names of symbols with TensorFlow, so only processes without TensorFlow may load
it: call these functions through `converters.runtime.workers.run_in_workers`.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from converters.targets.micro.network_interface import NetworkInterface
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.logging import stderr_to

_MAX_ARENA_BYTES = 1 << 24  # Any model of this project fits.
_ALIGNMENT = 16


def require_interpreter() -> None:
    """Raises an error where the interpreter is not installed.

    Raises:
        UserError: tflite-micro is not installed.
    """
    if importlib.util.find_spec("tflite_micro") is None:
        raise UserError(
            "the package tflite-micro, which measures the arena, is not installed; "
            "install it with: pip install 'tfsqueeze[micro]'"
        )


def measure_arena(model: bytes) -> int:
    """Returns the size of the smallest arena that holds a model's tensors, in bytes.

    Args:
        model: the bytes of a .tflite file.

    Raises:
        UserError: the interpreter cannot load the model in any arena.
    """
    _open(model, _MAX_ARENA_BYTES)
    low, high = 0, _MAX_ARENA_BYTES
    # The library prints a message for each arena that is too small.
    with open(os.devnull, "w") as devnull, stderr_to(devnull):
        while high - low > _ALIGNMENT:
            middle = (low + high) // 2 // _ALIGNMENT * _ALIGNMENT
            try:
                _open(model, middle)
                high = middle
            except UserError:
                low = middle
    return high


def predict(
    model: bytes, inputs: Mapping[str, np.ndarray], arena_bytes: int
) -> dict[str, np.ndarray]:
    """Runs a model on rows of ids.

    Args:
        model: the bytes of an int8 .tflite file.
        inputs: int32 [rows, length] by the input's name.
        arena_bytes: size of the arena.

    Returns:
        The quantized outputs, int8 [rows, ...] by the output's name.

    Raises:
        UserError: the arena is too small.
    """
    interface = NetworkInterface.of_model(model)
    interpreter = _open(model, arena_bytes)
    outputs: dict[str, list[np.ndarray]] = {name: [] for name in interface.outputs}
    for row in range(len(inputs["input_ids"])):
        for index, name in enumerate(interface.inputs):
            interpreter.set_input(np.asarray(inputs[name][row : row + 1], np.int32), index)
        interpreter.invoke()
        for index, name in enumerate(interface.outputs):
            outputs[name].append(interpreter.get_output(index)[0])
    return {name: np.array(rows) for name, rows in outputs.items()}


def _open(model: bytes, arena_bytes: int) -> Any:
    from tflite_micro import runtime

    try:
        return runtime.Interpreter.from_bytes(model, arena_size=arena_bytes)
    except RuntimeError as error:
        raise UserError(
            f"TensorFlow Lite Micro cannot load the model in an arena of "
            f"{arena_bytes:,} bytes ({error})"
        ) from error

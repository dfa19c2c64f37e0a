"""Three runtimes behind one call: open a model, then run it again and again."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from converters.runtime.interpreters import available_runtimes

TFLITE_BACKENDS = {
    "litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
}
BACKENDS = (*TFLITE_BACKENDS, "onnxruntime")


def available_backends() -> list[str]:
    """The names, of `BACKENDS`, whose packages work in this environment."""
    names = available_runtimes()
    onnxruntime = ["onnxruntime"] if importlib.util.find_spec("onnxruntime") else []
    return [name for name in BACKENDS if name in [*names, *onnxruntime]]


def import_backend(backend: str) -> Any:
    """Imports the runtime's module."""
    return importlib.import_module(TFLITE_BACKENDS.get(backend, backend))


def open_model(
    path: str | os.PathLike, backend: str, num_threads: int, vocab_size: int
) -> Callable[[], None]:
    """Opens a model as a user of the bare runtime would, and returns what runs it once.

    The runtime maps the file where it can. `converters.runtime.interpreters.open_model` reads and
    checks the whole file, which would count in time and memory. Inputs are random with a fixed
    seed, and are set beforehand.

    vocab_size: integer inputs are drawn from 1 to below this; 0 would be padding.

    Raises whatever the runtime raises for a file that it cannot open.
    """
    if backend == "onnxruntime":
        return _open_onnx(path, num_threads, vocab_size)
    return _open_tflite(path, backend, num_threads, vocab_size)


def _open_tflite(path, backend, num_threads, vocab_size):
    interpreter = import_backend(backend).Interpreter(
        model_path=os.fspath(path), num_threads=num_threads
    )
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        # The arena never reuses the memory of inputs, so they hold for all runs.
        interpreter.set_tensor(
            detail["index"], random_input(detail["shape"], detail["dtype"], vocab_size)
        )
    return interpreter.invoke


def _open_onnx(path, num_threads, vocab_size):
    runtime = import_backend("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = runtime.InferenceSession(os.fspath(path), options, providers=["CPUExecutionProvider"])
    feed = {
        value.name: random_input(value.shape, _ONNX_DTYPES[value.type], vocab_size)
        for value in session.get_inputs()
    }
    return lambda: session.run(None, feed)


_ONNX_DTYPES = {
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(float)": np.float32,
    "tensor(uint8)": np.uint8,
}


def random_input(shape: Sequence[int], dtype: DTypeLike, vocab_size: int) -> np.ndarray:
    """Returns an input of a fixed seed.

    Floats are normal, bytes uniform, and other integers from 1 to below `vocab_size`.
    """
    generator = np.random.default_rng(0)
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return generator.standard_normal(shape).astype(dtype)
    if dtype.itemsize == 1:
        return generator.integers(0, 256, shape).astype(np.uint8).view(dtype)
    return generator.integers(1, vocab_size, shape).astype(dtype)

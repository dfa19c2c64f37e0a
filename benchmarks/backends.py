"""The runtimes behind one call: open a model, then run it again and again."""

from __future__ import annotations

import importlib
import importlib.util
import os
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from converters.runtime.interpreters import available_runtimes

TFLITE_BACKENDS = {
    "litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
}
# The second computes float models in bfloat16.
OPENVINO_BACKENDS = ("openvino", "openvino-bfloat16")
# What runs files whose names end so.
BACKENDS_OF_SUFFIX = {
    ".tflite": tuple(TFLITE_BACKENDS),
    ".onnx": ("onnxruntime",),
    ".openvino.onnx": OPENVINO_BACKENDS,
    ".ncnn.zip": ("ncnn",),
}
BACKENDS = tuple(name for names in BACKENDS_OF_SUFFIX.values() for name in names)
# The files in an archive of ncnn, as pnnx names them.
NCNN_PARAM, NCNN_WEIGHTS = "model.ncnn.param", "model.ncnn.bin"
# No more than the smallest vocabulary of a preset: a model fails at ids that it does not know.
VOCAB_SIZE = 1000
_INPUTS_OF_ONES = ("attention_mask", "token_type_ids", "masked_positions")


def available_backends() -> list[str]:
    """The names, of `BACKENDS`, whose packages work in this environment."""
    names = [
        *available_runtimes(),
        *(name for name in ("onnxruntime", "ncnn") if importlib.util.find_spec(name)),
        *_openvino_backends(),
    ]
    return [name for name in BACKENDS if name in names]


def _openvino_backends() -> tuple[str, ...]:
    if importlib.util.find_spec("openvino") is None:
        return ()
    import openvino

    capabilities = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return OPENVINO_BACKENDS if "BF16" in capabilities else OPENVINO_BACKENDS[:1]


def import_backend(backend: str) -> Any:
    """Imports the runtime's module."""
    module = "openvino" if backend in OPENVINO_BACKENDS else TFLITE_BACKENDS.get(backend, backend)
    return importlib.import_module(module)


def open_model(
    path: str | os.PathLike, backend: str, num_threads: int, vocab_size: int
) -> Callable[[], None]:
    """Opens a model as a user of the bare runtime would, and returns what runs it once.

    The runtime maps the file where it can. `converters.runtime.interpreters.open_model` reads and
    checks the whole file, which would count in time and memory. Inputs are random with a fixed
    seed, and are set beforehand.

    vocab_size: input_ids are drawn from 1 to below this; 0 would be padding.

    Raises whatever the runtime raises for a file that it cannot open.
    """
    if backend == "onnxruntime":
        return _open_onnx(path, num_threads, vocab_size)
    if backend in OPENVINO_BACKENDS:
        return _open_openvino(path, backend, num_threads, vocab_size)
    if backend == "ncnn":
        return _open_ncnn(path, num_threads, vocab_size)
    return _open_tflite(path, backend, num_threads, vocab_size)


def _open_tflite(path, backend, num_threads, vocab_size):
    interpreter = import_backend(backend).Interpreter(
        model_path=os.fspath(path), num_threads=num_threads
    )
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        # The arena never reuses the memory of inputs, so they hold for all runs.
        interpreter.set_tensor(
            detail["index"],
            random_input(detail["name"], detail["shape"], detail["dtype"], vocab_size),
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
        value.name: random_input(value.name, value.shape, _ONNX_DTYPES[value.type], vocab_size)
        for value in session.get_inputs()
    }
    return lambda: session.run(None, feed)


def _open_openvino(path, backend, num_threads, vocab_size):
    runtime = import_backend(backend)
    precision = "bf16" if backend == "openvino-bfloat16" else "f32"
    model = runtime.Core().compile_model(
        os.fspath(path),
        "CPU",
        {
            "INFERENCE_NUM_THREADS": num_threads,
            "NUM_STREAMS": 1,
            "INFERENCE_PRECISION_HINT": precision,
        },
    )
    request = model.create_infer_request()
    for value in model.inputs:
        array = random_input(value.any_name, value.shape, value.element_type.to_dtype(), vocab_size)
        request.set_tensor(value, runtime.Tensor(array))
    return request.infer


def _open_ncnn(path, num_threads, vocab_size):
    runtime = import_backend("ncnn")
    net = runtime.Net()
    net.opt.num_threads = num_threads
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
        # ncnn's own files do not hold it.
        length = int(archive.comment)
        param, weights = (os.path.join(folder, name) for name in (NCNN_PARAM, NCNN_WEIGHTS))
        if net.load_param(param) or net.load_model(weights):
            raise ValueError("its files are damaged")
    (name,), (output,) = net.input_names(), net.output_names()
    ids = random_input(name, (length,), np.int32, vocab_size)

    def run():
        extractor = net.create_extractor()
        extractor.input(name, runtime.Mat(ids))
        extractor.extract(output)

    return run


_ONNX_DTYPES = {
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(float)": np.float32,
    "tensor(uint8)": np.uint8,
}


def random_input(
    name: str, shape: Sequence[int], dtype: DTypeLike, vocab_size: int = VOCAB_SIZE
) -> np.ndarray:
    """Returns an input of a fixed seed.

    Floats are normal, bytes uniform, and other integers from 1 to below `vocab_size`. Inputs that
    are not ids, as their names tell, are 1.
    """
    generator = np.random.default_rng(0)
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return generator.standard_normal(shape).astype(dtype)
    if dtype.itemsize == 1:
        return generator.integers(0, 256, shape).astype(np.uint8).view(dtype)
    if any(known in name for known in _INPUTS_OF_ONES):
        return np.ones(shape, dtype)
    return generator.integers(1, vocab_size, shape).astype(dtype)

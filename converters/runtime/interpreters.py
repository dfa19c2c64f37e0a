"""One face for the two interpreters of .tflite files, tflite-runtime and LiteRT."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from converters.runtime.trial import try_in_worker
from converters.tflite.plain_name import plain_name
from converters.tflite.signature_names import signature_length
from converters.tflite.tflite_file import Model, TFLiteFile, one_line
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.logging import suppress_native_logs

Runtime = Literal["litert", "tflite-runtime"]
Kernels = Literal["default", "reference"]

_PACKAGES: dict[Runtime, str] = {"tflite-runtime": "tflite_runtime", "litert": "ai_edge_litert"}
_KERNELS: dict[Kernels, str] = {"default": "AUTO", "reference": "BUILTIN_REF"}

Inputs = np.ndarray | Mapping[str, np.ndarray]


class KernelsUnavailableError(UserError):
    """A runtime whose kernels of the kind asked for compute this model wrongly."""


def available_runtimes() -> list[Runtime]:
    """Returns the names of the runtimes that work here: `tflite-runtime`, `litert`, or both."""
    names: list[Runtime] = [
        name for name, package in _PACKAGES.items() if importlib.util.find_spec(package)
    ]
    # tflite-runtime was built against numpy 1: under numpy 2 every interpreter is a SystemError.
    if int(np.__version__.split(".")[0]) >= 2 and "tflite-runtime" in names:
        names.remove("tflite-runtime")
    return names


@dataclass(frozen=True)
class TensorDetails:
    """An input or output of a model: real value = scale * (stored value - zero_point).

    Attributes:
        name: the tensor's plain name: `serving_default_input_ids:0` is "input_ids".
        dtype: the dtype of the stored values.
        shape: the shape of one batch.
        scale: the quantization step; 0.0 where the tensor is not quantized.
        zero_point: the stored value of 0.
    """

    name: str
    dtype: np.dtype
    shape: tuple[int, ...]
    scale: float
    zero_point: int

    def dequantize(self, values: np.ndarray) -> np.ndarray:
        """Returns the real values of stored ones; those of an unquantized tensor pass through.

        Args:
            values: the stored values, of any shape.

        Returns:
            float32 of the same shape.
        """
        if not self.scale:
            return values.astype(np.float32)
        return np.float32(self.scale) * (values.astype(np.float32) - np.float32(self.zero_point))


class TFLiteModel:
    """A .tflite model in one runtime, made by `open_model`.

    Threads may share it: one runs at a time. A process that was forked cannot use it, since the
    runtime's own threads are not there; it opens the file again.

    Args:
        interpreter: the runtime's interpreter, its tensors allocated.
        runtime: the runtime's name.

    Attributes:
        runtime: `litert` or `tflite-runtime`.
        input_details: the inputs, in the order of the file.
        output_details: the outputs, in the order of the file.
        by_length: the parts of a file for several lengths (`converters.tflite.signatures`), by
            length, each a TFLiteModel; none in other files. The model itself is the longest.

    Example:
        >>> model = open_model("model.tflite")  # doctest: +SKIP
        >>> logits = model.predict_logits(input_ids)  # doctest: +SKIP
    """

    def __init__(self, interpreter: Any, runtime: Runtime) -> None:
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
        self._set_up(runtime, inputs, outputs)
        self._interpreter = interpreter
        self._input_indices = {
            plain.name: raw["index"] for plain, raw in zip(self.input_details, inputs, strict=True)
        }
        self._output_indices = [raw["index"] for raw in outputs]
        self.by_length = {
            length: _SignatureModel(interpreter.get_signature_runner(key), runtime, self._lock)
            for key in interpreter.get_signature_list()
            if (length := signature_length(key)) is not None
        }

    def _set_up(self, runtime, inputs, outputs, lock=None) -> None:
        self.runtime = runtime
        # The parts of a file for several lengths share the interpreter, and so the lock.
        self._lock = lock or threading.Lock()
        self._process = os.getpid()
        self.input_details = tuple(map(_tensor_details, inputs))
        self.output_details = tuple(map(_tensor_details, outputs))
        self.by_length: dict[int, TFLiteModel] = {}

    def run(self, inputs: Inputs) -> np.ndarray:
        """Returns what `run_all` does for a model with one output: that output.

        Args:
            inputs: see `run_all`.

        Raises:
            UserError: as `run_all`, or the model has several outputs.
        """
        name = self._only_output()
        return self.run_all(inputs)[name]

    def run_all(self, inputs: Inputs) -> dict[str, np.ndarray]:
        """Runs one batch.

        Args:
            inputs: an array per input name, or the array itself where there is one input; each
                of exactly the shape in `input_details`.

        Returns:
            The outputs by name as stored, int8 or float32.

        Raises:
            UserError: an input is missing, unknown or misshapen, or does not fit the dtype; or the
                runtime rejects a value, such as a token id outside the embedding table; or this
                process was forked after the file was opened.
        """
        if os.getpid() != self._process:
            raise UserError(
                f"the model was opened in process {self._process} and cannot run in the forked "
                f"process {os.getpid()}; open the file again there"
            )
        arrays = self._named(inputs)
        for detail in self.input_details:
            value = arrays[detail.name] = _as_dtype(arrays[detail.name], detail)
            if value.shape != detail.shape:
                raise UserError(_misshapen(detail, value))
        try:
            with self._lock:
                return self._invoke(arrays)
        except (RuntimeError, ValueError) as error:
            raise UserError(
                f"{self.runtime} cannot run the model on these inputs: {one_line(error)}"
            ) from error

    def _invoke(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        if self.by_length:
            # tflite-runtime refuses to invoke an interpreter that has signature runners.
            return self.by_length[max(self.by_length)]._invoke(arrays)
        for name, value in arrays.items():
            self._interpreter.set_tensor(self._input_indices[name], value)
        self._interpreter.invoke()
        return {
            detail.name: self._interpreter.get_tensor(index)
            for detail, index in zip(self.output_details, self._output_indices, strict=True)
        }

    def _only_output(self) -> str:
        names = [detail.name for detail in self.output_details]
        if len(names) != 1:
            raise UserError(f"the model has several outputs ({', '.join(names)}); one is needed")
        return names[0]

    def predict_logits(self, inputs: Inputs) -> np.ndarray:
        """Returns what `predict` does for a model with one output: float32 [n, num_labels].

        Args:
            inputs: see `predict`.

        Raises:
            UserError: as `predict`, or the model has several outputs.
        """
        name = self._only_output()
        return self.predict(inputs)[name]

    def predict(self, inputs: Inputs) -> dict[str, np.ndarray]:
        """Runs rows one batch at a time and dequantizes the outputs.

        Args:
            inputs: input_ids int32 [n, length], or a dict with other inputs ([n, ...]) too. The
                model's batch is static, mostly 1, and must divide n.

        Returns:
            float32 [n, ...] by the output's name.

        Raises:
            UserError: as `run_all`, or the inputs differ in n, or n is no multiple of the batch.
        """
        arrays = self.checked_rows(inputs)
        batch = self.input_details[0].shape[0]
        count = len(next(iter(arrays.values())))
        outputs = {
            detail.name: np.empty((count, *detail.shape[1:]), np.float32)
            for detail in self.output_details
        }
        for start in range(0, count, batch):
            rows = {name: value[start : start + batch] for name, value in arrays.items()}
            stored = self.run_all(rows)
            for detail in self.output_details:
                outputs[detail.name][start : start + batch] = detail.dequantize(stored[detail.name])
        return outputs

    def checked_rows(self, inputs: Inputs) -> dict[str, np.ndarray]:
        """Returns the rows by the input's name, in the order and dtypes of the file.

        Args:
            inputs: see `predict`.

        Raises:
            UserError: an input is missing, unknown or misshapen, or does not fit the dtype; or the
                inputs differ in the number of rows, or it is no multiple of the model's batch.
        """
        named = self._named(inputs)
        arrays = {
            detail.name: _as_dtype(named[detail.name], detail) for detail in self.input_details
        }
        counts = {value.shape[0] if value.ndim else 0 for value in arrays.values()}
        batch = self.input_details[0].shape[0]
        if len(counts) != 1 or next(iter(counts)) % batch:
            raise UserError(
                f"the inputs have {sorted(counts)} rows; "
                f"all must have one number of rows, a multiple of the model's batch of {batch}"
            )
        for detail in self.input_details:
            if arrays[detail.name].shape[1:] != detail.shape[1:]:
                raise UserError(_misshapen(detail, arrays[detail.name]))
        return arrays

    def _named(self, inputs: Inputs) -> dict[str, np.ndarray]:
        expected = [detail.name for detail in self.input_details]
        if not isinstance(inputs, Mapping):
            inputs = {expected[0] if len(expected) == 1 else "input_ids": inputs}
        if set(inputs) != set(expected):
            raise UserError(
                f"the inputs given are {', '.join(sorted(inputs)) or 'none'}; "
                f"the model takes {', '.join(expected)}"
            )
        return dict(inputs)


class _SignatureModel(TFLiteModel):
    """One signature of a file, which shares the interpreter with the others."""

    def __init__(self, runner: Any, runtime: Runtime, lock: threading.Lock) -> None:
        self._runner = runner
        self._set_up(
            runtime,
            [{**raw, "name": name} for name, raw in runner.get_input_details().items()],
            [{**raw, "name": name} for name, raw in runner.get_output_details().items()],
            lock,
        )

    def _invoke(self, arrays):
        return self._runner(**arrays)


def open_model(
    model: Model,
    runtime: Runtime = "litert",
    kernels: Kernels = "default",
    num_threads: int = 1,
) -> TFLiteModel:
    """Opens a .tflite file in a runtime, and allocates its tensors.

    A file of which the checks do not know all (`TFLiteFile.unknown`) is run in a process of its
    own first, which takes about a second.

    Args:
        model: the file's path, its bytes, or a `TFLiteFile`.
        runtime: one of `available_runtimes()`.
        kernels: `default` for the optimized kernels with the runtime's default delegate
            (XNNPACK), `reference` for the reference kernels without delegates.
        num_threads: threads of the optimized kernels.

    Raises:
        KernelsUnavailableError: tflite-runtime's reference kernels would give garbage (a
            per-channel FULLY_CONNECTED with an output of three or more dimensions).
        UserError: the runtime is not installed, an argument is out of range, or the file is
            damaged, makes the runtime crash, or has operators that it does not support.
    """
    if runtime not in available_runtimes():
        raise UserError(
            f"the runtime {runtime!r} is not available; "
            f"installed here: {', '.join(available_runtimes()) or 'none'}"
        )
    if kernels not in _KERNELS:
        raise UserError(f"kernels {kernels!r} are unknown; use {' or '.join(_KERNELS)}")
    if num_threads < 1:
        raise UserError(f"num_threads is {num_threads}; use 1 or more")
    file = TFLiteFile.open(model)
    if (runtime, kernels) == ("tflite-runtime", "reference"):
        _refuse_wrong_kernels(file)
    if file.unknown:
        try_in_worker(file.content, file.name, runtime, kernels)
    return load_model(file, runtime, kernels, num_threads)


def load_model(
    file: TFLiteFile, runtime: Runtime, kernels: Kernels, num_threads: int = 1
) -> TFLiteModel:
    """Opens a file as `open_model` does, without trying it first.

    Args:
        file: the file.
        runtime: see `open_model`, also for the other arguments.
        kernels: the kind of kernels.
        num_threads: threads of the optimized kernels.

    Raises:
        UserError: the runtime does not support the file.
    """
    module = _import_interpreter(runtime)
    try:
        with suppress_native_logs():
            interpreter = module.Interpreter(
                model_content=file.content,
                num_threads=num_threads,
                experimental_op_resolver_type=module.OpResolverType[_KERNELS[kernels]],
            )
            interpreter.allocate_tensors()
        return TFLiteModel(interpreter, runtime)
    except (ValueError, RuntimeError) as error:
        raise UserError(f"{runtime} cannot load {file.name}: {one_line(error)}") from error


def _import_interpreter(runtime: Runtime) -> Any:
    """The interpreter module of a runtime, safe to use beside TensorFlow.

    TensorFlow loads its libraries with global symbols, and tflite-runtime, loaded after it, would
    call into TensorFlow's newer code of the same names and crash; DEEPBIND makes it prefer its own.
    """
    name = f"{_PACKAGES[runtime]}.interpreter"
    flags = sys.getdlopenflags()
    deepbind = getattr(os, "RTLD_DEEPBIND", 0) if runtime == "tflite-runtime" else 0
    sys.setdlopenflags(flags | deepbind)
    try:
        return importlib.import_module(name)
    finally:
        sys.setdlopenflags(flags)


def _refuse_wrong_kernels(file: TFLiteFile) -> None:
    """Raises for what tflite-runtime 2.14, its last release, computes wrongly by reference.

    Its per-channel FULLY_CONNECTED takes the output for two-dimensional and leaves all but the
    first rows unset (tensorflow/tensorflow issue 53501, fixed per tensor only).
    """
    for operator in file.operators:
        weights, rank = operator.weights, max((len(x.shape) for x in operator.outputs), default=0)
        if operator.name == "FULLY_CONNECTED" and weights and len(weights.scales) > 1 and rank > 2:
            raise KernelsUnavailableError(
                "tflite-runtime's reference kernels compute the per-channel FULLY_CONNECTED at "
                f"{operator.index} wrongly, its output having {rank} dimensions; use the default "
                "kernels or LiteRT, or reshape to two dimensions before the dense layer"
            )


def _tensor_details(raw: dict[str, Any]) -> TensorDetails:
    scale, zero_point = raw["quantization"]
    return TensorDetails(
        plain_name(raw["name"]),
        np.dtype(raw["dtype"]),
        tuple(map(int, raw["shape"])),
        float(scale),
        int(zero_point),
    )


def _misshapen(detail: TensorDetails, value: np.ndarray) -> str:
    return (
        f"input {detail.name} has shape {list(value.shape)}; the model takes {list(detail.shape)}"
    )


def _as_dtype(value: np.ndarray, detail: TensorDetails) -> np.ndarray:
    """`value` in the input's dtype, where no element changes by that."""
    value = np.asarray(value)
    if value.dtype == detail.dtype:
        return value
    converted = value.astype(detail.dtype) if value.dtype.kind in "biuf" else None
    if converted is None or not np.array_equal(converted, value):
        raise UserError(
            f"input {detail.name} has dtype {value.dtype} with values that "
            f"{detail.dtype} cannot hold; the model takes {detail.dtype}"
        )
    return converted

"""Runs a .tflite file with a runtime's aarch64 wheel on an emulated processor."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from converters.arm64.cpus import find_cpu
from converters.arm64.plugin import InstructionCounts, ensure_plugin, read_counts
from converters.arm64.qemu import find_emulator
from converters.arm64.root import ENVIRONMENT, ensure_root
from converters.runtime.interpreters import Inputs, open_model
from converters.tflite.tflite_file import Model
from tfsqueeze.utils.errors import UserError

RUNTIMES = {"litert": "ai_edge_litert.interpreter", "tflite-runtime": "tflite_runtime.interpreter"}
_GUEST = Path(__file__).with_name("guest.py")


@dataclass(frozen=True)
class Arm64Run:
    """What a model gave on an emulated processor.

    outputs: one array an output in the order of the file, rows [n, ...] as stored.
    counts: the instructions of each inference, in order; None where they were not counted. The
        first inference does what is done once, such as packing weights; the call from Python, a
        few hundred instructions, is in each.
    log: what the runtime wrote to standard error.
    """

    outputs: tuple[np.ndarray, ...]
    counts: tuple[InstructionCounts, ...] | None
    log: str


def run_on_arm64(
    model: Model,
    inputs: Inputs,
    runtime: str = "litert",
    cpu: str = "cortex-a76",
    count: bool = False,
) -> Arm64Run:
    """Runs a .tflite file, given as its bytes or a path, on rows of inputs, with one thread.

    The first call makes the root (`ensure_root`). Starting the emulated Python takes seconds, and
    float arithmetic is emulated one number at a time: all rows belong into one call.

    Args:
        inputs: an array [n, ...] per input name, or the array itself where there is one input;
            one inference for each batch of the model's size, which mostly is 1.
        runtime: one of `RUNTIMES`.
        cpu: one of `converters.arm64.cpus.CPUS`.
        count: counts instructions, which needs a C compiler.

    Raises:
        UserError: QEMU is not installed, the root or plugin cannot be made, an argument is out of
            range, the inputs do not fit the model, or the runtime cannot load or run it.
    """
    find_emulator()
    module, processor = find_runtime(runtime), find_cpu(cpu)
    rows = open_model(model).checked_rows(inputs)
    if not len(next(iter(rows.values()))):
        raise UserError("the inputs have no rows; give at least one")
    root = ensure_root()
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-arm64-") as name:
        folder = Path(name)
        if isinstance(model, bytes):
            (folder / "model.tflite").write_bytes(model)
        else:
            (folder / "model.tflite").symlink_to(Path(model).resolve())
        np.savez(
            folder / "inputs.npz",
            **{f"input_{index}": values for index, values in enumerate(rows.values())},
        )
        counted = folder / "counts.txt"
        options = ["-plugin", f"{ensure_plugin()},output={counted}"] if count else []
        # -B leaves the root as it is.
        command = [
            *root.python(processor, *options),
            "-B",
            str(_GUEST),
            str(root.packages),
            module,
            str(folder),
        ]
        result = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env=ENVIRONMENT,
            cwd=folder,
        )
        if result.returncode:
            source = "the model" if isinstance(model, bytes) else os.fspath(model)
            raise UserError(
                f"{runtime} on an emulated {cpu} cannot run {source}: {_reason(result)}"
            )
        with np.load(folder / "outputs.npz") as outputs:
            arrays = tuple(outputs[f"output_{index}"] for index in range(len(outputs)))
        return Arm64Run(arrays, read_counts(counted) if count else None, result.stderr)


def find_runtime(name: str) -> str:
    """The interpreter's module. Raises UserError for a name that is not among `RUNTIMES`."""
    if name not in RUNTIMES:
        raise UserError(
            f"the runtime {name!r} has no aarch64 wheel here; there are {', '.join(RUNTIMES)}"
        )
    return RUNTIMES[name]


def _reason(result: subprocess.CompletedProcess) -> str:
    lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
    if result.returncode < 0:
        return f"it died by {signal.Signals(-result.returncode).name}"
    return lines[-1] if lines else f"it ended with status {result.returncode}"

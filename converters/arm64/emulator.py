"""Runs a .tflite file with the aarch64 wheel of a runtime on an emulated processor."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from converters.arm64.cpus import CpuName, find_cpu
from converters.arm64.plugin import InstructionCounts, ensure_plugin, read_counts
from converters.arm64.qemu import find_emulator
from converters.arm64.sysroot import ENVIRONMENT, ensure_sysroot
from converters.runtime.interpreters import Inputs, Runtime, open_model
from converters.tflite.tflite_file import Model, TFLiteFile
from tfsqueeze.utils.errors import UserError

# The interpreter's module by the name of the runtime.
RUNTIMES: dict[Runtime, str] = {
    "litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
}
_GUEST = Path(__file__).with_name("guest.py")


@dataclass(frozen=True)
class Arm64Run:
    """The result of a model on an emulated processor.

    Attributes:
        outputs: an array [n, ...] for each output, in the order of the file, not dequantized.
        counts: the instructions of each inference, in order; None where they were not counted.
            The first inference includes what happens once, such as packing weights. Each
            includes the call from Python, a few hundred instructions.
        log: what the runtime wrote to standard error.
    """

    outputs: tuple[np.ndarray, ...]
    counts: tuple[InstructionCounts, ...] | None
    log: str


def run_on_arm64(
    model: Model,
    inputs: Inputs,
    runtime: Runtime = "litert",
    cpu: CpuName = "cortex-a76",
    count: bool = False,
) -> Arm64Run:
    """Runs a .tflite file with one thread.

    The first call makes the sysroot (`ensure_sysroot`). The emulated Python takes seconds to
    start, and QEMU emulates float arithmetic one number at a time, so pass all rows in one call.

    Args:
        model: the bytes of a .tflite file, or its path.
        inputs: an array [n, ...] by input name; for a model of one input, the array itself. The
            model runs once for each batch of its own size, which is 1 for most models.
        runtime: one of `RUNTIMES`.
        cpu: one of `converters.arm64.cpus.CPUS`.
        count: whether to count instructions, which needs a C compiler.

    Returns:
        The outputs for all rows, and the instructions where they were counted.

    Raises:
        UserError: QEMU is not installed, the sysroot or plugin cannot be made, an argument is out
            of range, the inputs do not fit the model, or the runtime cannot load or run it.
    """
    find_emulator()
    module, processor = find_runtime(runtime), find_cpu(cpu)
    file = TFLiteFile.open(model)
    rows = open_model(file).checked_rows(inputs)
    if not len(next(iter(rows.values()))):
        raise UserError("the inputs have no rows; give at least one")
    sysroot = ensure_sysroot()
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-arm64-") as name:
        folder = Path(name)
        (folder / "model.tflite").write_bytes(file.content)
        np.savez(
            folder / "inputs.npz",
            **{f"input_{index}": values for index, values in enumerate(rows.values())},
        )
        counts = folder / "counts.txt"
        options = ["-plugin", f"{ensure_plugin()},output={counts}"] if count else []
        # -B: Python writes no compiled modules into the sysroot.
        command = [
            *sysroot.python(processor, *options),
            "-B",
            str(_GUEST),
            str(sysroot.packages),
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
            raise UserError(
                f"{runtime} on an emulated {cpu} cannot run {file.name}: {_reason(result)}"
            )
        with np.load(folder / "outputs.npz") as outputs:
            arrays = tuple(outputs[f"output_{index}"] for index in range(len(outputs)))
        return Arm64Run(arrays, read_counts(counts) if count else None, result.stderr)


def find_runtime(name: Runtime) -> str:
    """Returns the name of a runtime's interpreter module.

    Args:
        name: one of `RUNTIMES`.

    Raises:
        UserError: there is no runtime of that name.
    """
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

"""Runs Arm's compiler Vela (PyPI `ethos-u-vela`) and reads its reports.

Vela writes two CSV files. With `--verbose-performance` it writes a row for each operation that it
made (Target NPU or CPU), and without it a summary of memory, bandwidth and cycles.
"""

from __future__ import annotations

import csv
import dataclasses
import importlib.util
import sys
from pathlib import Path
from typing import Any

from converters.targets.compilers import run_compiler
from tfsqueeze.utils.errors import UserError


@dataclasses.dataclass(frozen=True)
class Accelerator:
    """An NPU in one of the systems of Vela's own configuration file, Arm/vela.ini.

    Attributes:
        name: name of the NPU, as `--accelerator-config` takes it.
        system_config: name of the system.
        memory_mode: name of the memory mode.
    """

    name: str
    system_config: str
    memory_mode: str


# Microcontrollers with the model in flash, and the U65 of a small Linux system.
ACCELERATORS = (
    Accelerator("ethos-u55-128", "Ethos_U55_High_End_Embedded", "Shared_Sram"),
    Accelerator("ethos-u65-256", "Ethos_U65_Embedded", "Shared_Sram"),
)


@dataclasses.dataclass(frozen=True)
class VelaEstimate:
    """What Vela reports of a compiled file: its estimates for one inference.

    Attributes:
        accelerator: name of the NPU.
        system_config: name of the system.
        memory_mode: name of the memory mode.
        npu_operations: number of operations on the NPU, after Vela split and fused the operators.
        sram_bytes: use of SRAM.
        flash_bytes: use of flash, on chip and off chip.
        dram_bytes: use of DRAM.
        cycles: cycles of the NPU.
        clock_hz: clock of the NPU.
        microseconds: time of the inference.
        macs: multiply-accumulates.
        cpu_outputs: names of the tensors that operators on the CPU compute.
    """

    accelerator: str
    system_config: str
    memory_mode: str
    npu_operations: int
    sram_bytes: int
    flash_bytes: int
    dram_bytes: int
    cycles: int
    clock_hz: float
    microseconds: float
    macs: int
    cpu_outputs: frozenset[str]

    def to_dict(self) -> dict[str, Any]:
        """Returns the numbers, without `cpu_outputs`, as a JSON-able dict."""
        facts = dataclasses.asdict(self)
        del facts["cpu_outputs"]
        return facts


def compile_for(model: Path, accelerator: Accelerator, folder: Path) -> VelaEstimate:
    """Compiles a .tflite file for one accelerator.

    Args:
        model: the file.
        accelerator: the NPU and its system.
        folder: where Vela writes MODEL_vela.tflite and its reports.

    Returns:
        What Vela reports.

    Raises:
        UserError: Vela is not installed, or refuses the file.
    """
    if importlib.util.find_spec("ethosu") is None:
        raise UserError(
            "Arm's compiler Vela is not installed; install the extra `ethos-u`: "
            "pip install 'tfsqueeze[ethos-u]'"
        )
    command = [sys.executable, "-m", "ethosu.vela", str(model), "--output-dir", str(folder)]
    command += ["--config", "Arm/vela.ini", "--accelerator-config", accelerator.name]
    command += ["--system-config", accelerator.system_config]
    command += ["--memory-mode", accelerator.memory_mode]
    for options in (["--verbose-performance"], []):
        run_compiler("Vela", [*command, *options], model)
    operations = _read_rows(folder / f"{model.stem}_per-layer.csv")
    (summary,) = _read_rows(folder / f"{model.stem}_summary_{accelerator.system_config}.csv")

    def memory_bytes(*kinds):
        # The summary counts in KiB.
        return round(1024 * sum(float(summary[f"{kind}_memory_used"]) for kind in kinds))

    return VelaEstimate(
        accelerator=accelerator.name,
        system_config=accelerator.system_config,
        memory_mode=accelerator.memory_mode,
        npu_operations=sum(row["Target"] == "NPU" for row in operations),
        sram_bytes=memory_bytes("sram"),
        flash_bytes=memory_bytes("on_chip_flash", "off_chip_flash"),
        dram_bytes=memory_bytes("dram"),
        cycles=round(float(summary["cycles_total"])),
        clock_hz=float(summary["core_clock"]),
        microseconds=1e6 * float(summary["inference_time"]),
        macs=int(summary["nn_macs"]),
        cpu_outputs=frozenset(row["Name"] for row in operations if row["Target"] == "CPU"),
    )


def _read_rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))
    except OSError:
        raise UserError(
            f"Vela did not write {path.name}; this project does not know this version of Vela, "
            "install ethos-u-vela 5.2"
        ) from None

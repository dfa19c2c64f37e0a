"""Runs Arm's compiler Vela (PyPI `ethos-u-vela`) and reads what it reports.

Vela reports in two CSV files: with `--verbose-performance` one line for each operation that it
made (Target NPU or CPU), and without it a summary of memory, bandwidth and cycles.
"""

from __future__ import annotations

import csv
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converters.targets.compilers import run_compiler
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class Accelerator:
    """An NPU in one of the systems of Vela's own configuration file, Arm/vela.ini."""

    name: str
    system_config: str
    memory_mode: str


# Microcontrollers with the model in flash, and the U65 of a small Linux system.
ACCELERATORS = (
    Accelerator("ethos-u55-128", "Ethos_U55_High_End_Embedded", "Shared_Sram"),
    Accelerator("ethos-u65-256", "Ethos_U65_Embedded", "Shared_Sram"),
)


def compile_for(model: Path, accelerator: Accelerator, folder: Path) -> dict[str, Any]:
    """Compiles a .tflite file into `folder` (as MODEL_vela.tflite) for one accelerator.

    Returns `accelerator`, `system_config`, `memory_mode`, `cpu_outputs` (names of the tensors that
    operators on the CPU make), `npu_operations`, `sram_bytes`, `flash_bytes`, `cycles`,
    `clock_hz`, `microseconds` and `macs`: Vela's estimates for one inference.

    Raises UserError where Vela is not installed or refuses the file.
    """
    if importlib.util.find_spec("ethosu") is None:
        raise UserError(
            "Arm's compiler Vela is not installed; install the extra `ethos-u`: "
            "pip install 'tfsqueeze[ethos-u]'"
        )
    for options in (["--verbose-performance"], []):
        run_compiler(
            "Vela",
            [
                sys.executable,
                "-m",
                "ethosu.vela",
                str(model),
                "--output-dir",
                str(folder),
                "--config",
                "Arm/vela.ini",
                "--accelerator-config",
                accelerator.name,
                "--system-config",
                accelerator.system_config,
                "--memory-mode",
                accelerator.memory_mode,
                *options,
            ],
            model,
        )
    operations = _rows(folder / f"{model.stem}_per-layer.csv")
    (summary,) = _rows(folder / f"{model.stem}_summary_{accelerator.system_config}.csv")
    return {
        "accelerator": accelerator.name,
        "system_config": accelerator.system_config,
        "memory_mode": accelerator.memory_mode,
        "cpu_outputs": [row["Name"] for row in operations if row["Target"] == "CPU"],
        "npu_operations": sum(row["Target"] == "NPU" for row in operations),
        # The summary counts memory in KiB.
        "sram_bytes": round(1024 * float(summary["sram_memory_used"])),
        "flash_bytes": round(
            1024
            * (
                float(summary["on_chip_flash_memory_used"])
                + float(summary["off_chip_flash_memory_used"])
            )
        ),
        "dram_bytes": round(1024 * float(summary["dram_memory_used"])),
        "cycles": round(float(summary["cycles_total"])),
        "clock_hz": float(summary["core_clock"]),
        "microseconds": 1e6 * float(summary["inference_time"]),
        "macs": int(summary["nn_macs"]),
    }


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))
    except OSError:
        raise UserError(
            f"Vela did not write {path.name}; this version of it is unknown here, "
            "install ethos-u-vela 5.2"
        ) from None

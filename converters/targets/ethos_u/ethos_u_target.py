"""Compiles a trained run, or checks any .tflite file, for Arm's Ethos-U NPUs."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.targets.ethos_u.vela import ACCELERATORS, VelaEstimate, compile_for
from converters.targets.target import (
    CheckResult,
    DeviceRow,
    ExportedFile,
    ExportOptions,
    ExportResult,
    OperatorRow,
    Target,
)
from converters.tflite.inspection import list_operators
from converters.tflite.tflite_file import Model, TFLiteFile
from tfsqueeze.tasks import TASKS
from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

MODEL_FILE, REPORT_FILE = "model.tflite", "ethos-u.json"


@dataclasses.dataclass(frozen=True)
class EthosUCheck(CheckResult):
    """Where Vela puts the operators of a file.

    Attributes:
        operators: a row for each operator, in the order of the file. All accelerators support
            the same operators.
        accelerators: Vela's estimates for each of `ACCELERATORS`.
    """

    accelerators: tuple[VelaEstimate, ...]

    def summary(self) -> dict[str, str]:
        """Returns lines to print, by their titles."""
        lines = {
            "operators on the NPU": f"{self.operators_on_device} of {len(self.operators)}",
            "multiply-accumulates on the NPU": f"{self.macs_on_device:,} of {self.macs:,} "
            f"({100 * self.mac_share:.1f} %)",
        }
        for estimate in self.accelerators:
            lines[estimate.accelerator] = (
                f"{estimate.sram_bytes / 1024:.0f} KiB SRAM, {estimate.cycles:,} cycles, "
                f"{estimate.microseconds:.0f} microseconds at {estimate.clock_hz / 1e6:.0f} MHz "
                f"(Vela's estimate, {estimate.system_config}, {estimate.memory_mode})"
            )
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Returns the result as a JSON-able dict."""
        return {
            "target": "ethos-u",
            "operators": [row.to_dict() for row in self.operators],
            "operators_on_npu": self.operators_on_device,
            "macs": self.macs,
            "macs_on_npu": self.macs_on_device,
            "accelerators": [estimate.to_dict() for estimate in self.accelerators],
            "mac_share": self.mac_share,
            "summary": self.summary(),
        }


class EthosUTarget(Target):
    """Exports the int8 file, compiled by Vela for each of `ACCELERATORS`.

    The folder of each accelerator holds what Vela wrote: model_vela.tflite for TensorFlow Lite
    Micro with the Ethos-U driver, and Vela's CSV reports. ethos-u.json holds the result of
    `check`.
    """

    name = "ethos-u"
    title = "Arm Ethos-U"
    supported_tasks = frozenset(TASKS)
    supports_pairs = True

    def _export(self, run: TrainedRun, folder: Path, options: ExportOptions) -> ExportResult:
        # The conversion imports TensorFlow, which `check` does without.
        from converters.conversion.runs import convert_run

        model = folder / MODEL_FILE
        model.write_bytes(convert_run(run, [options.max_length]))
        check = _compile(model, folder)
        facts = check.to_dict()
        (folder / REPORT_FILE).write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
        return ExportResult(
            target=self.name,
            summary=check.summary(),
            files=tuple(
                ExportedFile.from_path(path, folder)
                for path in sorted(folder.rglob("*"))
                if path.is_file()
            ),
            devices=tuple(_device_row(check, estimate, folder) for estimate in check.accelerators),
            details=facts,
        )

    def check(self, model: Model) -> EthosUCheck:
        """Compiles any .tflite file by Vela, and says where its operators run.

        Args:
            model: the bytes of a .tflite file, or its path.

        Returns:
            A row for each operator, and Vela's estimates for each of `ACCELERATORS`.

        Raises:
            UserError: Vela is not installed, or refuses the file.
        """
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / MODEL_FILE
            path.write_bytes(TFLiteFile.open(model).content)
            return _compile(path, Path(folder))


def _compile(model: Path, folder: Path) -> EthosUCheck:
    """Compiles a file for each accelerator, each into its own folder."""
    estimates = tuple(
        compile_for(model, accelerator, folder / accelerator.name) for accelerator in ACCELERATORS
    )
    cpu_outputs = frozenset().union(*(estimate.cpu_outputs for estimate in estimates))
    return EthosUCheck(_operator_rows(model, cpu_outputs), estimates)


def _operator_rows(model: Path, cpu_outputs: Collection[str]) -> tuple[OperatorRow, ...]:
    """Returns the operators of a file; Vela names those on the CPU by their outputs."""
    rows = []
    for operator in list_operators(model):
        if not operator.outputs or operator.outputs[0].name in cpu_outputs:
            row = OperatorRow.from_operator(operator, "CPU", "Vela leaves it to the CPU")
        else:
            row = OperatorRow.from_operator(operator, "NPU", "")
        rows.append(row)
    unknown = sorted(set(cpu_outputs) - {row.output for row in rows})
    if unknown:
        raise UserError(
            f"Vela leaves {unknown[0]!r} to the CPU, which no operator of the file computes; "
            "this project does not know this version of Vela, install ethos-u-vela 5.2"
        )
    return tuple(rows)


def _device_row(check: EthosUCheck, estimate: VelaEstimate, folder: Path) -> DeviceRow:
    compiled = folder / estimate.accelerator / f"{Path(MODEL_FILE).stem}_vela.tflite"
    return DeviceRow(
        device=f"{estimate.accelerator}, by Vela",
        operators=len(check.operators),
        operators_on_device=check.operators_on_device,
        macs=check.macs,
        macs_on_device=check.macs_on_device,
        model_bytes=compiled.stat().st_size,
        memory=f"{estimate.sram_bytes / 1024:.0f} KiB SRAM",
        microseconds=estimate.microseconds,
    )

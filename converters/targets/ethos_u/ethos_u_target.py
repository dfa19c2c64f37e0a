"""A trained run compiled for Arm's Ethos-U, and a check of any .tflite file."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.targets.ethos_u.vela import ACCELERATORS, compile_for
from converters.tflite.inspection import list_operators
from converters.tflite.operator_macs import count_operator_macs
from converters.tflite.tflite_file import Model, read_model
from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

MODEL_FILE, REPORT_FILE = "model.tflite", "ethos-u.json"


def export(run: TrainedRun, folder: Path, max_length: int | None = None) -> dict[str, Any]:
    """Writes the run's int8 file, compiled by Vela for each of `ACCELERATORS`.

    A folder ACCELERATOR for each holds what Vela wrote: model_vela.tflite for TensorFlow Lite
    Micro with the Ethos-U driver, and its CSV reports. ethos-u.json has the facts returned.

    max_length: the static length in tokens; that of training by default.

    Returns the facts of `check` and those that every target has (`converters.targets.registry`).

    Raises UserError where Vela is not installed or refuses the file.
    """
    # Brings TensorFlow, which a check does without.
    from converters.conversion.runs import convert_run

    model = folder / MODEL_FILE
    model.write_bytes(convert_run(run, [max_length] if max_length else ()))
    facts = _compile(model, folder)
    (folder / REPORT_FILE).write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    facts["files"] = [
        {"name": str(path.relative_to(folder)), "bytes": path.stat().st_size}
        for path in sorted(folder.rglob("*.tflite"))
    ]
    facts["devices"] = [
        {
            "device": f"{found['accelerator']}, by Vela",
            "operators": len(facts["operators"]),
            "operators_on_device": facts["operators_on_npu"],
            "macs": facts["macs"],
            "macs_on_device": facts["macs_on_npu"],
            "model_bytes": _compiled(folder, found["accelerator"]).stat().st_size,
            "memory": f"{found['sram_bytes'] / 1024:.0f} KiB SRAM",
            "microseconds": found["microseconds"],
        }
        for found in facts["accelerators"]
    ]
    return facts


def check(model: Model) -> dict[str, Any]:
    """Compiles a .tflite file, bytes or a path, by Vela for each of `ACCELERATORS`.

    Returns JSON-able facts: `operators`, each with `index`, `name`, `output`, `shape`,
    `placement` (NPU or CPU), `reason` and `macs`; `operators_on_npu`, `macs`, `macs_on_npu`,
    `mac_share`; `accelerators`, Vela's estimates for each; and `summary`.

    Raises as `export`.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL_FILE
        path.write_bytes(read_model(model))
        return _compile(path, Path(folder))


def _compile(model: Path, folder: Path) -> dict[str, Any]:
    found = [
        compile_for(model, accelerator, folder / accelerator.name) for accelerator in ACCELERATORS
    ]
    # All take the same operators.
    rows = _place(model, {name for facts in found for name in facts.pop("cpu_outputs")})
    macs = sum(row["macs"] for row in rows)
    on_npu = [row for row in rows if row["placement"] == "NPU"]
    facts = {
        "target": "ethos-u",
        "operators": rows,
        "operators_on_npu": len(on_npu),
        "macs": macs,
        "macs_on_npu": sum(row["macs"] for row in on_npu),
        "accelerators": found,
    }
    facts["mac_share"] = facts["macs_on_npu"] / macs if macs else 0.0
    facts["summary"] = _summary(facts)
    return facts


def _compiled(folder: Path, accelerator: str) -> Path:
    return folder / accelerator / f"{Path(MODEL_FILE).stem}_vela.tflite"


def _place(model: Path, cpu_outputs: set[str]) -> list[dict[str, Any]]:
    """Finds the operators of the file that Vela names by their outputs."""
    rows, unknown = [], set(cpu_outputs)
    for operator in list_operators(model):
        output = operator.outputs[0]
        on_cpu = output.name in cpu_outputs
        unknown.discard(output.name)
        rows.append(
            {
                "index": operator.index,
                "name": operator.name,
                "output": output.name,
                "shape": list(output.shape),
                "placement": "CPU" if on_cpu else "NPU",
                "reason": "Vela leaves it to the CPU" if on_cpu else "",
                "macs": count_operator_macs(operator),
                "inputs": [tensor.index for tensor in operator.inputs if not tensor.is_constant],
                "outputs": [tensor.index for tensor in operator.outputs],
            }
        )
    if unknown:
        raise UserError(
            f"Vela leaves {sorted(unknown)[0]!r} to the CPU, which no operator of the "
            "file makes; this version of it is unknown here, install ethos-u-vela 5.2"
        )
    return rows


def _summary(facts: dict[str, Any]) -> dict[str, str]:
    rows = facts["operators"]
    lines = {
        "operators on the NPU": f"{facts['operators_on_npu']} of {len(rows)}",
        "multiply-accumulates on the NPU": f"{facts['macs_on_npu']:,} of {facts['macs']:,} "
        f"({100 * facts['mac_share']:.1f} %)",
    }
    for found in facts["accelerators"]:
        lines[found["accelerator"]] = (
            f"{found['sram_bytes'] / 1024:.0f} KiB SRAM, {found['cycles']:,} cycles, "
            f"{found['microseconds']:.0f} microseconds at {found['clock_hz'] / 1e6:.0f} MHz "
            f"(Vela's estimate, {found['system_config']}, {found['memory_mode']})"
        )
    return lines

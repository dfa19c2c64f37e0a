"""Coral's own compiler, where it is installed, and its log beside the prediction.

`edgetpu_compiler` is closed and distributed for x86-64 Debian by Coral alone. The parser follows
the log that version 16 prints with `-s`.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from converters.targets.compilers import run_compiler
from converters.targets.edgetpu.rules import MAPPED
from tfsqueeze.utils.errors import UserError

PROGRAM = "edgetpu_compiler"
_ROW = re.compile(r"^([A-Z][A-Z0-9_]*)\s+(\d+)\s+(\S.*?)\s*$", re.MULTILINE)
_UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_SIZE = r"([\d.]+)(B|KiB|MiB|GiB)"


def is_installed() -> bool:
    """Whether `edgetpu_compiler` is on PATH."""
    return shutil.which(PROGRAM) is not None


def compile_for_edgetpu(model: Path, folder: Path) -> dict[str, Any]:
    """Compiles a .tflite file into `folder`, as MODEL_edgetpu.tflite; returns `parse_log`'s facts.

    Raises UserError where the compiler refuses the file or takes more than ten minutes.
    """
    return parse_log(run_compiler(PROGRAM, [PROGRAM, "-s", "-o", str(folder), str(model)], model))


def parse_log(text: str) -> dict[str, Any]:
    """Reads what `edgetpu_compiler -s` prints.

    Returns `version`, `subgraphs`, `operators_on_tpu`, `operators_on_cpu`, `cached_bytes`,
    `streamed_bytes` and `operators`: `name`, `count`, `status` per line of its table.

    Raises UserError where the text has no such table.
    """
    rows = [
        {"name": name, "count": int(count), "status": status}
        for name, count, status in _ROW.findall(text)
    ]
    version = re.search(r"Edge TPU Compiler version (\S+)", text)
    if not rows or not version:
        raise UserError(f"the log of {PROGRAM} has no table of operators; run it with -s")

    def size(label):
        found = re.search(re.escape(label) + r":\s*" + _SIZE, text)
        return round(float(found[1]) * _UNITS[found[2]]) if found else 0

    def total(is_mapped):
        return sum(row["count"] for row in rows if (row["status"] == MAPPED) == is_mapped)

    subgraphs = re.search(r"Number of Edge TPU subgraphs: (\d+)", text)
    return {
        "version": version[1],
        "subgraphs": int(subgraphs[1]) if subgraphs else 0,
        "operators_on_tpu": total(True),
        "operators_on_cpu": total(False),
        "cached_bytes": size("On-chip memory used for caching model parameters"),
        "streamed_bytes": size("Off-chip memory used for streaming uncached model parameters"),
        "operators": rows,
    }


def compare(prediction: Mapping[str, Any], log: Mapping[str, Any]) -> dict[str, Any]:
    """Holds a prediction of `check_edgetpu` against a compiler's log, kind by kind.

    Returns `agrees`, and `operators`: `name`, `predicted_on_tpu`, `compiled_on_tpu`, `total`.
    """
    predicted = Counter(row["name"] for row in prediction["operators"] if row["placement"] == "TPU")
    total = Counter(row["name"] for row in prediction["operators"])
    compiled: Counter[str] = Counter()
    for row in log["operators"]:
        if row["status"] == MAPPED:
            compiled[row["name"]] += row["count"]
    rows = [
        {
            "name": name,
            "predicted_on_tpu": predicted[name],
            "compiled_on_tpu": compiled[name],
            "total": total[name],
        }
        for name in sorted({*total, *compiled})
    ]
    return {
        "agrees": all(row["predicted_on_tpu"] == row["compiled_on_tpu"] for row in rows),
        "version": log["version"],
        "operators": rows,
    }

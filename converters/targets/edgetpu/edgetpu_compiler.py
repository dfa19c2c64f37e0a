"""Runs Coral's compiler where it is installed, and compares its log with the prediction.

`edgetpu_compiler` is closed source; Coral alone distributes it, for x86-64 Debian. The parser
follows the log that version 16 prints with `-s`.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from converters.targets.compilers import run_compiler
from converters.targets.edgetpu.rules import MAPPED
from converters.targets.target import OperatorRow
from tfsqueeze.utils.errors import UserError

PROGRAM = "edgetpu_compiler"
_ROW = re.compile(r"^([A-Z][A-Z0-9_]*)\s+(\d+)\s+(\S.*?)\s*$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class LoggedOperators:
    """A line in the log's table of operators.

    Attributes:
        name: name of the operation.
        count: number of operators.
        status: what the compiler did with them, in its words.
    """

    name: str
    count: int
    status: str


@dataclasses.dataclass(frozen=True)
class CompilerLog:
    """What `edgetpu_compiler -s` printed.

    Attributes:
        version: version of the compiler.
        operators: the table of operators.
    """

    version: str
    operators: tuple[LoggedOperators, ...]


@dataclasses.dataclass(frozen=True)
class OperatorComparison:
    """How many operators of one name run on the TPU.

    Attributes:
        name: name of the operation.
        predicted_on_tpu: number on the TPU by the prediction.
        compiled_on_tpu: number on the TPU by the compiler's log.
        total: number in the file.
    """

    name: str
    predicted_on_tpu: int
    compiled_on_tpu: int
    total: int


@dataclasses.dataclass(frozen=True)
class CompilerComparison:
    """A prediction beside the compiler's log.

    Attributes:
        version: version of the compiler.
        operators: the comparison of each operation, sorted by name.
    """

    version: str
    operators: tuple[OperatorComparison, ...]

    @property
    def agrees(self) -> bool:
        """Whether the prediction and the log agree on all operations."""
        return all(row.predicted_on_tpu == row.compiled_on_tpu for row in self.operators)

    def to_dict(self) -> dict[str, Any]:
        """Returns the comparison as a JSON-able dict."""
        return {"agrees": self.agrees, **dataclasses.asdict(self)}


def is_installed() -> bool:
    """Returns whether `edgetpu_compiler` is on PATH."""
    return shutil.which(PROGRAM) is not None


def compile_for_edgetpu(model: Path, folder: Path) -> CompilerLog:
    """Compiles a .tflite file.

    Args:
        model: the file.
        folder: where the compiler writes MODEL_edgetpu.tflite.

    Returns:
        What the compiler printed.

    Raises:
        UserError: the compiler refuses the file, or takes more than ten minutes.
    """
    return parse_log(run_compiler(PROGRAM, [PROGRAM, "-s", "-o", str(folder), str(model)], model))


def parse_log(text: str) -> CompilerLog:
    """Parses what `edgetpu_compiler -s` prints.

    Args:
        text: the compiler's standard output.

    Raises:
        UserError: the text has no table of operators.
    """
    rows = tuple(
        LoggedOperators(name, int(count), status) for name, count, status in _ROW.findall(text)
    )
    version = re.search(r"Edge TPU Compiler version (\S+)", text)
    if not rows or not version:
        raise UserError(f"the log of {PROGRAM} has no table of operators; run it with -s")
    return CompilerLog(version[1], rows)


def compare(prediction: Sequence[OperatorRow], log: CompilerLog) -> CompilerComparison:
    """Compares a prediction with a compiler's log.

    The log has no line for each operator, so the comparison counts the operators of each name.

    Args:
        prediction: the rows of `check_edgetpu`.
        log: the log of the same file.
    """
    predicted = Counter(row.name for row in prediction if row.is_on_device)
    total = Counter(row.name for row in prediction)
    compiled: Counter[str] = Counter()
    for line in log.operators:
        if line.status == MAPPED:
            compiled[line.name] += line.count
    return CompilerComparison(
        version=log.version,
        operators=tuple(
            OperatorComparison(name, predicted[name], compiled[name], total[name])
            for name in sorted({*total, *compiled})
        ),
    )

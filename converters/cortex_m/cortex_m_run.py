"""Measures the plain C of a run on emulated microcontrollers."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from converters.cortex_m.cortex_m_emulator import CpuName, code_bytes, compile_program, run_program
from converters.targets.micro.plain_c import PlainC
from converters.targets.micro.plain_c_program import (
    Span,
    read_outputs,
    write_program,
    write_texts,
)


@dataclass(frozen=True)
class CortexMRun:
    """What a processor computed, and the instructions that it took.

    Attributes:
        outputs: int8 [rows, numbers] by the output's name.
        spans: the spans in the text of each row; see `ProgramOutputs`.
        instructions: for each row, from the bytes of its texts to what they are decoded to.
        flash_bytes: code and constants of the program, the C library included.
    """

    outputs: dict[str, np.ndarray]
    spans: list[list[Span]]
    instructions: tuple[int, ...]
    flash_bytes: int


def run_on_cortex_m(
    sources: PlainC, rows: Sequence[Sequence[str]], cpu: CpuName, options: Sequence[str] = ("-O2",)
) -> CortexMRun:
    """Runs texts on an emulated processor.

    Args:
        sources: the C of a run.
        rows: one or two texts for each row.
        cpu: the processor. `cortex-m4` has the DSP instructions, `cortex-m3` has not.
        options: options of gcc.

    Raises:
        UserError: a tool is not installed, or the program fails.
    """
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-cortex-m-") as name:
        folder = Path(name)
        files = write_program(sources, folder)
        write_texts(rows, folder)
        program = folder / "program.elf"
        compile_program(files, program, cpu, options)
        instructions = run_program(program, cpu, folder)
        found = read_outputs(sources, len(rows), folder)
        return CortexMRun(found.outputs, found.spans, tuple(instructions), code_bytes(program))

"""Measures the plain C of a run on emulated microcontrollers."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from converters.cortex_m.cortex_m_emulator import CpuName, code_bytes, compile_program, run_program
from converters.targets.micro.plain_c import PlainC
from converters.targets.micro.plain_c_program import read_logits, write_input, write_program


@dataclass(frozen=True)
class CortexMRun:
    """What a processor computed, and the instructions that it took.

    Attributes:
        logits: int8 [texts, labels].
        instructions: for each text, from its bytes to its label.
        flash_bytes: code and constants of the program, the C library included.
    """

    logits: np.ndarray
    instructions: tuple[int, ...]
    flash_bytes: int


def run_on_cortex_m(
    sources: PlainC, texts: Sequence[str], cpu: CpuName, options: Sequence[str] = ("-O2",)
) -> CortexMRun:
    """Classifies texts on an emulated processor.

    Args:
        sources: the C of a run.
        texts: the texts.
        cpu: the processor. `cortex-m4` has the DSP instructions, `cortex-m3` has not.
        options: options of gcc.

    Raises:
        UserError: a tool is not installed, or the program fails.
    """
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-cortex-m-") as name:
        folder = Path(name)
        files = write_program(sources.texts, folder)
        write_input(texts, folder)
        program = folder / "program.elf"
        compile_program(files, program, cpu, options)
        instructions = run_program(program, cpu, folder)
        return CortexMRun(read_logits(len(texts), folder), tuple(instructions), code_bytes(program))

"""Compiles C programs for a Cortex-M, and runs them on an emulated board."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from converters.arm64.plugin import ensure_plugin
from tfsqueeze.utils.errors import UserError

CpuName = Literal["cortex-m3", "cortex-m4"]
# QEMU's boards: Arm's MPS2 with the images AN385 and AN386.
BOARDS: dict[CpuName, str] = {"cortex-m3": "mps2-an385", "cortex-m4": "mps2-an386"}
_COMPILER, _EMULATOR = "arm-none-eabi-gcc", "qemu-system-arm"
_CPP_COMPILER = "arm-none-eabi-g++"
# So that the program has only what it calls.
_SECTIONS = ("-ffunction-sections", "-fdata-sections")
_FOLDER = Path(__file__).parent
_TIMEOUT_SECONDS = 1800


def find_tools() -> None:
    """Raises an error where a tool is missing.

    Raises:
        UserError: Arm's compiler or QEMU is not installed.
    """
    missing = [tool for tool in (_COMPILER, _EMULATOR) if shutil.which(tool) is None]
    if missing:
        raise UserError(
            f"{' and '.join(missing)} cannot be found; on Debian: apt-get install "
            "gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm"
        )


def compile_program(
    sources: Sequence[Path],
    program: Path,
    cpu: CpuName,
    options: Sequence[str] = ("-O2",),
    libraries: Sequence[Path] = (),
) -> None:
    """Compiles C99 and C++17 sources to a program for a board of `BOARDS`.

    Args:
        sources: the files to compile, of which those named `.cc` are C++; one has `main`.
        program: the file to write; objects are written beside it.
        cpu: one of `BOARDS`.
        options: further options of gcc.
        libraries: static libraries to link.

    Raises:
        UserError: Arm's compiler or QEMU is not installed, or the compiler refuses the sources.
    """
    find_tools()
    processor = (f"-mcpu={cpu}", "-mthumb", *_SECTIONS, *options)
    inputs = []
    for source in sources:
        if source.suffix != ".cc":
            inputs.append(source)
            continue
        inputs.append(program.with_name(f"{source.stem}.o"))
        _compile(
            _CPP_COMPILER,
            *processor,
            "-std=c++17",
            "-fno-exceptions",
            "-fno-rtti",
            "-fno-threadsafe-statics",
            *("-c", str(source), "-o", str(inputs[-1])),
        )
    _compile(
        _COMPILER,
        *processor,
        "-std=c99",
        "-Wl,--gc-sections",
        *map(str, inputs),
        str(_FOLDER / "startup.c"),
        *map(str, libraries),
        *(("-lstdc++", "-lm") if libraries else ()),
        "--specs=rdimon.specs",
        *("-T", str(_FOLDER / "mps2.ld")),
        *("-o", str(program)),
    )


def _compile(compiler: str, *arguments: str) -> None:
    result = subprocess.run([compiler, *arguments], capture_output=True, text=True, check=False)
    if result.returncode:
        lines = [x for x in result.stderr.splitlines() if "error" in x or "undefined" in x]
        raise UserError(f"{compiler} refused the sources: {(lines or [result.stderr])[0]}")


def run_program(program: Path, cpu: CpuName, folder: Path) -> list[int]:
    """Runs a program that reads and writes files of a folder.

    Args:
        program: what `compile_program` wrote.
        cpu: the processor that it was compiled for.
        folder: where it finds and leaves its files.

    Returns:
        The instructions between each first and second mark (`dbg #7`) of the program, in order.

    Raises:
        UserError: QEMU or a C compiler is not installed, or the program fails.
    """
    find_tools()
    counts = folder / "counts.txt"
    plugin = ensure_plugin(_FOLDER / "count_instructions.c")
    result = subprocess.run(
        [
            _EMULATOR,
            "-M",
            BOARDS[cpu],
            "-nographic",
            "-monitor",
            "none",
            "-serial",
            "none",
            "-semihosting-config",
            "enable=on,target=native",
            "-plugin",
            f"{plugin},output={counts}",
            "-kernel",
            str(program),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_SECONDS,
    )
    if result.returncode:
        lines = (result.stdout + result.stderr).strip().splitlines() or ["it printed nothing"]
        raise UserError(
            f"the program on an emulated {cpu} ended with {result.returncode}: {lines[-1]}"
        )
    marks = [int(line) for line in counts.read_text("ascii").split()]
    return [end - start for start, end in zip(marks[::2], marks[1::2], strict=True)]


def code_bytes(program: Path) -> int:
    """Returns the size of a program's code and constants.

    Args:
        program: what `compile_program` wrote.

    Raises:
        UserError: Arm's tools are not installed.
    """
    find_tools()
    command = ["arm-none-eabi-size", str(program)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return int(lines[1].split()[0])

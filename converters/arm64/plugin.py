"""Compiles QEMU plugins that count instructions, and reads the counts of the one here."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tfsqueeze.utils.archives import cache_dir
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

_SOURCE = Path(__file__).with_name("count_instruction_classes.c")


@dataclass(frozen=True)
class InstructionCounts:
    """Instructions that one inference executed, by the encoding of A64 instructions.

    Attributes:
        total: all instructions.
        simd: data processing on vector and floating-point registers, with dot products.
        dot_product: SDOT and UDOT, with 16 int8 multiply-accumulates each on 128-bit registers.
        memory: loads and stores, also of vectors.
    """

    total: int
    simd: int
    dot_product: int
    memory: int


def ensure_plugin(source: Path | None = None) -> Path:
    """Returns the path of a compiled plugin in the cache; compiles it on first use.

    Args:
        source: the C source; by default the plugin for AArch64.

    Raises:
        UserError: there is no C compiler, or it failed.
    """
    source = source or _SOURCE
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:10]
    path = cache_dir() / "arm64" / f"{source.stem}-{digest}.so"
    if path.is_file():
        return path
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise UserError(
            "counting instructions needs a C compiler; "
            "install one, on Debian: apt-get install gcc libc6-dev"
        )
    with write_atomically(path) as temporary:
        result = subprocess.run(
            [compiler, "-O2", "-fPIC", "-shared", "-o", str(temporary), str(source)],
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            lines = result.stderr.splitlines() or ["no reason given"]
            raise UserError(f"{compiler} cannot compile {source} ({lines[0]})")
    return path


def read_counts(path: Path) -> tuple[InstructionCounts, ...]:
    """Reads the counts of each inference.

    Args:
        path: a file that the plugin wrote. Its lines are running totals: one before an
            inference, one after it, and so on.
    """
    lines = [
        [int(word) for word in line.split()]
        for line in path.read_text(encoding="ascii").splitlines()
    ]
    return tuple(
        InstructionCounts(*(end - start for start, end in zip(before, after, strict=True)))
        for before, after in zip(lines[::2], lines[1::2], strict=True)
    )

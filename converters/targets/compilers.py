"""Compilers of other vendors, run on a .tflite file."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tfsqueeze.utils.errors import UserError

_TIMEOUT_SECONDS = 600


def run_compiler(name: str, command: Sequence[str], model: Path) -> str:
    """Returns what a compiler prints on standard output.

    name: what it is called in messages. model: the file that the command names.

    Raises UserError where it refuses the file or takes more than ten minutes.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        raise UserError(
            f"{name} took more than {_TIMEOUT_SECONDS} seconds on {model}; "
            "try a smaller model or a shorter max_length"
        ) from None
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines() or ["it printed nothing"]
        raise UserError(f"{name} refused {model}: {lines[-1]}")
    return done.stdout

"""Runs the compiler of a vendor on a .tflite file."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tfsqueeze.utils.errors import UserError

_TIMEOUT_SECONDS = 600


def run_compiler(name: str, command: Sequence[str], model: Path) -> str:
    """Runs a compiler and returns its standard output.

    Args:
        name: the compiler's name in error messages.
        command: the program and its arguments.
        model: the file that the command compiles, for error messages.

    Raises:
        UserError: the compiler refuses the file, or takes more than ten minutes.
    """
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        raise UserError(
            f"{name} took more than {_TIMEOUT_SECONDS} seconds on {model}; "
            "try a smaller model or a shorter max_length"
        ) from None
    if result.returncode:
        lines = (result.stdout + result.stderr).strip().splitlines() or ["it printed nothing"]
        raise UserError(f"{name} refused {model}: {lines[-1]}")
    return result.stdout

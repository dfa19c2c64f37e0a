"""QEMU's user-mode emulator of AArch64, which runs one program on the host's kernel."""

from __future__ import annotations

import shutil
import subprocess

from tfsqueeze.utils.errors import UserError

_PROGRAM = "qemu-aarch64"


def find_emulator() -> str:
    """The path of the emulator. Raises UserError where it is not installed."""
    path = shutil.which(_PROGRAM)
    if path is None:
        raise UserError(
            f"{_PROGRAM} is not installed; on Debian: apt-get install qemu-user "
            "(qemu-user-static cannot count instructions)"
        )
    return path


def emulator_version() -> str:
    """What the emulator says of its version, in one line."""
    answer = subprocess.run(
        [find_emulator(), "--version"], capture_output=True, text=True, check=True
    )
    return answer.stdout.splitlines()[0]

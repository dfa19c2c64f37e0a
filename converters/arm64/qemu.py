"""Finds QEMU's user-mode emulator of AArch64, which runs one program on the host's kernel."""

from __future__ import annotations

import shutil
import subprocess

from tfsqueeze.utils.errors import UserError

_PROGRAM = "qemu-aarch64"


def find_emulator() -> str:
    """Returns the path of the emulator.

    Raises:
        UserError: the emulator is not installed.
    """
    path = shutil.which(_PROGRAM)
    if path is None:
        raise UserError(
            f"{_PROGRAM} is not installed; on Debian: apt-get install qemu-user "
            "(qemu-user-static cannot count instructions)"
        )
    return path


def emulator_version() -> str:
    """Returns the line in which the emulator prints its version.

    Raises:
        UserError: the emulator is not installed.
    """
    result = subprocess.run(
        [find_emulator(), "--version"], capture_output=True, text=True, check=True
    )
    return result.stdout.splitlines()[0]

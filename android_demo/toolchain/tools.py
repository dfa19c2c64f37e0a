"""Programs that the tool chain runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tfsqueeze.utils.errors import UserError


def run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> str:
    """Runs a program, with further variables of the environment, and returns what it printed.

    Raises UserError, with the program's own words, where it is not installed or fails.
    """
    name = Path(command[0]).name
    try:
        result = subprocess.run(
            [str(part) for part in command],
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
    except FileNotFoundError as error:
        raise UserError(f"{name} is not installed; on Debian `make android` installs it") from error
    if result.returncode:
        raise UserError(f"{name} failed:\n{result.stdout.strip()}")
    return result.stdout


def java(
    class_path: Sequence[Path],
    main: str,
    *arguments: str | Path,
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> str:
    """Runs a Java program, with options of the virtual machine, and returns what it printed.

    Raises as `run`.
    """
    # The quick compiler alone: these programs end before the better one pays.
    return run(
        [
            "java",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            *options,
            "-cp",
            os.pathsep.join(map(str, class_path)),
            main,
            *arguments,
        ],
        environment,
    )

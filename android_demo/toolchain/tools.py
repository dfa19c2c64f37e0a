"""Runs the programs of the tool chain."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tfsqueeze.utils.errors import UserError


def run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> str:
    """Runs a program.

    Args:
        command: the program and its arguments.
        environment: variables to add to the environment.

    Returns:
        The program's output, on stdout and stderr together.

    Raises:
        UserError: the program is not installed, or fails; the message contains its output.
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
    """Runs a Java program.

    Args:
        class_path: jars, and folders of classes.
        main: the class to run.
        arguments: the program's arguments.
        options: options of the virtual machine.
        environment: variables to add to the environment.

    Returns:
        The program's output, on stdout and stderr together.

    Raises:
        UserError: Java is not installed, or the program fails.
    """
    # Only the quick compiler: these programs end before the better one pays.
    machine = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", *options]
    path = os.pathsep.join(map(str, class_path))
    return run([*machine, "-cp", path, main, *arguments], environment)

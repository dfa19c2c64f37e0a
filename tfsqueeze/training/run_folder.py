"""What a run keeps in its folder beside its models: its settings, and the time that it took."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

FORMAT_VERSION = 1
_SETTINGS_FILE = "run.json"
_LOCK_FILE = ".lock"


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Keeps other processes from writing to the folder of a run.

    The system drops the lock when the process ends, however it ends.

    Args:
        folder: the folder, which is made if it is missing.

    Raises:
        UserError: another process writes to the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK_FILE).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise UserError(
                f"process {file.read().strip() or 'of another machine'} trains in {folder}; wait "
                "until it ends, or choose another folder"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def claim_folder(folder: Path, settings: dict[str, Any]) -> None:
    """Writes the settings of a run to its folder, or compares them with those that it holds.

    Args:
        folder: the folder of the run.
        settings: JSON-able settings.

    Raises:
        UserError: the folder holds a run with other settings.
    """
    path = folder / _SETTINGS_FILE
    if not path.exists():
        with write_atomically(path) as temporary:
            claim = {"format_version": FORMAT_VERSION, **settings}
            temporary.write_text(json.dumps(claim, indent=2) + "\n", "utf-8")
        return
    found = read_settings(folder)
    settings = json.loads(json.dumps(settings))
    for name, value in settings.items():
        if found.get(name) != value:
            raise UserError(
                f"{folder} holds a run with other {name}; "
                "choose another folder, or remove that one to train anew"
            )


def read_settings(folder: Path) -> dict[str, Any]:
    """Returns the settings that `claim_folder` wrote.

    Raises:
        UserError: another version of tfsqueeze wrote them.
    """
    settings = json.loads((folder / _SETTINGS_FILE).read_text("utf-8"))
    if settings.get("format_version") != FORMAT_VERSION:
        raise UserError(
            f"{folder / _SETTINGS_FILE} has format_version {settings.get('format_version')}, and "
            f"this tfsqueeze reads {FORMAT_VERSION}; train the run again"
        )
    return settings


class Seconds:
    """The wall time of each stage, added up over interruptions.

    Args:
        path: the JSON file that keeps the times.

    Attributes:
        values: seconds by the stage's name.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.values: dict[str, float] = json.loads(path.read_text("utf-8")) if path.exists() else {}

    @contextlib.contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Adds the time that the context takes to a stage's."""
        start = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - start
            self.values[name] = round(self.values.get(name, 0.0) + took, 2)
            with write_atomically(self._path) as temporary:
                temporary.write_text(json.dumps(self.values, indent=2) + "\n", "utf-8")

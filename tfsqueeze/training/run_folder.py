"""What a run keeps in its folder beside its models: its settings, and the time that it took."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

FORMAT_VERSION = 1
_SETTINGS_FILE = "run.json"


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

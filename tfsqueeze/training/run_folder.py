"""What a run keeps in its folder beside its models: its settings, and the time it took."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically


def claim_folder(folder: Path, settings: dict) -> None:
    """Writes down the settings that a run in a folder has, or finds them there.

    Raises UserError where the folder holds a run with others.
    """
    path = folder / "run.json"
    if not path.exists():
        with write_atomically(path) as temporary:
            temporary.write_text(json.dumps(settings, indent=2) + "\n", "utf-8")
        return
    found = json.loads(path.read_text("utf-8"))
    settings = json.loads(json.dumps(settings))
    for name, value in settings.items():
        if found.get(name) != value:
            raise UserError(
                f"{folder} holds a run with other {name}; "
                "choose another folder, or remove that one to train anew"
            )


class Seconds:
    """Wall time per stage, added up over interruptions."""

    def __init__(self, path):
        self._path = path
        self.values = json.loads(path.read_text("utf-8")) if path.exists() else {}

    @contextlib.contextmanager
    def of(self, name):
        start = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - start
            self.values[name] = round(self.values.get(name, 0.0) + took, 2)
            with write_atomically(self._path) as temporary:
                temporary.write_text(json.dumps(self.values, indent=2) + "\n", "utf-8")

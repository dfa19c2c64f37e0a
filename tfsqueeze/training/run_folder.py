"""What a run keeps in its folder beside its models: its settings, and the time that it took."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tfsqueeze.checkpoints.model_sources import DECODING_FILE
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically
from tfsqueeze.utils.json_files import JsonValue, read_json, shown

FORMAT_VERSION = 1
SETTINGS_FILE = "run.json"
_LOCK_FILE = ".lock"
_DIGEST = "_digest"


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
                f"process {file.read().strip() or 'of another machine'} writes to {folder}; wait "
                "until it ends, or choose another folder"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def claim_folder(
    folder: Path, settings: dict[str, Any], notes: Mapping[str, Any] | None = None
) -> None:
    """Writes the settings of a run to its folder, or compares them with those that it holds.

    Args:
        folder: the folder of the run.
        settings: JSON-able settings. The name of a digest is that of what it is of, and `_digest`.
        notes: JSON-able values that are kept beside them, and never compared.

    Raises:
        UserError: the folder holds a run with other settings, or of an earlier version that kept no
            digest.
    """
    path = folder / SETTINGS_FILE
    if not path.exists():
        with write_atomically(path) as temporary:
            claim = {"format_version": FORMAT_VERSION, **settings, **(notes or {})}
            temporary.write_text(json.dumps(claim, indent=2) + "\n", "utf-8")
        return
    found = _read_settings(folder).object()
    settings = json.loads(json.dumps(settings))
    for name, value in settings.items():
        if found.get(name) != value:
            what = f"with other {name}"
            if name.endswith(_DIGEST):
                of = name.removesuffix(_DIGEST).replace("_", " ")
                what = f"with other {of}"
                if name not in found:
                    what = f"of an earlier version, which kept no digest of its {of}"
            raise UserError(
                f"{folder} holds a run {what}; "
                "choose another folder, or remove that one to train anew"
            )


@dataclasses.dataclass(frozen=True)
class RunSettings:
    """What a training run is of.

    Attributes:
        task: the name of the task.
        dataset: the name or path of the dataset.
        pairs: whether the model reads pairs of texts.
        options: the settings of the run.
    """

    task: str
    dataset: str
    pairs: bool
    options: TrainingOptions


def read_run_settings(folder: Path) -> RunSettings:
    """Returns the settings of a training run, which `claim_folder` wrote.

    Args:
        folder: the folder of the run.

    Raises:
        UserError: another version of tfsqueeze wrote them, or a field has another type. The message
            names the file and the field.
    """
    settings = _read_settings(folder)
    return RunSettings(
        settings.get("task").string(),
        settings.get("dataset").string(),
        settings.get("pairs").boolean(),
        TrainingOptions.from_json(settings.get("options")),
    )


def _read_settings(folder: Path) -> JsonValue:
    path = folder / SETTINGS_FILE
    settings = read_json(path)
    version = settings.object().get("format_version")
    if version != FORMAT_VERSION:
        raise UserError(
            f"{path} has format_version {shown(version)}, and this tfsqueeze reads "
            f"{FORMAT_VERSION}; train the run again"
        )
    return settings


def write_decoding(folder: Path, decoding: Mapping[str, Any]) -> None:
    """Writes what a run's predictions are decoded with, if there is anything.

    Args:
        folder: the folder of the run.
        decoding: JSON-able values; see `Task.with_decoding`.
    """
    if decoding:
        with write_atomically(folder / DECODING_FILE) as temporary:
            temporary.write_text(json.dumps(decoding, indent=2) + "\n", "utf-8")


def read_decoding(folder: Path) -> dict[str, Any]:
    """Returns what `write_decoding` wrote; nothing if it wrote nothing.

    Raises:
        UserError: the file is damaged.
    """
    path = folder / DECODING_FILE
    return read_json(path).object() if path.exists() else {}


class Seconds:
    """The wall time of each stage, added up over interruptions.

    Args:
        path: the JSON file that keeps the times.
        writes: whether to write it; of several workers, one does.

    Attributes:
        values: seconds by the stage's name.

    Raises:
        UserError: the file holds something else.
    """

    def __init__(self, path: Path, writes: bool = True) -> None:
        self._path, self._writes = path, writes
        self.values: dict[str, float] = {}
        if path.exists():
            seconds = read_json(path)
            self.values = {name: seconds.get(name).number() for name in seconds.object()}

    @contextlib.contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Adds the time that the context takes to a stage's."""
        start = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - start
            self.values[name] = round(self.values.get(name, 0.0) + took, 2)
            if self._writes:
                with write_atomically(self._path) as temporary:
                    temporary.write_text(json.dumps(self.values, indent=2) + "\n", "utf-8")

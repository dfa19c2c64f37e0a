"""Runs a function in a process of its own, and kills that at one of its steps or writes.

Python tells audit hooks (PEP 578) of each file that a process opens, renames or removes, so that
the process can be killed right before any of these.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Bit-identical results need one thread.
ONE_THREAD = dict.fromkeys(
    ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1"
)
os.environ.update(ONE_THREAD)
STEP, BACKUP = "faults.step", "faults.backup"
_CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir"}
_PRELOADED = [
    "converters.experiments.comparison",
    "converters.targets.android.android_target",
    "converters.targets.micro.micro_target",
    "tests.faults.commands",
]
_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT

_context = multiprocessing.get_context("forkserver")
# The processes are forks of one that has imported TensorFlow already.
_context.set_forkserver_preload(_PRELOADED)


def count_moments(function: Callable, folder: Path, *arguments: Any) -> list[str]:
    """Runs a function to its end, and returns the moments at which it can be killed.

    Args:
        function: importable by name; takes the folder and the arguments.
        folder: where it writes.
        *arguments: its other arguments.

    Returns:
        What happens after each moment: a file that is written or renamed, a step of the training.
    """
    with tempfile.TemporaryDirectory() as name:
        log = Path(name, "moments.json")
        process = _start(function, folder, arguments, None, log)
        process.join()
        assert process.exitcode == 0, f"{function.__name__} ended with {process.exitcode}"
        return json.loads(log.read_text())


def kill_at(moment: int, function: Callable, folder: Path, *arguments: Any) -> None:
    """Runs a function and kills it at a moment.

    Args:
        moment: the index of the moment in what `count_moments` returns.
        function: see `count_moments`.
        folder: see `count_moments`.
        *arguments: see `count_moments`.
    """
    process = _start(function, folder, arguments, moment, None)
    process.join()
    assert process.exitcode == -signal.SIGKILL, f"it ended with {process.exitcode}"


def _start(function, folder, arguments, moment, log):
    process = _context.Process(target=_run, args=(function, folder, arguments, moment, log))
    process.start()
    return process


def _run(function, folder, arguments, moment, log):
    moments = []
    inside = os.fspath(folder)

    def watch(event, details):
        what = _describe(event, details, inside)
        if what is None:
            return
        if len(moments) == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        moments.append(what)

    sys.addaudithook(watch)
    function(folder, *arguments)
    if log is not None:
        log.write_text(json.dumps(moments))


def _describe(event, details, inside):
    """Returns what an audit event is about to do in the folder; None if nothing."""
    if event in (STEP, BACKUP):
        return event
    if event == "ctypes.dlsym" and details[1] == "renameat2":
        return "swap of two folders"
    if event not in _CHANGES and event != "open":
        return None
    path = details[0]
    if not isinstance(path, str | bytes | os.PathLike) or not os.fsdecode(path).startswith(inside):
        return None
    if event == "open" and not (
        set(details[1] or "") & set("wax+") or (details[2] or 0) & _WRITE_FLAGS
    ):
        return None
    return f"{event} {os.path.relpath(os.fsdecode(path), inside)}"

"""The process that holds models of one runtime and runs them on command; without TensorFlow."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.backends import import_backend, open_model


def serve(connection: Connection, backend: str, num_threads: int, stderr_path: str) -> None:
    """Answers commands until told to stop: each is (name, arguments), each answer (ok, value).

    The process is pinned to as many cores as it has threads, where the system can pin. Its
    standard error goes to a file, for the parent to quote should the process die.
    """
    with open(stderr_path, "wb", buffering=0) as errors:
        os.dup2(errors.fileno(), 2)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:num_threads])
    holder = _Holder(backend, num_threads)
    while True:
        name, arguments = connection.recv()
        if name == "stop":
            return
        try:
            connection.send((True, getattr(holder, name)(*arguments)))
        except Exception as error:  # whatever the runtime raises becomes one line in the parent
            connection.send((False, " ".join(str(error).split()) or type(error).__name__))


class _Holder:
    def __init__(self, backend: str, num_threads: int) -> None:
        self._backend = backend
        self._num_threads = num_threads
        self._runners = []
        import_backend(backend)
        self._empty_bytes = _memory("VmRSS")

    def open(self, path: str, vocab_size: int) -> dict[str, float]:
        """Opens a model; milliseconds to open and of the first run."""
        start = time.perf_counter()
        run = open_model(path, self._backend, self._num_threads, vocab_size)
        opened = time.perf_counter()
        run()
        self._runners.append(run)
        return {
            "load_milliseconds": 1e3 * (opened - start),
            "first_run_milliseconds": 1e3 * (time.perf_counter() - opened),
        }

    def run(self, index: int, seconds: float) -> float:
        """Returns the median time of a model in milliseconds.

        It runs once unmeasured, since other models had the caches, then for about `seconds` and
        at least once.
        """
        run = self._runners[index]
        run()
        taken = []
        begin = time.perf_counter()
        while not taken or time.perf_counter() - begin < seconds:
            start = time.perf_counter()
            run()
            taken.append(1e3 * (time.perf_counter() - start))
        return statistics.median(taken)

    def memory(self) -> dict[str, int | None]:
        """Bytes: the most ever resident, and what the runtime alone had resident."""
        return {"peak_bytes": _memory("VmHWM"), "empty_bytes": self._empty_bytes}


def _memory(field: str) -> int | None:
    """A field of this process's status in bytes; None where the system has no such file."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(field))


def error_file() -> str:
    """A new empty file for a worker's standard error."""
    descriptor, path = tempfile.mkstemp(suffix=".stderr")
    os.close(descriptor)
    return path

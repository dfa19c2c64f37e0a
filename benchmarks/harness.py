"""Measures models side by side in one run, each in a process of its own.

One model lives in one process, so that memory is its own and a crash takes nothing along. The
parent lets one of them run at a time and goes round by round (A B C A B C ...): whatever else the
machine does hits all of them alike, and the ratios are of times from the same round.
"""

from __future__ import annotations

import contextlib
import dataclasses
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import worker
from benchmarks.backends import VOCAB_SIZE, available_backends
from tfsqueeze.utils.errors import UserError


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A model file to measure on one of `benchmarks.backends.BACKENDS`.

    name: unique among the candidates of a run.
    optional: whether the run goes on without it where the runtime cannot open it.
    """

    name: str
    path: Path
    backend: str = "litert"
    optional: bool = False


@dataclasses.dataclass(frozen=True)
class Measurement:
    """What one candidate took.

    milliseconds: one a round, with median and 10th and 90th percentiles; the others are one each.
    speedups: the baseline's time over this one's of the same round, so that above 1 is faster;
        with median and percentiles. None without a baseline.
    load_milliseconds: opening the file until it can run. first_run_milliseconds: the run after.
    peak_memory_bytes: the most that the model's process ever had resident.
    added_memory_bytes: that, less what it had resident before it opened the model. Both None
        where models share a process or the system does not tell.
    """

    name: str
    backend: str
    size_bytes: int
    load_milliseconds: float
    first_run_milliseconds: float
    peak_memory_bytes: int | None
    added_memory_bytes: int | None
    milliseconds: tuple[float, ...]
    median: float
    p10: float
    p90: float
    speedups: tuple[float, ...] | None
    speedup: float | None
    speedup_p10: float | None
    speedup_p90: float | None


@dataclasses.dataclass(frozen=True)
class Run:
    """Measurements of one run, in the candidates' order; `baseline` names one or is None.

    refused: what the runtime said of each optional candidate that it cannot open, by name.
    """

    num_threads: int
    rounds: int
    warmup: int
    baseline: str | None
    measurements: tuple[Measurement, ...]
    refused: dict[str, str]

    def __getitem__(self, name: str) -> Measurement:
        return next(one for one in self.measurements if one.name == name)

    def to_dict(self) -> dict[str, Any]:
        """The run as dicts, lists and numbers, ready for JSON."""
        return dataclasses.asdict(self)


def measure(
    candidates: Sequence[Candidate],
    *,
    baseline: str | None = None,
    num_threads: int = 1,
    rounds: int = 15,
    warmup: int = 2,
    turn_seconds: float = 0.02,
    vocab_size: int = VOCAB_SIZE,
    share_processes: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> Run:
    """Runs the candidates in interleaved rounds on pinned cores.

    Args:
        candidates: the models to measure.
        baseline: the candidate that speed-ups are against.
        num_threads: threads of each runtime, and cores that its process is pinned to.
        rounds: measured rounds.
        warmup: rounds before them that are not measured.
        turn_seconds: in its turn a model runs once unmeasured, then this long and at least once;
            its time of the round is the median.
        vocab_size: input_ids are drawn below this.
        share_processes: one process per backend instead of one per model, for many small models;
            memory is not measured then.
        progress: called with steps done, all steps, and what comes next.

    Raises:
        UserError: the arguments do not fit together, a backend is not installed, a file cannot be
            opened or run, or a process dies; the message names the model.
    """
    _check(candidates, baseline, num_threads, rounds, warmup)
    report = progress or (lambda done, total, text: None)
    total = len(candidates) * (1 + warmup + rounds)
    with contextlib.ExitStack() as stack:
        hosts: list[tuple[_Process, int]] = []
        shared: dict[str, _Process] = {}
        opened, kept, refused = [], [], {}
        for index, candidate in enumerate(candidates):
            report(index, total, f"opening {candidate.name}")
            process = shared.get(candidate.backend) if share_processes else None
            if process is None:
                process = stack.enter_context(_Process(candidate.backend, num_threads).running())
                shared[candidate.backend] = process
            try:
                opened.append(process.ask(candidate, "open", str(candidate.path), vocab_size))
            except UserError as error:
                if not candidate.optional or candidate.name == baseline:
                    raise
                refused[candidate.name] = str(error)
                continue
            kept.append(candidate)
            hosts.append((process, process.opened))
            process.opened += 1
        candidates = kept
        times = np.empty((warmup + rounds, len(candidates)))
        for step in range(warmup + rounds):
            for index, candidate in enumerate(candidates):
                done = len(candidates) * (1 + step) + index
                text = "warm-up" if step < warmup else f"round {step - warmup + 1} of {rounds}"
                report(done, total, f"{text}: {candidate.name}")
                process, number = hosts[index]
                times[step, index] = process.ask(candidate, "run", number, turn_seconds)
        report(total, total, "done")
        memory = [
            None if share_processes else process.ask(candidate, "memory")
            for candidate, (process, _) in zip(candidates, hosts, strict=True)
        ]
    times = times[warmup:]
    names = [candidate.name for candidate in candidates]
    base = times[:, names.index(baseline)] if baseline else None
    measurements = tuple(
        _measurement(candidate, opened[index], memory[index], times[:, index], base)
        for index, candidate in enumerate(candidates)
    )
    return Run(num_threads, rounds, warmup, baseline, measurements, refused)


def _check(candidates, baseline, num_threads, rounds, warmup):
    names = [candidate.name for candidate in candidates]
    if not names:
        raise UserError("there is no model to measure; give at least one")
    if len(set(names)) < len(names):
        raise UserError("two models to measure have one name; name each differently")
    if baseline is not None and baseline not in names:
        raise UserError(f"the baseline {baseline!r} is not among the models: {', '.join(names)}")
    if num_threads < 1 or rounds < 1 or warmup < 0:
        raise UserError(
            f"num_threads={num_threads}, rounds={rounds} and warmup={warmup} must be "
            "at least 1, 1 and 0"
        )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if num_threads > (cores or 1):
        raise UserError(
            f"{num_threads} threads cannot be pinned on {cores} cores; use at most one a core"
        )
    installed = available_backends()
    for candidate in candidates:
        if candidate.backend not in installed:
            raise UserError(
                f"{candidate.name} needs the runtime {candidate.backend!r}; "
                f"installed here: {', '.join(installed) or 'none'}"
            )
        if not Path(candidate.path).is_file():
            raise UserError(f"{candidate.path}, the file of {candidate.name}, does not exist")


class _Process:
    """A worker process, as its parent sees it."""

    def __init__(self, backend: str, num_threads: int) -> None:
        self.opened = 0
        context = multiprocessing.get_context("spawn")
        self._connection, self._other_end = context.Pipe()
        self._errors = Path(worker.error_file())
        self._process = context.Process(
            target=worker.serve,
            args=(self._other_end, backend, num_threads, str(self._errors)),
            daemon=True,
        )

    @contextlib.contextmanager
    def running(self) -> Iterator[_Process]:
        """Starts the process, and stops it at the end."""
        try:
            self._process.start()
            # Held open here, it would keep the death of the process from being noticed.
            self._other_end.close()
            yield self
        finally:
            with contextlib.suppress(OSError):
                self._connection.send(("stop", ()))
            self._process.join(10)
            if self._process.is_alive():
                self._process.kill()
            self._errors.unlink()

    def ask(self, candidate: Candidate, command: str, *arguments: Any) -> Any:
        try:
            self._connection.send((command, arguments))
            succeeded, value = self._connection.recv()
        except (EOFError, OSError):
            raise UserError(
                f"the process of {candidate.name} on {candidate.backend} died"
                f"{self._last_words()}; the file {candidate.path} may be damaged, or "
                "memory may have run out"
            ) from None
        if not succeeded:
            verb = {"open": "open", "run": "run"}.get(command, "measure")
            raise UserError(
                f"{candidate.backend} cannot {verb} {candidate.name} "
                f"({candidate.path}): {value.rstrip('.')}"
            )
        return value

    def _last_words(self) -> str:
        self._process.join(10)
        code = self._process.exitcode
        reason = f" by signal {-code}" if code and code < 0 else f" with status {code}"
        lines = [
            line
            for line in self._errors.read_text(errors="replace").splitlines()
            if line.strip() and not line.startswith("INFO")
        ]
        return f"{reason} ({lines[-1].strip()})" if lines else reason


def _measurement(candidate, opened, memory, times, base) -> Measurement:
    p10, median, p90 = np.percentile(times, [10, 50, 90]).tolist()
    speedups = None if base is None else base / times
    low, middle, high = (None,) * 3 if base is None else np.percentile(speedups, [10, 50, 90])
    peak, empty = (memory["peak_bytes"], memory["empty_bytes"]) if memory else (None, None)
    return Measurement(
        name=candidate.name,
        backend=candidate.backend,
        size_bytes=Path(candidate.path).stat().st_size,
        **opened,
        peak_memory_bytes=peak,
        added_memory_bytes=None if peak is None else peak - empty,
        milliseconds=tuple(times.tolist()),
        median=median,
        p10=p10,
        p90=p90,
        speedups=None if speedups is None else tuple(speedups.tolist()),
        speedup=_float(middle),
        speedup_p10=_float(low),
        speedup_p90=_float(high),
    )


def _float(value):
    return None if value is None else float(value)

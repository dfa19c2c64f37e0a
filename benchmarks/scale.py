"""How training, preparation and prediction grow with rows, lengths and workers."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from converters.runtime.workers import run_in_workers
from tfsqueeze.utils.errors import UserError

WORKERS = (1, 2)
TEXTS_OF_STEP = 256
_CHECKOUT = Path(__file__).parent.parent
# A run on fewer rows tells the start from the rate.
_SHARE_OF_FEW = 4


def measure_scale(
    preset: str,
    lengths: Sequence[int],
    *,
    rows: int = 100_000,
    rounds: int = 5,
    steps: int = 5,
    beam_python: str | None = None,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> tuple[list[dict[str, Any]], int | None]:
    """Measures one and two processes, each on one core.

    preset: the model, with random weights. lengths: tokens of a text. rows: texts that are
    predicted or prepared; a quarter of them first, so that the start is told from the rate.
    rounds: turns of each training. steps: steps of a turn. beam_python: the Python of an
    environment with `tfsqueeze[beam]`, for preparation and prediction on Beam.

    Returns the cases, and how many rows of Beam are those of `predict`; None without Beam. A case
    is a JSON-able dict: `name`, `workers`, `length`, `rate` in texts per second, `times_one`, that
    rate over the one of one worker, and `start`, the seconds before the first
    text; None for training.
    """
    if len(os.sched_getaffinity(0)) < max(WORKERS):
        raise UserError(f"{max(WORKERS)} cores are needed, one for each worker")
    found: list[dict[str, Any]] = []
    same = None
    count = len(lengths) + 2 + (2 if beam_python else 0)
    for number, length in enumerate(lengths):
        progress(number, count, f"training, {length} tokens")
        found += _training(preset, length, rounds, steps)
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-") as name:
        folder = Path(name)
        progress(len(lengths), count, "building the models")
        texts = _write_texts(folder, rows, max(lengths))
        for length in lengths:
            run_in_workers(_build_file, [(str(folder / str(length)), preset, length)])
        progress(len(lengths) + 1, count, "prediction")
        files = {length: folder / str(length) / "int8.tflite" for length in lengths}
        for length, file in files.items():
            found += _commands("predict --workers", length, texts, _predict(file))
        if beam_python:
            length = min(lengths)
            progress(len(lengths) + 2, count, "prediction on Beam")
            command = _predict_on_beam(files[length], beam_python)
            found += _commands("predict-files", length, texts, command)
            same = _same_rows(texts[rows], files[length])
            progress(len(lengths) + 3, count, "preparation on Beam")
            found += _commands("prepare", length, texts, _prepare(beam_python))
    return found, same


def _training(preset: str, length: int, rounds: int, steps: int) -> list[dict[str, Any]]:
    groups = {count: _start_workers(preset, length, count) for count in WORKERS}
    seconds: dict[int, list[float]] = {count: [] for count in WORKERS}
    try:
        for group in groups.values():
            for process in group:
                if _read(process) != "ready":
                    raise UserError("a worker ended; run benchmarks.scale_worker by hand")
        for _ in range(rounds):
            for count, group in groups.items():
                for process in group:
                    print(steps, file=process.stdin, flush=True)
                seconds[count].append(max(float(_read(process)) for process in group))
    finally:
        for process in (process for group in groups.values() for process in group):
            process.kill()
            process.wait()
    rates = {
        count: float(TEXTS_OF_STEP * steps / np.median(taken)) for count, taken in seconds.items()
    }
    return _rows("train", length, rates)


def _start_workers(preset: str, length: int, count: int) -> list[subprocess.Popen[str]]:
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(count)]}
    workers = []
    for index in range(count):
        environment = {**os.environ, "PYTHONPATH": os.fspath(_CHECKOUT)}
        if count > 1:
            task = {"type": "worker", "index": index}
            environment["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": task})
        case = {
            "preset": preset,
            "length": length,
            "texts": TEXTS_OF_STEP,
            "core": sorted(os.sched_getaffinity(0))[index],
            "distribute": "multi-worker" if count > 1 else None,
        }
        workers.append(
            subprocess.Popen(
                [sys.executable, "-m", "benchmarks.scale_worker", json.dumps(case)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=environment,
            )
        )
    return workers


def free_ports(count: int) -> list[int]:
    """Returns ports of this machine that no process listens on."""
    sockets = [socket.create_server(("localhost", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _read(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _write_texts(folder: Path, rows: int, words: int) -> dict[int, Path]:
    """Writes two files of texts, one a line, and returns them by their number of rows."""
    from tfsqueeze.data.sources.named_datasets import load_dataset

    found = " ".join(load_dataset("reuters-r8").train.texts).split()
    draw = random.Random(0)
    files = {}
    for count in (rows // _SHARE_OF_FEW, rows):
        starts = (draw.randrange(len(found) - words) for _ in range(count))
        files[count] = folder / f"texts-{count}.txt"
        files[count].write_text(
            "".join(" ".join(found[start : start + words]) + "\n" for start in starts), "utf-8"
        )
    return files


def _build_file(folder: str, preset: str, length: int) -> list[Any]:
    from benchmarks.throughput import build_files
    from tfsqueeze.data.sources.named_datasets import load_dataset

    Path(folder).mkdir()
    build_files(folder, preset, length, list(load_dataset("reuters-r8").train.texts[:1000]))
    return []


def _commands(
    name: str, length: int, texts: dict[int, Path], command: Callable[[Path, int], list[str]]
) -> list[dict[str, Any]]:
    """Measures a command on both files of texts with each number of workers."""
    rates, starts = {}, {}
    for workers in WORKERS:
        seconds = {}
        for rows, path in texts.items():
            start = time.perf_counter()
            with path.open("rb") as file:
                done = subprocess.run(
                    command(path, workers),
                    stdin=file,
                    capture_output=True,
                    check=False,
                    env={**os.environ, "PYTHONPATH": os.fspath(_CHECKOUT)},
                )
            seconds[rows] = time.perf_counter() - start
            if done.returncode:
                raise UserError(f"{name}: {done.stderr.decode(errors='replace').strip()}")
        (few, first), (many, second) = sorted(seconds.items())
        rates[workers] = (many - few) / (second - first)
        starts[workers] = max(0.0, first - few / rates[workers])
    return _rows(name, length, rates, starts)


def _same_rows(texts: Path, model: Path) -> int:
    """Returns how many rows of the files that Beam wrote are those of `predict`."""
    with texts.open("rb") as file:
        done = subprocess.run(
            _predict(model)(texts, 1), stdin=file, capture_output=True, check=True
        )
    expected = sorted(json.dumps(row, sort_keys=True) for row in json.loads(done.stdout))
    folder = Path(f"{texts.with_suffix('')}-{max(WORKERS)}")
    found = sorted(
        json.dumps(json.loads(line), sort_keys=True)
        for path in folder.iterdir()
        for line in path.read_text("utf-8").splitlines()
    )
    return sum(one == other for one, other in zip(found, expected, strict=True))


def _rows(
    name: str, length: int, rates: dict[int, float], starts: dict[int, float] | None = None
) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "length": length,
            "workers": workers,
            "rate": rate,
            "times_one": rate / rates[1],
            "start": None if starts is None else starts[workers],
        }
        for workers, rate in rates.items()
    ]


def _predict(model: Path) -> Callable[[Path, int], list[str]]:
    return lambda texts, workers: [
        *(sys.executable, "-m", "tfsqueeze", "predict", str(model), "--json"),
        *("--workers", str(workers)),
    ]


def _predict_on_beam(model: Path, python: str) -> Callable[[Path, int], list[str]]:
    return lambda texts, workers: [
        *(python, "-m", "tfsqueeze", "predict-files", str(model), str(texts)),
        *("-o", str(texts.with_suffix("")) + f"-{workers}/part", *_beam_options(workers)),
    ]


def _prepare(python: str) -> Callable[[Path, int], list[str]]:
    return lambda texts, workers: [
        *(python, "-m", "tfsqueeze", "prepare", str(texts)),
        *("-o", str(texts.with_suffix("")) + f"-{workers}-rows", *_beam_options(workers)),
    ]


def _beam_options(workers: int) -> list[str]:
    mode = f"--direct_running_mode=multi_processing --direct_num_workers={workers}"
    return ["--pipeline-options", mode]

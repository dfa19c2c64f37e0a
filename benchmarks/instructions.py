"""Instructions of whole models on emulated Arm processors: what does not depend on this machine."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.backends import random_input
from benchmarks.comparison import Selection
from benchmarks.models import MODELS_FOLDER, ModelSpec, ensure_models
from converters.arm64 import guest
from converters.arm64.cpus import find_cpu
from converters.arm64.emulator import find_runtime, run_on_arm64
from converters.arm64.plugin import InstructionCounts, ensure_plugin
from converters.arm64.qemu import emulator_version
from converters.arm64.sysroot import ensure_sysroot
from converters.runtime.interpreters import open_model
from tfsqueeze.utils.files import write_atomically

_BASELINE = "bert-base float32"


def count_models(
    selection: Selection,
    cpus: Sequence[str],
    kept: Path,
    *,
    runs: int = 1,
    folder: Path = MODELS_FOLDER,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[dict[str, Any]]:
    """Counts the instructions of one inference of each model of a selection.

    selection: its backends are among `converters.arm64.emulator.RUNTIMES`.
    cpus: names of `converters.arm64.cpus.CPUS`.
    kept: a folder for the counts of each model, from which an interrupted call goes on; counts of
        the same file, runtime, processor, root and emulator are not made again.
    runs: inferences after the first, which does what is done once; the counts are their median.
    Returns a JSON-able dict for each processor: its settings and `instructions`, with the fields
    of `InstructionCounts`, `first_total`, `spread` (the most less the least of the totals; None
    for one run) and `times_fewer` (the baseline's total on the same runtime over this one's). The
    baseline is BERT-base in float32, or the first model where that is not among them.

    Raises UserError as `run_on_arm64` and `ensure_models` do.
    """
    for cpu in cpus:
        find_cpu(cpu)
    for backend in selection.backends:
        find_runtime(backend)
    specs = selection.specs()
    emulator = emulator_version()
    total = len(cpus) * (len(specs) + len(selection.files)) * len(selection.backends)
    report = progress or (lambda done, total, text: None)
    report(0, total, "preparing the emulator")
    sysroot = ensure_sysroot()
    program = hashlib.sha256(Path(guest.__file__).read_bytes()).hexdigest()
    tools = emulator, sysroot.folder.name, sysroot.debian_packages, ensure_plugin().name, program
    paths = ensure_models(specs, folder, progress)
    models: list[tuple[ModelSpec | None, str, Path]] = [
        *((spec, spec.name, path) for spec, path in zip(specs, paths, strict=True)),
        *((None, str(path), path) for path in selection.files),
    ]
    names = [name for _, name, _ in models]
    baseline = _BASELINE if _BASELINE in names else names[0]
    results, done = [], 0
    for cpu in cpus:
        rows = []
        for spec, name, path in models:
            for backend in selection.backends:
                report(done, total, f"{name} on {backend}, {cpu}")
                counts = _kept_count(path, backend, cpu, runs, kept, tools)
                rows.append(
                    {
                        "name": f"{name} on {backend}",
                        "model": name,
                        "backend": backend,
                        "macs": spec.macs if spec else None,
                        **_summary(counts),
                    }
                )
                done += 1
        base = {row["backend"]: row["total"] for row in rows if row["model"] == baseline}
        for row in rows:
            row["times_fewer"] = base[row["backend"]] / row["total"]
        results.append(
            {
                "cpu": cpu,
                "length": selection.length,
                "runs": runs,
                "baseline": baseline,
                "emulator": emulator,
                "wheels": sysroot.wheels,
                "debian_packages": sysroot.debian_packages,
                "instructions": rows,
            }
        )
    return results


def _kept_count(path, backend, cpu, runs, kept, tools) -> list[InstructionCounts]:
    parts = hashlib.sha256(path.read_bytes()).hexdigest(), backend, cpu, runs, tools
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()[:20]
    file = kept / f"{path.stem}-{backend}-{cpu}-{digest}.json"
    if not file.is_file():
        counts = [dataclasses.asdict(one) for one in _count(path, backend, cpu, runs)]
        with write_atomically(file) as temporary:
            temporary.write_text(json.dumps(counts), encoding="utf-8")
    return [InstructionCounts(**one) for one in json.loads(file.read_text(encoding="utf-8"))]


def _count(path: Path, backend: str, cpu: str, runs: int) -> tuple[InstructionCounts, ...]:
    details = open_model(path).input_details
    batches = {
        detail.name: random_input(detail.name, detail.shape, detail.dtype) for detail in details
    }
    rows = {name: np.concatenate([batch] * (1 + runs)) for name, batch in batches.items()}
    return run_on_arm64(path, rows, backend, cpu, count=True).counts


def _summary(counts: Sequence[InstructionCounts]) -> dict[str, Any]:
    first, *later = counts
    totals = [one.total for one in later]
    # An inference that did happen, rather than medians of several.
    middle = later[totals.index(statistics.median_low(totals))]
    return {
        **dataclasses.asdict(middle),
        "first_total": first.total,
        "spread": max(totals) - min(totals) if len(totals) > 1 else None,
    }

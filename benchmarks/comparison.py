"""Compares whole models: which files on which runtimes, against which limit."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.backends import BACKENDS_OF_SUFFIX, OPENVINO_BACKENDS, TFLITE_BACKENDS
from benchmarks.harness import Candidate, measure
from benchmarks.models import (
    MODELS_FOLDER,
    ModelSpec,
    ensure_models,
    ncnn_peers,
    onnx_peers,
    openvino_peers,
    own_peers,
    squeezebert_models,
    tflite_peers,
)
from benchmarks.probes import best_rates, copy_bandwidth, make_probes
from benchmarks.roofline import roofline_milliseconds
from converters.runtime.workers import run_in_workers
from tfsqueeze.utils.errors import UserError


@dataclasses.dataclass(frozen=True)
class Selection:
    """The models and runtimes to compare.

    Args:
        backends: runtimes; the first that runs .tflite files runs the baseline.
        length: number of tokens of a text.
        presets: the presets of tfsqueeze to measure.
        only: if not empty, only models are measured whose name contains one of these, from the
            start of a word.
        files: further .tflite files to measure.

    Example:
        >>> Selection(("litert",), only=("bert-base float32",)).specs()[0].name
        'bert-base float32'
    """

    backends: tuple[str, ...]
    length: int = 128
    presets: tuple[str, ...] = ("squeezebert-base",)
    only: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()

    def specs(self) -> list[ModelSpec]:
        """Returns the models that the backends can run.

        Raises:
            UserError: there is no such model, and no further file.
        """
        specs = []
        if set(self.backends) & set(TFLITE_BACKENDS):
            specs += [*tflite_peers(self.length), *own_peers(self.length)]
            for preset in self.presets:
                specs += squeezebert_models(preset, self.length)
        if "onnxruntime" in self.backends:
            specs += onnx_peers(self.length)
        if set(self.backends) & set(OPENVINO_BACKENDS):
            specs += openvino_peers(self.length)
        if "ncnn" in self.backends:
            specs += ncnn_peers(self.length)
        kept = [
            spec
            for spec in specs
            if not self.only or any(f" {text}" in f" {spec.name}" for text in self.only)
        ]
        if not kept and not self.files:
            raise UserError(
                f"no model's name holds {' or '.join(self.only) or 'anything'}; there "
                f"are {', '.join(spec.name for spec in specs) or 'none'}"
            )
        return kept

    def backends_of(self, suffix: str, variant: str = "") -> list[str]:
        """Returns the backends that run files of a suffix.

        Args:
            suffix: as `ModelSpec` has it.
            variant: the number format; only float32 can be computed in bfloat16.
        """
        return [
            name
            for name in self.backends
            if name in BACKENDS_OF_SUFFIX[suffix]
            and (name != "openvino-bfloat16" or "float32" in variant)
        ]


def compare_models(
    selection: Selection,
    *,
    num_threads: int = 1,
    rounds: int = 15,
    baseline: str | None = None,
    folder: Path = MODELS_FOLDER,
    progress: Callable[[int, int, str], None] | None = None,
) -> dict[str, Any]:
    """Measures the models of a selection side by side in one run.

    Args:
        selection: the models and runtimes.
        num_threads: of each runtime.
        rounds: number of measured rounds.
        baseline: the name of a model as it is in the result, `<name> on <backend>`; by default
            BERT-base in float32, or the first model where that is not among them.
        folder: for the models that are built.
        progress: called with the number of steps done, that of all steps, and the current step.

    Returns:
        A JSON-able dictionary: the run's settings, `best_gmacs_per_second` by dtype, `refused`
        (the error of each peer that a runtime cannot open, by name), and `models`. Each model has
        the fields of `Measurement`, `macs`, `gmacs_per_second`, `rate_share` (of the best rate of
        the model's dtype, from matrix products that are timed in the same run on the same
        runtimes) and `roofline_share` (for .tflite files, the minimum time by
        `roofline_milliseconds` over the measured time); these are None for files given by path.

    Raises:
        UserError: as `measure` and `ensure_models` do.
    """
    specs = selection.specs()
    paths = ensure_models(specs, folder, progress)
    entries: list[tuple[ModelSpec | None, Candidate]] = []
    for spec, path in zip(specs, paths, strict=True):
        for backend in selection.backends_of(spec.suffix, spec.variant):
            # A peer may need a newer runtime; our own files must run on each.
            entries.append(
                (
                    spec,
                    Candidate(
                        f"{spec.name} on {backend}",
                        path,
                        backend,
                        optional=not spec.is_own,
                    ),
                )
            )
    for path in selection.files:
        entries += [
            (None, Candidate(f"{path} on {backend}", path, backend))
            for backend in selection.backends_of(".tflite")
        ]
    probes = make_probes(selection.backends, folder, progress) if specs else []
    candidates = [candidate for _, candidate in entries]
    run = measure(
        [*candidates, *(probe.candidate for probe in probes)],
        baseline=baseline or _baseline(candidates),
        num_threads=num_threads,
        rounds=rounds,
        progress=progress,
    )
    measured = {one.name: one for one in run.measurements}
    best = best_rates(probes, [measured[probe.candidate.name] for probe in probes])
    bandwidth = run_in_workers(copy_bandwidth, [()])[0] * num_threads
    return {
        "length": selection.length,
        "num_threads": num_threads,
        "rounds": rounds,
        "warmup": run.warmup,
        "baseline": run.baseline,
        "best_gmacs_per_second": best,
        "refused": run.refused,
        "copy_gigabytes_per_second": bandwidth,
        "models": [
            _row(spec, candidate, measured[candidate.name], best, bandwidth)
            for spec, candidate in entries
            if candidate.name in measured
        ],
    }


def _baseline(candidates: Sequence[Candidate]) -> str:
    names = [candidate.name for candidate in candidates]
    return next((name for name in names if name.startswith("bert-base float32 on")), names[0])


def _row(spec, candidate, measured, best, bandwidth) -> dict[str, Any]:
    row = {
        **dataclasses.asdict(measured),
        "family": None,
        "variant": None,
        "macs": None,
        "gmacs_per_second": None,
        "rate_share": None,
        "roofline_share": None,
    }
    if spec is not None:
        rate = spec.macs / measured.median / 1e6
        limit = best.get("float32" if "float32" in spec.variant else "int8")
        row.update(
            family=spec.family,
            variant=spec.variant,
            macs=spec.macs,
            gmacs_per_second=rate,
            rate_share=rate / limit if limit else None,
        )
        if spec.suffix == ".tflite":
            least = roofline_milliseconds(candidate.path, best, bandwidth)
            row["roofline_share"] = least / measured.median
    return row

"""The limits of the machine: its best rate of matrix products, and its bandwidth."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks import builders
from benchmarks.backends import BACKENDS_OF_SUFFIX, TFLITE_BACKENDS
from benchmarks.harness import Candidate, Measurement
from benchmarks.models import MODELS_FOLDER, ModelSpec, ensure_models

DTYPES = ("float32", "int8")
# Encodings, inputs and outputs.
SHAPES = (
    (128, 768, 768),
    (128, 768, 3072),
    (128, 3072, 768),
    (256, 1024, 1024),
    (512, 512, 512),
    (512, 1024, 1024),
)
_TFLITE_SOURCES = ("benchmarks/peers/operators.py", "benchmarks/peers/tflite.py")
_ONNX_SOURCES = ("benchmarks/peers/onnx_products.py",)
_COPY_BYTES = 2**20
# As FULLY_CONNECTED and as 1x1 CONV_2D; the latter's sizes end with its groups.
_TFLITE_KINDS = {"dense": (), "convolution": (1,)}


@dataclasses.dataclass(frozen=True)
class Probe:
    """A matrix product in a dtype of `DTYPES` on one runtime."""

    dtype: str
    macs: int
    candidate: Candidate


def make_probes(
    backends: Sequence[str],
    folder: Path = MODELS_FOLDER,
    progress: Callable[[int, int, str], None] | None = None,
    shapes: Sequence[tuple[int, int, int]] = SHAPES,
) -> list[Probe]:
    """Builds the products, rows x inputs to outputs, and returns them ready to be measured."""
    specs, origins = [], []
    for shape in shapes:
        for dtype in DTYPES:
            for spec in _specs(shape, dtype, backends):
                specs.append(spec)
                origins.append(dtype)
    paths = ensure_models(specs, folder, progress, share_process=True)
    probes = []
    for spec, dtype, path in zip(specs, origins, paths, strict=True):
        runtimes = [name for name in backends if name in BACKENDS_OF_SUFFIX[spec.suffix]]
        probes += [
            Probe(dtype, spec.macs, Candidate(f"{spec.name} on {name}", path, name))
            for name in runtimes
        ]
    return probes


def best_rates(probes: Sequence[Probe], measurements: Sequence[Measurement]) -> dict[str, float]:
    """The highest rate by dtype, in 10^9 multiply-accumulates per second."""
    best: dict[str, float] = {}
    for probe, measured in zip(probes, measurements, strict=True):
        best[probe.dtype] = max(best.get(probe.dtype, 0.0), probe.macs / measured.median / 1e6)
    return best


def copy_bandwidth() -> float:
    """10^9 bytes per second that one core reads and writes when it copies within the cache."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    source, target = np.ones(_COPY_BYTES, np.uint8), np.zeros(_COPY_BYTES, np.uint8)
    taken = []
    for _ in range(200):
        start = time.perf_counter()
        np.copyto(target, source)
        taken.append(time.perf_counter() - start)
    return 2 * _COPY_BYTES / float(np.median(taken)) / 1e9


def _specs(shape, dtype, backends):
    rows, inputs, outputs = shape
    macs = rows * inputs * outputs
    text = f"{rows}x{inputs}x{outputs}"
    if set(backends) & set(TFLITE_BACKENDS):
        for kind, groups in _TFLITE_KINDS.items():
            yield ModelSpec(
                f"product-{kind}-{text}",
                dtype,
                rows,
                ".tflite",
                macs,
                builders.build_operator,
                (kind, (*shape, *groups), dtype),
                _TFLITE_SOURCES,
            )
    if "onnxruntime" in backends:
        yield ModelSpec(
            f"product-onnx-{text}",
            dtype,
            rows,
            ".onnx",
            macs,
            builders.build_onnx_product,
            (*shape, dtype),
            _ONNX_SOURCES,
        )

"""Latency of .tflite models on this machine, compared fairly."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from converters.runtime.interpreters import Runtime, TensorDetails, TFLiteModel, open_model
from converters.tflite.tflite_file import Model, TFLiteFile
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class ModelLatency:
    """One model's part of a LatencyReport.

    Attributes:
        name: the model's name.
        size_bytes: the size of the file.
        load_milliseconds: the time to open the file; the checks are included, but for a
            `TFLiteFile`, which has them behind it. So is the trial of a file that the checks do
            not know (`open_model`).
        median: the median of `milliseconds`.
        p10: the 10th percentile of `milliseconds`.
        p90: the 90th percentile of `milliseconds`.
        ratio: the median of `ratios`.
        milliseconds: the latency in each round.
        ratios: the latency over the first model's of the same round; below 1 is faster.
    """

    name: str
    size_bytes: int
    load_milliseconds: float
    median: float
    p10: float
    p90: float
    ratio: float
    milliseconds: tuple[float, ...]
    ratios: tuple[float, ...]


@dataclass(frozen=True)
class LatencyReport:
    """Latencies of several models, one batch at a time, on one runtime of this machine.

    Attributes:
        runtime: the runtime's name.
        num_threads: threads of the runtime.
        rounds: measured runs of each model.
        warmup: runs of each model before them, which are not measured.
        models: the measured models, in the order in which they were given.
    """

    runtime: Runtime
    num_threads: int
    rounds: int
    warmup: int
    models: tuple[ModelLatency, ...]

    def to_dict(self) -> dict[str, Any]:
        """Returns the report as dicts, lists and numbers, ready for JSON."""
        report = asdict(self)
        report["models"] = [
            {**model, "milliseconds": list(model["milliseconds"]), "ratios": list(model["ratios"])}
            for model in report["models"]
        ]
        return report


def measure_latency(
    models: Mapping[str, Model],
    *,
    runtime: Runtime = "litert",
    num_threads: int = 1,
    rounds: int = 20,
    warmup: int = 3,
    vocab_size: int = 1,
    seed: int = 0,
) -> LatencyReport:
    """Times the models in interleaved rounds (A B A B ...), so that drift hits them alike.

    Args:
        models: .tflite files by name, as paths, bytes or `TFLiteFile`s; ratios are against the
            first.
        runtime: `litert` or `tflite-runtime`.
        num_threads: threads of the runtime.
        rounds: measured runs of each model.
        warmup: runs of each model before them, which are not measured.
        vocab_size: input_ids are drawn below this; 1 makes them all zero.
        seed: of the draw of the inputs.

    Raises:
        UserError: there is no model, a number is out of range, `vocab_size` exceeds a model's
            embedding table, or a model or the runtime cannot be opened.
    """
    if not models:
        raise UserError("there is no model to measure; give at least one")
    if rounds < 1 or warmup < 0 or vocab_size < 1:
        raise UserError(
            f"rounds={rounds}, warmup={warmup} and vocab_size={vocab_size} must be at least 1, 0, 1"
        )
    generator = np.random.default_rng(seed)
    opened: dict[str, TFLiteModel] = {}
    load_times: dict[str, float] = {}
    for name, model in models.items():
        start = time.perf_counter()
        try:
            opened[name] = open_model(model, runtime, num_threads=num_threads)
        except UserError as error:
            # Bytes alone have no name that the message could tell.
            if not isinstance(model, bytes):
                raise
            raise UserError(f"{name}: {error}") from error
        load_times[name] = 1e3 * (time.perf_counter() - start)
    inputs = {
        name: {
            detail.name: _random_input(detail, vocab_size, generator)
            for detail in model.input_details
        }
        for name, model in opened.items()
    }
    times: dict[str, list[float]] = {name: [] for name in opened}
    for _ in range(warmup + rounds):
        for name, model in opened.items():
            start = time.perf_counter()
            model.run_all(inputs[name])
            times[name].append(1e3 * (time.perf_counter() - start))
    first = np.array(next(iter(times.values()))[warmup:])
    return LatencyReport(
        runtime=runtime,
        num_threads=num_threads,
        rounds=rounds,
        warmup=warmup,
        models=tuple(
            _model_latency(name, models[name], load_times[name], np.array(taken[warmup:]), first)
            for name, taken in times.items()
        ),
    )


def _model_latency(
    name: str, model: Model, load_time: float, taken: np.ndarray, first: np.ndarray
) -> ModelLatency:
    p10, median, p90 = np.percentile(taken, [10, 50, 90]).tolist()
    ratios = taken / first
    return ModelLatency(
        name=name,
        size_bytes=_size(model),
        load_milliseconds=load_time,
        median=median,
        p10=p10,
        p90=p90,
        ratio=float(np.median(ratios)),
        milliseconds=tuple(taken.tolist()),
        ratios=tuple(ratios.tolist()),
    )


def _size(model: Model) -> int:
    if isinstance(model, TFLiteFile):
        return len(model.content)
    return len(model) if isinstance(model, bytes) else os.path.getsize(model)


def _random_input(
    detail: TensorDetails, vocab_size: int, generator: np.random.Generator
) -> np.ndarray:
    """Values that the model accepts: ids, an all-ones mask, one segment, a position or noise."""
    if detail.name == "attention_mask":
        return np.ones(detail.shape, detail.dtype)
    if detail.name in ("token_type_ids", "masked_positions"):
        return np.zeros(detail.shape, detail.dtype)
    if detail.dtype.kind == "f":
        return generator.standard_normal(detail.shape).astype(detail.dtype)
    if detail.dtype == np.int8:
        return generator.integers(-128, 128, detail.shape).astype(np.int8)
    return generator.integers(0, vocab_size, detail.shape).astype(detail.dtype)

"""Runtimes in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from converters.runtime.interpreters import open_model
from converters.runtime.latency import measure_latency


def run_in_workers(
    function: Callable, calls: Sequence[tuple], workers: int | None = None
) -> list[Any]:
    """Calls `function(*arguments)` for each of `calls` in fresh processes; results in order.

    A process per core checks several runtimes in the time of one, and a runtime that crashes takes
    nothing else with it.

    function: importable by name, and its module without TensorFlow.
    workers: processes at once; as many as there are cores by default.
    """
    context = multiprocessing.get_context("spawn")
    count = min(len(calls), workers or os.cpu_count() or 1)
    with ProcessPoolExecutor(max(1, count), mp_context=context, max_tasks_per_child=1) as pool:
        return [future.result() for future in [pool.submit(function, *call) for call in calls]]


def predict_logits(
    model: bytes, input_ids: np.ndarray, runtime: str, kernels: str
) -> tuple[np.ndarray, float]:
    """Runs a model on rows of ids: its logits float32 [n, num_labels], and their scale (0.0 where
    the output is float)."""
    opened = open_model(model, runtime, kernels)
    return opened.predict_logits(input_ids), opened.output_details[0].scale


def predict_outputs(
    model: bytes, inputs: dict[str, np.ndarray], runtime: str, kernels: str
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Runs a model on rows: its outputs float32 [n, ...] by name, and their scales (0.0 where an
    output is float)."""
    opened = open_model(model, runtime, kernels)
    return opened.predict(inputs), {detail.name: detail.scale for detail in opened.output_details}


def latency(models: dict[str, bytes], runtime: str, num_threads: int, rounds: int) -> dict:
    """Measures models side by side; see `measure_latency`."""
    return measure_latency(
        models, runtime=runtime, num_threads=num_threads, rounds=rounds
    ).to_dict()

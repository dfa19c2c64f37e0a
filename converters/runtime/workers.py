"""Runtimes in processes of their own."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import numpy as np

from converters.runtime.interpreters import Kernels, Runtime, open_model
from converters.runtime.latency import measure_latency
from tfsqueeze.utils.errors import UserError


def run_in_workers(
    function: Callable, calls: Sequence[tuple], workers: int | None = None
) -> list[Any]:
    """Calls a function with each of several arguments in fresh processes.

    A process per core checks several runtimes in the time of one, and a runtime that crashes takes
    nothing else with it.

    Args:
        function: importable by name, and its module without TensorFlow.
        calls: the arguments of each call.
        workers: processes at once; as many as there are cores by default.

    Returns:
        The results, in the order of the calls.

    Raises:
        UserError: as `worker_pool`.
    """
    count = min(len(calls), workers or os.cpu_count() or 1)
    with worker_pool(max(1, count), max_tasks_per_child=1) as pool:
        return [future.result() for future in [pool.submit(function, *call) for call in calls]]


@contextlib.contextmanager
def worker_pool(workers: int, **options: Any) -> Iterator[ProcessPoolExecutor]:
    """Yields a pool of fresh processes, which end when this process does, however it ends.

    Ctrl-C ends them at once. An exception in the block drops the calls that wait.

    Args:
        workers: the number of processes.
        **options: further arguments of `ProcessPoolExecutor`.

    Raises:
        UserError: one of the processes ended before it had a result, or the program of this
            process comes from standard input.
    """
    # Fresh processes import the main module anew from its file.
    if getattr(sys.modules["__main__"], "__file__", None) == "<stdin>":
        raise UserError(
            "a program that Python reads from standard input cannot start other processes; save "
            "it to a file, with its calls under `if __name__ == '__main__':`, and run that"
        )
    pool = _Pool(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        **{
            **options,
            "initializer": _start_worker,
            "initargs": (options.get("initializer"), options.get("initargs", ())),
        },
    )
    try:
        yield pool
    except BrokenProcessPool:
        raise UserError(
            "a process that ran the model ended before it had a result: the runtime crashed, "
            "or the machine has too little memory; try another runtime or a smaller model"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


class _Pool(ProcessPoolExecutor):
    def submit(self, *call: Any, **options: Any) -> Future[Any]:
        # It starts processes, in which Ctrl-C waits until `_start_worker` lets it through.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(*call, **options)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker(initializer: Callable | None, initargs: tuple) -> None:
    # Ctrl-C ends it without a traceback, unless the parent ignores Ctrl-C.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if initializer is not None:
        initializer(*initargs)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def predict_logits(
    model: bytes, input_ids: np.ndarray, runtime: Runtime, kernels: Kernels
) -> tuple[np.ndarray, float]:
    """Runs a model of one output on rows of ids.

    Args:
        model: a .tflite file's bytes.
        input_ids: int32 [n, length].
        runtime: see `open_model`.
        kernels: see `open_model`.

    Returns:
        The logits, float32 [n, num_labels], and their scale, which is 0.0 where they are float.
    """
    opened = open_model(model, runtime, kernels)
    return opened.predict_logits(input_ids), opened.output_details[0].scale


def predict_outputs(
    model: bytes, inputs: dict[str, np.ndarray], runtime: Runtime, kernels: Kernels
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Runs a model on rows.

    Args:
        model: a .tflite file's bytes.
        inputs: the rows [n, ...] by the input's name.
        runtime: see `open_model`.
        kernels: see `open_model`.

    Returns:
        The outputs, float32 [n, ...] by name, and their scales, which are 0.0 where an output is
        float.
    """
    opened = open_model(model, runtime, kernels)
    return opened.predict(inputs), {detail.name: detail.scale for detail in opened.output_details}


def latency(models: dict[str, bytes], runtime: Runtime, num_threads: int, rounds: int) -> dict:
    """Measures models side by side.

    Args:
        models: .tflite contents by name.
        runtime: see `measure_latency`, also for the other arguments.
        num_threads: threads of the runtime.
        rounds: measured runs of each model.

    Returns:
        The `LatencyReport` as a dict.
    """
    return measure_latency(
        models, runtime=runtime, num_threads=num_threads, rounds=rounds
    ).to_dict()

"""Predictions of a stream of inputs in several processes, in the order of the inputs."""

from __future__ import annotations

import collections
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from converters.inference.prediction_rows import Row
from converters.inference.predictor import Predictor
from converters.runtime.interpreters import Runtime
from converters.runtime.workers import worker_pool
from tfsqueeze.utils.errors import UserError

# What is made of a row and its prediction.
Render = Callable[[Row, Any], Any]

_ROWS_PER_BATCH = 32
# With fewer a process may wait for rows; all are in memory.
_WAITING_ROWS_PER_WORKER = 1024

_worker: Callable[[Sequence[Row]], list[Any]]


def predict_in_workers(
    model: str | os.PathLike,
    blocks: Iterable[Sequence[Row]],
    render: Render,
    *,
    workers: int,
    runtime: Runtime = "litert",
    num_threads: int = 1,
    options: Mapping[str, Any] | None = None,
) -> Iterator[list[Any]]:
    """Yields what `render` makes of each prediction, in the order of the rows.

    Each process opens the file. Rows of a block that are alike in length run together, so that the
    processes take about as long for each batch. Only a few blocks are in memory at a time. The
    results of a block come when the next block is read, or later.

    Args:
        model: the path of a packed .tflite file.
        blocks: the rows, as they come.
        render: importable by name. It runs in the processes, so that their results are small.
        workers: the number of processes.
        runtime: see `Predictor.open`.
        num_threads: threads of the runtime in each process.
        options: those of the predictor's `predict`.

    Yields:
        The results of some rows.

    Raises:
        UserError: the model refuses a row, after the results of the rows before it were yielded;
            or a process ended early.
    """
    arguments = (Path(model), runtime, num_threads, dict(options or {}), render)
    waiting: collections.deque[_Block] = collections.deque()
    with worker_pool(workers, initializer=_open_model, initargs=arguments) as pool:
        for rows in blocks:
            waiting.append(_Block(rows, lambda batch: pool.submit(_predict_in_worker, batch)))
            while waiting and (
                waiting[0].is_done
                or sum(block.size for block in waiting) > workers * _WAITING_ROWS_PER_WORKER
            ):
                yield from waiting.popleft().results()
        while waiting:
            yield from waiting.popleft().results()


def predict_rows(
    predictor: Predictor,
    rows: Sequence[Row],
    render: Render,
    options: Mapping[str, Any] | None = None,
) -> list[Any]:
    """Returns what `render` makes of the prediction of each row.

    Args:
        predictor: the predictor.
        rows: at least one row.
        render: see `predict_in_workers`.
        options: those of the predictor's `predict`.

    Raises:
        UserError: the model refuses a row.
    """
    predictions = predictor.predict(*map(list, zip(*rows, strict=True)), **(options or {}))
    return list(map(render, rows, predictions))


class _Block:
    """Rows whose batches wait for processes."""

    def __init__(
        self, rows: Sequence[Row], submit: Callable[[list[Row]], Future[list[Any]]]
    ) -> None:
        self.size = len(rows)
        order = sorted(range(len(rows)), key=lambda index: sum(map(len, rows[index])))
        self._batches = [
            order[start : start + _ROWS_PER_BATCH]
            for start in range(0, len(order), _ROWS_PER_BATCH)
        ]
        self._futures = [submit([rows[index] for index in batch]) for batch in self._batches]

    @property
    def is_done(self) -> bool:
        return all(future.done() for future in self._futures)

    def results(self) -> Iterator[list[Any]]:
        """Yields the results once, in the order of the rows; then raises the first error."""
        results: list[Any] = [None] * self.size
        for batch, future in zip(self._batches, self._futures, strict=True):
            for index, result in zip(batch, future.result(), strict=True):
                results[index] = result
        errors = [index for index, result in enumerate(results) if isinstance(result, UserError)]
        if not errors:
            yield results
            return
        if errors[0]:
            yield results[: errors[0]]
        raise results[errors[0]]


def _open_model(
    model: Path, runtime: Runtime, num_threads: int, options: dict[str, Any], render: Render
) -> None:
    global _worker
    # The tokenizer would start a thread for each core in each process.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    predictor = Predictor.open(model, runtime, num_threads)

    def predict(rows: Sequence[Row]) -> list[Any]:
        try:
            return predict_rows(predictor, rows, render, options)
        except UserError as error:
            # One row that is refused takes no other with it.
            return [error] if len(rows) == 1 else [predict([row])[0] for row in rows]

    _worker = predict


def _predict_in_worker(rows: Sequence[Row]) -> list[Any]:
    return _worker(rows)

"""How a converted checkpoint compares with its float model, on texts without labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from converters.conversion.runs import QAT_FILE
from converters.experiments.run_verification import verify_run
from converters.runtime.interpreters import available_runtimes
from converters.runtime.latency import measure_latency
from converters.runtime.verification import agreement
from converters.runtime.workers import predict_outputs, run_in_workers
from tfsqueeze.data.datasets.dataset import Dataset
from tfsqueeze.tasks.outputs import TextVector
from tfsqueeze.training.keras_outputs import keras_outputs
from tfsqueeze.training.trained_run import TrainedRun

_MOST_TEXTS = 256


def compare_with_float(run: TrainedRun, content: bytes, texts: Dataset) -> dict[str, Any]:
    """Compares the .tflite file of a run with the run's float model.

    Args:
        run: the run.
        content: the bytes of the file.
        texts: examples of the run's task, without labels; the first 256 are used.

    Returns:
        A JSON-able dict: `bytes`; `runtime` and `milliseconds`, the median time of an inference on
        one thread; `texts`, their number; and `agreement_with_float`, the share of decisions in
        which both agree, in 0..1, or for vectors `cosine_to_float`, the mean cosine.
    """
    texts = _some(texts)
    runtime = available_runtimes()[-1]
    (latency,) = measure_latency(
        {"int8": content}, runtime=runtime, vocab_size=run.config.vocab_size
    ).models
    result: dict[str, Any] = {
        "bytes": len(content),
        "runtime": runtime,
        "milliseconds": latency.median,
        "texts": len(texts),
    }
    encodings = run.task.encode(run.tokenizer, texts)
    inputs = encodings.select(run.float_model.input_names)
    ((outputs, _),) = run_in_workers(predict_outputs, [(content, inputs, runtime, "default")])
    expected = keras_outputs(run.float_model, run.task, inputs)
    if all(isinstance(output, TextVector) for output in run.task.outputs.values()):
        ((ours,), (theirs,)) = outputs.values(), expected.values()
        return {**result, "cosine_to_float": float(_cosines(ours, theirs).mean())}
    decided, wanted = (
        run.task.decisions(logits, encodings, run.classes) for logits in (outputs, expected)
    )
    return {**result, "agreement_with_float": agreement(decided, wanted)}


def report_on_conversion(
    run: TrainedRun, content: bytes, texts: Dataset, *, has_labels: bool = False
) -> dict[str, Any]:
    """Compares the .tflite file of a run with the run's Keras models, on every runtime.

    Args:
        run: the run.
        content: the bytes of the file.
        texts: examples of the run's task; the first 256 are used.
        has_labels: whether they are labelled; without labels there are no scores.

    Returns:
        Results for `converters.reports.verification_report`.
    """
    latencies = [
        measure_latency(
            {QAT_FILE: content}, runtime=runtime, vocab_size=run.config.vocab_size
        ).to_dict()
        for runtime in available_runtimes()
    ]
    return {
        "title": f"Conversion of {run.folder.name}",
        **verify_run(run, {QAT_FILE: content}, _some(texts), has_labels=has_labels),
        "latency": latencies,
    }


def _some(texts: Dataset) -> Dataset:
    return texts.take(range(min(len(texts), _MOST_TEXTS)))


def _cosines(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(ours, axis=-1) * np.linalg.norm(theirs, axis=-1)
    return (ours * theirs).sum(axis=-1) / np.maximum(norms, 1e-12)

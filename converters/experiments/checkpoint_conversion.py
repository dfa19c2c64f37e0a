"""How a converted checkpoint compares with its float model, on texts without labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from converters.experiments.run_verification import keras_outputs
from converters.runtime.interpreters import available_runtimes
from converters.runtime.latency import measure_latency
from converters.runtime.verification import agreement
from converters.runtime.workers import predict_outputs, run_in_workers
from tfsqueeze.data.datasets.dataset import Dataset
from tfsqueeze.tasks.outputs import TextVector
from tfsqueeze.training.trained_run import TrainedRun

_MOST_TEXTS = 256


def compare_with_float(run: TrainedRun, content: bytes, texts: Dataset | None) -> dict[str, Any]:
    """Compares the .tflite file of a run with the run's float model.

    Args:
        run: the run.
        content: the bytes of the file.
        texts: examples of the run's task, without labels; None if there are none.

    Returns:
        A JSON-able dict: `bytes`; `runtime` and `milliseconds`, the median time of an inference on
        one thread; and `texts`, their number. With texts there is `agreement_with_float`, the share
        of decisions in which both agree, in 0..1; of vectors `cosine_to_float`, the mean cosine.
    """
    runtime = available_runtimes()[-1]
    (latency,) = measure_latency(
        {"int8": content}, runtime=runtime, vocab_size=run.config.vocab_size
    ).models
    result: dict[str, Any] = {
        "bytes": len(content),
        "runtime": runtime,
        "milliseconds": latency.median,
        "texts": 0,
    }
    if texts is None:
        return result
    texts = texts.take(range(min(len(texts), _MOST_TEXTS)))
    encodings = run.task.encode(run.tokenizer, texts)
    inputs = encodings.select(run.float_model.input_names)
    ((outputs, _),) = run_in_workers(predict_outputs, [(content, inputs, runtime, "default")])
    expected = keras_outputs(run.float_model, run.task, inputs)
    result["texts"] = len(texts)
    if all(isinstance(output, TextVector) for output in run.task.outputs.values()):
        ((ours,), (theirs,)) = outputs.values(), expected.values()
        return {**result, "cosine_to_float": float(_cosines(ours, theirs).mean())}
    return {
        **result,
        "agreement_with_float": agreement(run.task, outputs, expected, encodings),
    }


def _cosines(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(ours, axis=-1) * np.linalg.norm(theirs, axis=-1)
    return (ours * theirs).sum(axis=-1) / np.maximum(norms, 1e-12)

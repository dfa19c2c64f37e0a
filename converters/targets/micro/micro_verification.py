"""The same texts through TensorFlow Lite Micro and through the runtimes' reference kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from converters.runtime.interpreters import KernelsUnavailableError, available_runtimes
from converters.runtime.workers import predict_logits, run_in_workers
from converters.targets.micro.interpreter import measure_arena, predict, require_interpreter
from converters.tflite.inspection import list_operators
from tfsqueeze.data.datasets.text_dataset import TextDataset

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

MICRO = "tflite-micro"


def verify(run: TrainedRun, parts: dict[str, TextDataset]) -> dict[str, Any]:
    """Runs every text of some parts of a dataset, in an arena of the measured size.

    Returns JSON-able facts: `model_bytes`, `arena_bytes`, and `parts`, per part `examples`,
    `accuracy` in TensorFlow Lite Micro, and `mismatches`: per runtime in how many texts any
    logit of its reference kernels is another int8 number. A runtime whose reference kernels
    cannot run the model is left out.

    Raises UserError where tflite-micro is not installed.
    """
    # They bring TensorFlow, and worker processes import this module too.
    from converters.conversion.keras_to_tflite import convert_int8
    from tfsqueeze.training.batches import tokenize

    require_interpreter()
    model = convert_int8(run.qat_model, run.options.max_length)
    (arena_bytes,) = run_in_workers(measure_arena, [(model,)])
    facts = {"model_bytes": len(model), "arena_bytes": arena_bytes, "parts": {}}
    runtimes = [MICRO, *available_runtimes()]
    for name, part in parts.items():
        ids = tokenize(run.tokenizer, part.texts)
        found, *expected = run_in_workers(
            stored_logits, [(model, ids, runtime, arena_bytes) for runtime in runtimes]
        )
        right = found.argmax(axis=1) == part.label_ids(run.label_names)
        facts["parts"][name] = {
            "examples": len(part),
            "accuracy": float(right.mean()),
            "mismatches": {
                runtime: int((logits != found).any(axis=1).sum())
                for runtime, logits in zip(runtimes[1:], expected, strict=True)
                if logits is not None
            },
        }
    return facts


def stored_logits(
    model: bytes, input_ids: np.ndarray, runtime: str, arena_bytes: int
) -> np.ndarray | None:
    """The int8 logits [n, num_labels] of rows of ids by a runtime's reference kernels; None where
    they cannot run the model. `runtime` is `MICRO` or one of `available_runtimes()`."""
    if runtime == MICRO:
        return predict(model, input_ids, arena_bytes)
    try:
        logits, scale = predict_logits(model, input_ids, runtime, "reference")
    except KernelsUnavailableError:
        return None
    zero_point = list_operators(model)[-1].outputs[0].zero_point
    return (np.rint(logits / scale) + zero_point).astype(np.int8)

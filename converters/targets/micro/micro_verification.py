"""Compares TensorFlow Lite Micro with the reference kernels of the runtimes on the same texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np

from converters.runtime.interpreters import KernelsUnavailableError, Runtime, available_runtimes
from converters.runtime.workers import predict_logits, run_in_workers
from converters.targets.micro.micro_interpreter import (
    measure_arena,
    predict,
    require_interpreter,
)
from converters.targets.target import PartVerification, TargetVerification
from converters.tflite.inspection import list_operators
from tfsqueeze.data.datasets.text_dataset import TextDataset

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

MICRO: Literal["tflite-micro"] = "tflite-micro"


def verify_in_micro(run: TrainedRun, parts: Mapping[str, TextDataset]) -> TargetVerification:
    """Runs every text of some parts of a dataset, in an arena of the measured size.

    Args:
        run: a text classifier of single texts.
        parts: labelled texts by the name of the part.

    Returns:
        The accuracy in TensorFlow Lite Micro on each part, and how many texts have other logits
        on each runtime.

    Raises:
        UserError: tflite-micro is not installed.
    """
    # These import TensorFlow, and worker processes import this module without it.
    from converters.conversion.keras_to_tflite import convert_int8
    from tfsqueeze.training.batches import tokenize

    require_interpreter()
    model = convert_int8(run.qat_model, run.options.max_length)
    (arena_bytes,) = run_in_workers(measure_arena, [(model,)])
    runtimes = available_runtimes()
    results = {}
    for name, part in parts.items():
        ids = tokenize(run.tokenizer, part.texts)
        logits, *references = run_in_workers(
            quantized_logits,
            [(model, ids, runtime, arena_bytes) for runtime in (MICRO, *runtimes)],
        )
        is_right = logits.argmax(axis=1) == part.label_ids(run.label_names)
        results[name] = PartVerification(
            examples=len(part),
            accuracy=float(is_right.mean()),
            mismatches={
                runtime: int((reference != logits).any(axis=1).sum())
                for runtime, reference in zip(runtimes, references, strict=True)
                if reference is not None
            },
        )
    return TargetVerification(len(model), arena_bytes, results)


def quantized_logits(
    model: bytes,
    input_ids: np.ndarray,
    runtime: Runtime | Literal["tflite-micro"],
    arena_bytes: int,
) -> np.ndarray | None:
    """Runs a model with the reference kernels of a runtime.

    Args:
        model: the bytes of a .tflite file.
        input_ids: int32 [n, max_length].
        runtime: `MICRO`, or one of `available_runtimes()`.
        arena_bytes: size of the arena of TensorFlow Lite Micro.

    Returns:
        Logits int8 [n, num_labels]; None where the kernels cannot run the model.
    """
    if runtime == MICRO:
        return predict(model, input_ids, arena_bytes)
    try:
        logits, scale = predict_logits(model, input_ids, runtime, "reference")
    except KernelsUnavailableError:
        return None
    zero_point = list_operators(model)[-1].outputs[0].zero_point
    return (np.rint(logits / scale) + zero_point).astype(np.int8)

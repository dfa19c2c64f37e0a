"""Compares TensorFlow Lite Micro with the reference kernels of the runtimes on the same texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

import numpy as np

from converters.runtime.interpreters import (
    KernelsUnavailableError,
    Runtime,
    available_runtimes,
    open_model,
)
from converters.runtime.workers import predict_logits, run_in_workers
from converters.targets.micro.micro_interpreter import (
    measure_arena,
    predict,
    require_interpreter,
)
from converters.targets.target import PartVerification, TargetVerification
from converters.tflite.inspection import list_operators
from tfsqueeze.data.datasets.text_examples import TextExamples
from tfsqueeze.tasks.encodings import Encodings

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

MICRO: Literal["tflite-micro"] = "tflite-micro"


def verify_in_micro(run: TrainedRun, parts: Mapping[str, TextExamples]) -> TargetVerification:
    """Runs every text of some parts of a dataset, in an arena of the measured size.

    Args:
        run: a model that `MicroTarget` supports.
        parts: labelled texts by the name of the part.

    Returns:
        The task's scores in TensorFlow Lite Micro on each part, and how many texts have other
        logits on each runtime.

    Raises:
        UserError: tflite-micro is not installed; or a part is no data of the task, or has labels
            that the model lacks.
    """
    # These import TensorFlow, and worker processes import this module without it.
    from converters.conversion.keras_to_tflite import convert_int8
    from tfsqueeze.training.batches import tokenize

    require_interpreter()
    model = convert_int8(run.qat_model, run.options.max_length)
    (arena_bytes,) = run_in_workers(measure_arena, [(model,)])
    runtimes = available_runtimes()
    results = {}
    output = open_model(model).output_details[0]
    for name, part in parts.items():
        part = run.task.name_labels(part, run.classes)
        run.task.check_dataset(part, run.classes, run.reads_pairs)
        ids = tokenize(run.tokenizer, part.texts)
        logits, *references = run_in_workers(
            quantized_logits,
            [(model, ids, runtime, arena_bytes) for runtime in (MICRO, *runtimes)],
        )
        results[name] = PartVerification(
            examples=len(part),
            scores=score_logits(run, part, output.dequantize(logits)),
            mismatches={
                runtime: int((reference != logits).any(axis=1).sum())
                for runtime, reference in zip(runtimes, references, strict=True)
                if reference is not None
            },
        )
    return TargetVerification(len(model), arena_bytes, results)


def score_logits(run: TrainedRun, part: TextExamples, logits: np.ndarray) -> dict[str, float]:
    """Returns the task's scores.

    Args:
        run: the run whose model gave the logits.
        part: the examples.
        logits: real logits, float [n, channels].
    """
    predictions = run.task.decode({"logits": logits}, Encodings({}), run.classes)
    metrics = run.task.metrics(part, predictions, run.classes)
    return {score.name: metrics[score.name] for score in run.task.scores}


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

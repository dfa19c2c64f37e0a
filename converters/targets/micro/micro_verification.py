"""Compares TensorFlow Lite Micro with the reference kernels of the runtimes on the same texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from converters.runtime.interpreters import (
    KernelsUnavailableError,
    Runtime,
    available_runtimes,
    open_model,
)
from converters.runtime.workers import run_in_workers
from converters.targets.micro.micro_interpreter import (
    measure_arena,
    predict,
    require_interpreter,
)
from converters.targets.micro.micro_model import micro_model
from converters.targets.target import PartVerification, TargetVerification
from tfsqueeze.data.datasets.text_examples import TextExamples
from tfsqueeze.tasks.encodings import Encodings

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

MICRO: Literal["tflite-micro"] = "tflite-micro"

# int8 [rows, ...] by the output's name.
Outputs = dict[str, np.ndarray]


def verify_in_micro(run: TrainedRun, parts: Mapping[str, TextExamples]) -> TargetVerification:
    """Runs every text of some parts of a dataset, in an arena of the measured size.

    TensorFlow Lite Micro runs the file of `micro_model`, and the runtimes that of `convert_int8`.

    Args:
        run: a model that `MicroTarget` supports.
        parts: labelled texts by the name of the part.

    Returns:
        The task's scores in TensorFlow Lite Micro on each part, and how many texts have other
        outputs on each runtime.

    Raises:
        UserError: tflite-micro is not installed; or a part is no data of the task, or has labels
            that the model lacks.
    """
    # It imports TensorFlow, and worker processes import this module without it.
    from converters.conversion.keras_to_tflite import convert_int8

    require_interpreter()
    converted = convert_int8(run.qat_model, run.options.max_length)
    model = micro_model(converted)
    (arena_bytes,) = run_in_workers(measure_arena, [(model,)])
    runtimes = available_runtimes()
    results = {}
    for name, part in parts.items():
        part, encodings = encode_part(run, part)
        inputs = encodings.select(run.qat_model.input_names)
        outputs, *references = run_in_workers(
            quantized_outputs,
            [
                (model, inputs, MICRO, arena_bytes),
                *((converted, inputs, runtime, arena_bytes) for runtime in runtimes),
            ],
        )
        results[name] = PartVerification(
            examples=len(part),
            scores=score_outputs(run, part, encodings, dequantized(model, outputs)),
            mismatches=count_mismatches(outputs, runtimes, references),
        )
    return TargetVerification(len(model), arena_bytes, results)


def encode_part(run: TrainedRun, part: TextExamples) -> tuple[TextExamples, Encodings]:
    """Returns the examples of a part with the names of the run's classes, and as it reads them.

    Args:
        run: the run.
        part: labelled texts.

    Raises:
        UserError: they are no data of the run's task, or have labels that the model lacks.
    """
    part = run.task.name_labels(part, run.classes)
    run.task.check_dataset(part, run.classes, run.reads_pairs)
    return part, run.task.encode(run.tokenizer, part)


def dequantized(model: bytes, outputs: Outputs) -> dict[str, np.ndarray]:
    """Returns the real values of outputs: float32 [rows, ...] by the output's name.

    Args:
        model: the bytes of the .tflite file that computed them.
        outputs: int8 [rows, ...] by the output's name.
    """
    return {
        details.name: details.dequantize(outputs[details.name].reshape(-1, *details.shape[1:]))
        for details in open_model(model).output_details
    }


def score_outputs(
    run: TrainedRun, part: TextExamples, encodings: Encodings, logits: dict[str, np.ndarray]
) -> dict[str, float]:
    """Returns the task's scores, those of them that the data have what they need for.

    Args:
        run: the run whose model gave the logits.
        part: the examples.
        encodings: the examples as the model read them.
        logits: real values, float [rows, ...] by the output's name.
    """
    predictions = run.task.decode(logits, encodings, run.classes)
    metrics = run.task.metrics(part, predictions, run.classes)
    return {score.name: metrics[score.name] for score in run.task.scores if score.name in metrics}


def count_mismatches(
    outputs: Outputs, runtimes: Sequence[str], references: Sequence[Outputs | None]
) -> dict[str, int]:
    """Returns for each runtime how many rows have other outputs.

    Args:
        outputs: what is compared.
        runtimes: the names of the runtimes.
        references: what they computed; None where the kernels cannot run the model.
    """
    counts = {}
    for runtime, reference in zip(runtimes, references, strict=True):
        if reference is not None:
            rows = [
                (reference[name].reshape(len(x), -1) != x.reshape(len(x), -1)).any(axis=1)
                for name, x in outputs.items()
            ]
            counts[runtime] = int(np.any(rows, axis=0).sum())
    return counts


def quantized_outputs(
    model: bytes,
    inputs: Mapping[str, np.ndarray],
    runtime: Runtime | Literal["tflite-micro"],
    arena_bytes: int,
) -> Outputs | None:
    """Runs a model with the reference kernels of a runtime.

    Args:
        model: the bytes of an int8 .tflite file.
        inputs: int32 [rows, length] by the input's name.
        runtime: `MICRO`, or one of `available_runtimes()`.
        arena_bytes: size of the arena of TensorFlow Lite Micro.

    Returns:
        int8 [rows, ...] by the output's name; None where the kernels cannot run the model.
    """
    if runtime == MICRO:
        return predict(model, inputs, arena_bytes)
    try:
        opened = open_model(model, runtime, "reference")
    except KernelsUnavailableError:
        return None
    rows = [
        opened.run_all({name: x[row : row + 1] for name, x in inputs.items()})
        for row in range(len(inputs["input_ids"]))
    ]
    return {
        details.name: np.concatenate([row[details.name] for row in rows])
        for details in opened.output_details
    }

"""The same inputs through Keras and the runtimes, and how far the results agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from converters.runtime.interpreters import available_runtimes
from converters.runtime.workers import predict_outputs, run_in_workers
from tfsqueeze.tasks import Encodings, Task

# Reference kernels are slow and meant for checking; a part of the examples is enough.
REFERENCE_EXAMPLES = 256

Outputs = Mapping[str, np.ndarray]


def verify_outputs(
    models: Mapping[str, bytes],
    task: Task,
    dataset,
    rows: Encodings,
    classes: Mapping[str, Sequence[str]],
    keras_outputs: Mapping[str, Outputs],
    input_names: Sequence[str],
    *,
    reference_examples: int = REFERENCE_EXAMPLES,
) -> tuple[list[dict[str, Any]], dict[tuple[str, str, str], Outputs]]:
    """Compares .tflite models on every runtime, with optimized and reference kernels, to Keras.

    models: .tflite contents by the name they have in the result; the first one is run by the
        reference kernels as well.
    dataset, rows: labelled examples, and the same tokenized by the task.
    classes: the names of each output's classes.
    keras_outputs: logits by the output's name, float [n, ...], of the `float` and the `qat` Keras
        model.
    input_names: those of the rows' inputs that the models take.
    reference_examples: how many of the first examples the reference kernels get; 0 leaves them
        out.

    Returns one row per Keras model, then one per model, runtime and set of kernels: `model`,
    `runtime`, `kernels`, `examples`, the task's `scores`, the shares of equal predictions
    `agreement_with_qat` and `agreement_with_float`, and `logit_error_mean`/`logit_error_max`: the
    absolute difference to the QAT model's logits in steps of each output's scale. Predictions are
    the task's `decisions`, and the logits those that make them, its `counted`. And the outputs by
    (model, runtime, kernels).
    """

    def row(name, runtime, kernels, count, outputs, scales):
        part = rows.take(count)
        metrics = task.metrics(
            dataset.take(range(count)), task.predictions(outputs, part, classes), classes
        )
        expected = {
            key: {name: value[: len(part)] for name, value in logits.items()}
            for key, logits in keras_outputs.items()
        }
        errors = None
        if scales and all(scales.values()):
            logits_of_qat = task.counted(expected["qat"], part)
            errors = np.concatenate(
                [
                    (np.abs(logits - logits_of_qat[output]) / scales[output]).ravel()
                    for output, logits in task.counted(outputs, part).items()
                ]
            )
        decided = task.decisions(outputs, part)

        def agreement(other):
            others = task.decisions(expected[other], part)
            return float(
                np.concatenate(
                    [
                        (values == others[name]).reshape(len(values), -1).all(axis=1)
                        for name, values in decided.items()
                    ]
                ).mean()
            )

        return {
            "model": name,
            "runtime": runtime,
            "kernels": kernels,
            "examples": count,
            **{score: metrics[score] for score in task.scores if score in metrics},
            "agreement_with_qat": agreement("qat"),
            "agreement_with_float": agreement("float"),
            "logit_error_mean": None if errors is None else float(errors.mean()),
            "logit_error_max": None if errors is None else float(errors.max()),
        }

    count = len(dataset)
    table = [
        row("Keras float", "tensorflow", None, count, keras_outputs["float"], None),
        row("Keras QAT", "tensorflow", None, count, keras_outputs["qat"], None),
    ]
    cases = [
        (name, runtime, "default", count) for name in models for runtime in available_runtimes()
    ]
    if reference_examples:
        cases += [
            (next(iter(models)), runtime, "reference", min(count, reference_examples))
            for runtime in available_runtimes()
        ]
    results = run_in_workers(
        predict_outputs,
        [
            (models[name], rows.take(count).select(input_names), runtime, kernels)
            for name, runtime, kernels, count in cases
        ],
    )
    for (*case, count), (outputs, scales) in zip(cases, results, strict=True):
        table.append(row(*case, count, outputs, scales))
    return table, {case[:3]: outputs for case, (outputs, _) in zip(cases, results, strict=True)}

"""The same inputs through Keras and the runtimes, and how far the results agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from converters.runtime.interpreters import available_runtimes
from converters.runtime.workers import predict_outputs, run_in_workers
from tfsqueeze.data.datasets.dataset import Dataset
from tfsqueeze.tasks import Encodings, Task

# Reference kernels are slow and meant for checking; a part of the examples is enough.
REFERENCE_EXAMPLES = 256

Outputs = Mapping[str, np.ndarray]


def verify_outputs(
    models: Mapping[str, bytes],
    task: Task,
    dataset: Dataset,
    encodings: Encodings,
    classes: Mapping[str, Sequence[str]],
    keras_outputs: Mapping[str, Outputs],
    input_names: Sequence[str],
    *,
    has_labels: bool = True,
    reference_examples: int = REFERENCE_EXAMPLES,
) -> tuple[list[dict[str, Any]], dict[tuple[str, str, str], Outputs]]:
    """Compares .tflite models on every runtime, with optimized and reference kernels, to Keras.

    Args:
        models: .tflite contents by the name that they have in the result; the reference kernels
            run the first one as well.
        task: the task of the models.
        dataset: examples.
        encodings: the same examples, tokenized by the task.
        classes: the names of each output's classes.
        keras_outputs: logits by the output's name, float [rows, ...], of the `float` and of the
            `qat` Keras model, and of the `checkpoint` that they were trained from, if there is one.
        input_names: the inputs that the models take.
        has_labels: whether the examples are labelled; without labels there are no scores.
        reference_examples: how many of the first examples the reference kernels get; 0 leaves
            them out.

    Returns:
        A table and the outputs. The table has one row for each Keras model, then one for each
        model, runtime and set of kernels: `model`, `runtime`, `kernels`, `examples`, the task's
        scores, the shares of equal decisions `agreement_with_qat` and `agreement_with_float`, and
        `logit_error_mean` and `logit_error_max`, the absolute difference to the QAT model's
        active logits in steps of each output's scale. The outputs are there by (model, runtime,
        kernels).
    """

    def row(name, runtime, kernels, count, outputs, scales):
        part = encodings.take(count)
        metrics = (
            task.metrics(dataset.take(range(count)), task.decode(outputs, part, classes), classes)
            if has_labels
            else {}
        )
        expected = {
            key: {name: value[: len(part)] for name, value in logits.items()}
            for key, logits in keras_outputs.items()
        }
        errors = None
        if scales and all(scales.values()):
            logits_of_qat = task.active_logits(expected["qat"], part)
            errors = np.concatenate(
                [
                    (np.abs(logits - logits_of_qat[output]) / scales[output]).ravel()
                    for output, logits in task.active_logits(outputs, part).items()
                ]
            )
        decided = task.decisions(outputs, part, classes)
        return {
            "model": name,
            "runtime": runtime,
            "kernels": kernels,
            "examples": count,
            **{score.name: metrics[score.name] for score in task.scores if score.name in metrics},
            **{
                f"agreement_with_{key}": agreement(
                    decided, task.decisions(expected[key], part, classes)
                )
                for key in ("qat", "float")
            },
            "logit_error_mean": None if errors is None else float(errors.mean()),
            "logit_error_max": None if errors is None else float(errors.max()),
        }

    count = len(dataset)
    titles = {"float": "Keras float", "qat": "Keras QAT", "checkpoint": "Keras checkpoint"}
    table = [
        row(title, "tensorflow", None, count, keras_outputs[key], None)
        for key, title in titles.items()
        if key in keras_outputs
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
            (models[name], encodings.take(count).select(input_names), runtime, kernels)
            for name, runtime, kernels, count in cases
        ],
    )
    for (*case, count), (outputs, scales) in zip(cases, results, strict=True):
        table.append(row(*case, count, outputs, scales))
    return table, {case[:3]: outputs for case, (outputs, _) in zip(cases, results, strict=True)}


def agreement(decided: Outputs, expected: Outputs) -> float:
    """Returns the share of decisions in which two models agree, in 0..1.

    Args:
        decided: what `Task.decisions` returned for one model.
        expected: what it returned for the other.
    """
    return float(
        np.concatenate(
            [
                (values == expected[name]).reshape(len(values), -1).all(axis=1)
                for name, values in decided.items()
            ]
        ).mean()
    )

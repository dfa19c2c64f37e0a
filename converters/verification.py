"""The same inputs through Keras and the runtimes, and how far the results agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from converters.runtimes import available_runtimes
from converters.worker import predict_logits, run_in_workers
from tfsqueeze.evaluation.metrics import classification_metrics

# Reference kernels are slow and meant for checking; a part of the examples is enough.
REFERENCE_EXAMPLES = 256


def verify_logits(models: Mapping[str, bytes], input_ids: np.ndarray, labels: np.ndarray,
                  label_names: list[str], keras_logits: Mapping[str, np.ndarray], *,
                  reference_examples: int = REFERENCE_EXAMPLES
                  ) -> tuple[list[dict[str, Any]], dict[tuple[str, str, str], np.ndarray]]:
    """Compares .tflite models on every runtime, with optimized and reference kernels, to Keras.

    models: .tflite contents by the name they have in the result; the first one is run by the
        reference kernels as well.
    input_ids: int32 [n, length].
    labels: true class ids, int [n].
    keras_logits: float [n, num_labels] of the `float` and the `qat` Keras model.
    reference_examples: how many of the first examples the reference kernels get; 0 leaves them
        out.

    Returns one row per Keras model, then one per model, runtime and set of kernels: `model`,
    `runtime`, `kernels`, `examples`, `accuracy`, `macro_f1`, the shares of equal predictions
    `agreement_with_qat` and `agreement_with_float`, and `logit_error_mean`/`logit_error_max`: the
    absolute difference to the QAT model's logits in steps of the output's scale. And the logits
    by (model, runtime, kernels).
    """
    def row(name, runtime, kernels, logits, scale):
        count = len(logits)
        metrics = classification_metrics(labels[:count], logits.argmax(axis=1), label_names)
        errors = np.abs(logits - keras_logits["qat"][:count]) / scale if scale else None

        def agreement(other):
            same = logits.argmax(axis=1) == keras_logits[other][:count].argmax(axis=1)
            return float(same.mean())

        return {"model": name, "runtime": runtime, "kernels": kernels, "examples": count,
                "accuracy": metrics["accuracy"], "macro_f1": metrics["macro_f1"],
                "agreement_with_qat": agreement("qat"),
                "agreement_with_float": agreement("float"),
                "logit_error_mean": float(errors.mean()) if scale else None,
                "logit_error_max": float(errors.max()) if scale else None}

    rows = [row("Keras float", "tensorflow", None, keras_logits["float"], None),
            row("Keras QAT", "tensorflow", None, keras_logits["qat"], None)]
    cases = [(name, runtime, "default", len(input_ids))
             for name in models for runtime in available_runtimes()]
    if reference_examples:
        cases += [(next(iter(models)), runtime, "reference", reference_examples)
                  for runtime in available_runtimes()]
    results = run_in_workers(predict_logits, [
        (models[name], input_ids[:count], runtime, kernels)
        for name, runtime, kernels, count in cases])
    for (name, runtime, kernels, _), (logits, scale) in zip(cases, results, strict=True):
        rows.append(row(name, runtime, kernels, logits, scale))
    return rows, {case[:3]: logits for case, (logits, _) in zip(cases, results, strict=True)}

"""A training run verified: its Keras models and .tflite files on every runtime."""

from __future__ import annotations

from typing import Any

import numpy as np
import tf_keras as keras

from converters.conversion.runs import QAT_FILE
from converters.runtime.interpreters import available_runtimes
from converters.runtime.verification import verify_outputs
from converters.tflite.inspection import require_int8, summarize_operators
from tfsqueeze.data.datasets.question_dataset import QuestionDataset
from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.tasks import TEXT_CLASSIFICATION, Task
from tfsqueeze.tasks.text_classification import require_pairs
from tfsqueeze.training.batches import evaluation_batches
from tfsqueeze.training.trained_run import TrainedRun
from tfsqueeze.utils.versions import installed_versions


def keras_outputs(
    model: keras.Model, task: Task, inputs: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Returns a Keras model's logits of many rows by the output's name: float32 [n, ...]."""
    logits = model.predict(evaluation_batches(inputs), verbose=0)
    return logits if isinstance(logits, dict) else {next(iter(task.outputs)): logits}


def verify_run(
    run: TrainedRun,
    models: dict[str, bytes],
    test: TextDataset | TokenDataset | QuestionDataset | SentenceDataset,
    **options: Any,
) -> dict[str, Any]:
    """Runs a test set through a run's Keras models and .tflite files on every runtime.

    models: .tflite contents by name, the quantization-aware one as `QAT_FILE`.
    options: those of `verify_outputs`.

    Returns the parts of a report (see `converters.reports.verification_report`): `model`, `accuracy`, `files`,
    `operators`, `versions`, and `confusion_matrix` of texts or intents; `accuracy` has the scores
    of the run's task.
    """
    from tfsqueeze.models.complexity import count_macs

    task, input_names = run.task, run.float_model.input_names
    if task is TEXT_CLASSIFICATION:
        require_pairs(test, run.reads_pairs)
    test = task.completed(test, run.options.teacher)
    rows = task.rows(run.tokenizer, test)
    expected = {
        name: keras_outputs(model, task, rows.select(input_names))
        for name, model in (("float", run.float_model), ("qat", run.qat_model))
    }
    table, outputs_of = verify_outputs(
        models, task, test, rows, run.classes, expected, input_names, **options
    )
    on_device = outputs_of[QAT_FILE, available_runtimes()[-1], "default"]
    metrics = task.metrics(test, task.predictions(on_device, rows, run.classes), run.classes)
    confusion = metrics.get("intents", metrics).get("confusion_matrix")
    operators = require_int8(models[QAT_FILE], allow_float_output=True)
    first_token_only = task is TEXT_CLASSIFICATION and run.config.classifier_pooling == "cls"
    return {
        "model": {
            "preset": run.options.preset,
            "parameters": run.float_model.count_params(),
            "macs": sum(
                count_macs(
                    run.config, run.options.max_length, first_token_only=first_token_only
                ).values()
            ),
            "max_length": run.options.max_length,
            "vocab_size": run.config.vocab_size,
        },
        "accuracy": table,
        "files": [{"name": name, "bytes": len(content)} for name, content in models.items()],
        "operators": summarize_operators(operators),
        **(
            {"confusion_matrix": {"labels": run.label_names, "rows": confusion}}
            if confusion
            else {}
        ),
        "versions": installed_versions(),
    }

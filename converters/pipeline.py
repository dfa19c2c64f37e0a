"""From a training run to packed .tflite files, and their verification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tf_keras as keras

from converters.inspection import require_int8, summarize_operators
from converters.int8 import convert_float, convert_int8, convert_post_training
from converters.metadata import pack_metadata
from converters.runtimes import available_runtimes
from converters.signatures import merge_lengths
from converters.verification import verify_outputs
from converters.versions import installed_versions
from tfsqueeze.data.question_dataset import QuestionDataset
from tfsqueeze.data.text_dataset import TextDataset
from tfsqueeze.data.token_dataset import TokenDataset
from tfsqueeze.quantization import quantize_aware
from tfsqueeze.tasks import TEXT_CLASSIFICATION, Task
from tfsqueeze.tasks.text_classification import require_pairs
from tfsqueeze.training.batches import Inputs, evaluation_batches
from tfsqueeze.training.run import TrainedRun, calibration_batches

QAT_FILE = "int8 (QAT)"
MOBILE_FILE = "mobile (QAT)"


def convert_run(run: TrainedRun, max_lengths: Sequence[int] = (), output_dtype: str = "int8",
                profile: str = "int8") -> bytes:
    """Converts a run's quantization-aware model to an int8 .tflite with all it takes to predict.

    max_lengths: the static length, or several for one file that has the weights once and a
        signature for each; that of training by default.
    output_dtype: `int8` or `float32`.
    profile: `int8` or `mobile`; see `convert_int8`.

    Returns the file's bytes with labels, vocabulary and tokenizer settings inside. Raises as
    `convert_int8`.
    """
    contents = {length: convert_int8(run.qat_model, length, output_dtype, profile)
                for length in set(max_lengths) or {run.options.max_length}}
    content = merge_lengths(contents) if len(contents) > 1 else next(iter(contents.values()))
    return pack(run, content, max(contents))


def pack(run: TrainedRun, content: bytes, max_length: int) -> bytes:
    """Puts a run's labels, vocabulary and tokenizer settings into a .tflite file."""
    return pack_metadata(
        content, name=f"SqueezeBERT {run.task.title}",
        description=f"Trained on {run.dataset_name} ({len(run.label_names)} labels).",
        labels=run.label_names, slots=run.slot_names, task=run.task.name, pairs=run.reads_pairs,
        vocabulary=run.tokenizer.vocabulary,
        tokenizer={**run.tokenizer.settings(), "max_length": max_length},
        extra={"config": run.config.to_dict(), "dataset": run.dataset_name,
               "options": run.options.to_dict(), "versions": installed_versions()})


def convert_alternatives(run: TrainedRun, train_inputs: Inputs) -> dict[str, bytes]:
    """Converts a run's float model without quantization-aware training, for comparison.

    train_inputs: what to calibrate on, int32 [n, max_length] by the input's name, or the
        `input_ids` alone.

    Returns .tflite contents by name: float32; int8 by calibrating this project's graph; and int8
    by TensorFlow Lite's stock post-training quantization of the float graph.
    """
    max_length = run.options.max_length
    batches = calibration_batches(train_inputs, run.options.seed)
    calibrated = quantize_aware(run.float_model, batches)
    return {
        "float32": convert_float(run.float_model, max_length),
        "int8 (post-training, our graph)": convert_int8(calibrated, max_length),
        "int8 (post-training, stock converter)": convert_post_training(
            run.float_model, max_length,
            [{name: value[row] for name, value in batch.items()}
             for batch in batches for row in range(len(batch["input_ids"]))]),
    }


def keras_outputs(model: keras.Model, task: Task, inputs: dict[str, np.ndarray]
                  ) -> dict[str, np.ndarray]:
    """Returns a Keras model's logits of many rows by the output's name: float32 [n, ...]."""
    logits = model.predict(evaluation_batches(inputs), verbose=0)
    return logits if isinstance(logits, dict) else {next(iter(task.outputs)): logits}


def verify_run(run: TrainedRun, models: dict[str, bytes],
               test: TextDataset | TokenDataset | QuestionDataset, **options: Any
               ) -> dict[str, Any]:
    """Runs a test set through a run's Keras models and .tflite files on every runtime.

    models: .tflite contents by name, the quantization-aware one as `QAT_FILE`.
    options: those of `verify_outputs`.

    Returns the parts of a report (see `converters.report`): `model`, `accuracy`, `files`,
    `operators`, `versions`, and `confusion_matrix` of texts or intents; `accuracy` has the scores
    of the run's task.
    """
    from tfsqueeze.models import count_macs

    task, input_names = run.task, run.float_model.input_names
    if task is TEXT_CLASSIFICATION:
        require_pairs(test, run.reads_pairs)
    rows = task.rows(run.tokenizer, test)
    expected = {name: keras_outputs(model, task, rows.select(input_names))
                for name, model in (("float", run.float_model), ("qat", run.qat_model))}
    table, outputs_of = verify_outputs(models, task, test, rows, run.classes, expected,
                                       input_names, **options)
    on_device = outputs_of[QAT_FILE, available_runtimes()[-1], "default"]
    metrics = task.metrics(test, task.predictions(on_device, rows, run.classes), run.classes)
    confusion = metrics.get("intents", metrics).get("confusion_matrix")
    operators = require_int8(models[QAT_FILE], allow_float_output=True)
    first_token_only = task is TEXT_CLASSIFICATION and run.config.classifier_pooling == "cls"
    return {
        "model": {"preset": run.options.preset, "parameters": run.float_model.count_params(),
                  "macs": sum(count_macs(
                      run.config, run.options.max_length,
                      first_token_only=first_token_only).values()),
                  "max_length": run.options.max_length, "vocab_size": run.config.vocab_size},
        "accuracy": table,
        "files": [{"name": name, "bytes": len(content)} for name, content in models.items()],
        "operators": summarize_operators(operators),
        **({"confusion_matrix": {"labels": run.label_names, "rows": confusion}}
           if confusion else {}),
        "versions": installed_versions(),
    }

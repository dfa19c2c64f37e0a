"""From a training run to packed .tflite files, and their verification."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from converters.inspection import require_int8, summarize_operators
from converters.int8 import convert_float, convert_int8, convert_post_training
from converters.metadata import pack_metadata
from converters.runtimes import available_runtimes
from converters.signatures import merge_lengths
from converters.verification import verify_logits
from converters.versions import installed_versions
from tfsqueeze.data.text_dataset import TextDataset
from tfsqueeze.evaluation.metrics import classification_metrics
from tfsqueeze.quantization import quantize_aware
from tfsqueeze.training.batches import evaluation_batches, tokenize
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
        content, name="SqueezeBERT text classifier",
        description=f"Trained on {run.dataset_name} ({len(run.label_names)} labels).",
        labels=run.label_names, vocabulary=run.tokenizer.vocabulary,
        tokenizer={**run.tokenizer.settings(), "max_length": max_length},
        extra={"config": run.config.to_dict(), "dataset": run.dataset_name,
               "options": run.options.to_dict(), "versions": installed_versions()})


def convert_alternatives(run: TrainedRun, train_ids: np.ndarray) -> dict[str, bytes]:
    """Converts a run's float model without quantization-aware training, for comparison.

    train_ids: int32 [n, max_length], the texts to calibrate on.

    Returns .tflite contents by name: float32; int8 by calibrating this project's graph; and int8
    by TensorFlow Lite's stock post-training quantization of the float graph.
    """
    max_length = run.options.max_length
    batches = calibration_batches(train_ids, run.options.seed)
    calibrated = quantize_aware(run.float_model, batches)
    return {
        "float32": convert_float(run.float_model, max_length),
        "int8 (post-training, our graph)": convert_int8(calibrated, max_length),
        "int8 (post-training, stock converter)": convert_post_training(
            run.float_model, max_length, np.concatenate(batches)),
    }


def verify_run(run: TrainedRun, models: dict[str, bytes], test: TextDataset,
               **options: Any) -> dict[str, Any]:
    """Runs a test set through a run's Keras models and .tflite files on every runtime.

    models: .tflite contents by name, the quantization-aware one as `QAT_FILE`.
    options: those of `verify_logits`.

    Returns the parts of a report (see `converters.report`): `model`, `accuracy`, `files`,
    `operators`, `confusion_matrix`, `versions`.
    """
    from tfsqueeze.models import count_macs

    ids = tokenize(run.tokenizer, test.texts)
    labels = test.label_ids(run.label_names)
    logits = {name: model.predict(evaluation_batches(ids), verbose=0)
              for name, model in (("float", run.float_model), ("qat", run.qat_model))}
    rows, logits_of = verify_logits(models, ids, labels, run.label_names, logits, **options)
    on_device = logits_of[QAT_FILE, available_runtimes()[-1], "default"]
    confusion = classification_metrics(labels, on_device.argmax(axis=1), run.label_names)
    operators = require_int8(models[QAT_FILE], allow_float_output=True)
    return {
        "model": {"preset": run.options.preset, "parameters": run.float_model.count_params(),
                  "macs": sum(count_macs(
                      run.config, run.options.max_length,
                      first_token_only=run.config.classifier_pooling == "cls").values()),
                  "max_length": run.options.max_length, "vocab_size": run.config.vocab_size},
        "accuracy": rows,
        "files": [{"name": name, "bytes": len(content)} for name, content in models.items()],
        "operators": summarize_operators(operators),
        "confusion_matrix": {"labels": run.label_names, "rows": confusion["confusion_matrix"]},
        "versions": installed_versions(),
    }

"""What int8 without training costs a fine-tuned classifier, beside its float model."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.training.batches import CALIBRATION_TEXTS
from tfsqueeze.utils.errors import UserError

_HELD_OUT = 1024


def measure_post_training(
    folder: Path,
    data: str,
    *,
    seed: int = 0,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> dict[str, Any]:
    """Compares the ways to int8 that need no training: plain calibration, and `convert`'s own.

    Args:
        folder: a finished run of text classification.
        data: the dataset of the run, by name or folder. Calibration texts are those of its training
            part, and the test part is measured, or that for validation.
        seed: of the choice of texts.
        progress: called with what is done, how much there is in all, and what comes next.

    Returns:
        A JSON-able dict: the settings and `post-training`, a row for each model: `accuracy` and
        `agreement` with the float model on the test part, `held_out` agreement on training texts
        that calibration did not see, `decibels` of the float model's logits over what the model
        adds to them, and `seconds` of the calibration. Files run on LiteRT.

    Raises:
        UserError: there is no such run or dataset, or the run is of another task.
    """
    from converters.conversion.keras_to_tflite import convert_int8
    from converters.runtime.interpreters import open_model
    from tfsqueeze.quantization import quantize_after_training, quantize_aware
    from tfsqueeze.training.batches import calibration_batches
    from tfsqueeze.training.keras_outputs import keras_outputs
    from tfsqueeze.training.trained_run import load_run

    run = load_run(folder)
    if run.task is not TEXT_CLASSIFICATION:
        raise UserError(f"{folder} is a run of {run.task.name}; give one of text-classification")
    splits = load_dataset(data, seed=seed)
    test, texts = splits.test or splits.validation, splits.train.sample(len(splits.train), seed)
    model = run.float_model

    def encode(dataset: Any) -> dict[str, np.ndarray]:
        return run.task.encode(run.tokenizer, dataset).select(model.input_names)

    chosen = encode(texts.take(range(min(CALIBRATION_TEXTS, len(texts) // 2))))
    count = len(chosen["input_ids"])
    inputs = {
        "test": encode(test),
        "held_out": encode(texts.take(range(count, min(count + _HELD_OUT, len(texts))))),
    }
    labels = test.label_ids(list(run.config.id2label.values()))
    name = next(iter(run.task.outputs))
    expected = {part: keras_outputs(model, run.task, x)[name] for part, x in inputs.items()}
    ways: dict[str, Callable[[], Any]] = {
        "plain calibration": lambda: quantize_aware(model, calibration_batches(chosen, seed)),
        "convert --calibration": lambda: quantize_after_training(
            model, chosen, run.tokenizer.pad_token_id
        ),
    }
    rows = [_row("float", expected, expected, labels)]
    for index, (title, quantize) in enumerate(ways.items()):
        progress(index, 4, f"{data}: {title}")
        start = time.perf_counter()
        quantized = quantize()
        seconds = time.perf_counter() - start
        found = {part: keras_outputs(quantized, run.task, x)[name] for part, x in inputs.items()}
        rows.append({**_row(title, found, expected, labels), "seconds": seconds})
    for index, profile in enumerate(("int8", "mobile")):
        progress(len(ways) + index, 4, f"{data}: {title}, {profile} on LiteRT")
        file = open_model(convert_int8(quantized, run.options.max_length, "float32", profile))
        found = {"test": file.predict_logits(inputs["test"])}
        rows.append(_row(f"{title}, {profile} on LiteRT", found, expected, labels))
    return {
        "data": Path(data).name,
        "model": run.options.pretrained or folder.name,
        "examples": len(test),
        "calibration_texts": count,
        "held_out": len(inputs["held_out"]["input_ids"]),
        "max_length": run.options.max_length,
        "seed": seed,
        "post-training": rows,
    }


def _row(
    name: str, found: dict[str, np.ndarray], expected: dict[str, np.ndarray], labels: np.ndarray
) -> dict[str, Any]:
    logits, floats = found["test"], expected["test"]
    noise = np.square(logits - floats).sum()
    return {
        "name": name,
        "accuracy": float((logits.argmax(axis=1) == labels).mean()),
        "agreement": _agreement(logits, floats),
        "held_out": (
            _agreement(found["held_out"], expected["held_out"]) if "held_out" in found else None
        ),
        "decibels": float(10 * np.log10(np.square(floats).sum() / noise)) if noise else None,
        "seconds": None,
    }


def _agreement(logits: np.ndarray, floats: np.ndarray) -> float:
    return float((logits.argmax(axis=1) == floats.argmax(axis=1)).mean())

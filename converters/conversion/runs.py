"""From a training run to packed .tflite files, and their verification."""

from __future__ import annotations

from collections.abc import Sequence

from converters.conversion.keras_to_tflite import convert_float, convert_int8, convert_post_training
from converters.tflite.metadata import pack_metadata
from converters.tflite.signatures import merge_lengths
from tfsqueeze.quantization import quantize_aware
from tfsqueeze.training.batches import Inputs, calibration_batches
from tfsqueeze.training.trained_run import TrainedRun
from tfsqueeze.utils.versions import installed_versions

QAT_FILE = "int8 (QAT)"
MOBILE_FILE = "mobile (QAT)"


def convert_run(
    run: TrainedRun,
    max_lengths: Sequence[int] = (),
    output_dtype: str = "int8",
    profile: str = "int8",
) -> bytes:
    """Converts a run's quantization-aware model to an int8 .tflite with all it takes to predict.

    max_lengths: the static length, or several for one file that has the weights once and a
        signature for each; that of training by default.
    output_dtype: `int8` or `float32`.
    profile: `int8` or `mobile`; see `convert_int8`.

    Returns the file's bytes with labels, vocabulary and tokenizer settings inside. Raises as
    `convert_int8`.
    """
    contents = {
        length: convert_int8(run.qat_model, length, output_dtype, profile)
        for length in set(max_lengths) or {run.options.max_length}
    }
    content = merge_lengths(contents) if len(contents) > 1 else next(iter(contents.values()))
    return pack(run, content, max(contents))


def pack(run: TrainedRun, content: bytes, max_length: int) -> bytes:
    """Puts a run's labels, vocabulary and tokenizer settings into a .tflite file."""
    return pack_metadata(
        content,
        name=f"SqueezeBERT {run.task.title}",
        description=f"Trained on {run.dataset_name}"
        + (f" ({len(run.label_names)} labels)." if run.label_names else "."),
        labels=run.label_names,
        slots=run.slot_names,
        task=run.task.name,
        pairs=run.reads_pairs,
        vocabulary=run.tokenizer.vocabulary,
        tokenizer={**run.tokenizer.settings(), "max_length": max_length},
        extra={
            "config": run.config.to_dict(),
            "dataset": run.dataset_name,
            "options": run.options.to_dict(),
            "versions": installed_versions(),
        },
    )


def convert_ptq_baselines(run: TrainedRun, train_inputs: Inputs) -> dict[str, bytes]:
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
            run.float_model,
            max_length,
            [
                {name: value[row] for name, value in batch.items()}
                for batch in batches
                for row in range(len(batch["input_ids"]))
            ],
        ),
    }

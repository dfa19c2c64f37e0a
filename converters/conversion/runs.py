"""From a training run to packed .tflite files, and their verification."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ai_edge_litert import schema_py_generated as schema

from converters.conversion.keras_to_tflite import (
    convert_float,
    convert_int8,
    convert_int8_model,
    convert_post_training,
    require_profile,
)
from converters.conversion.profiles import FileSignature, OutputDtype, Profile
from converters.tflite.metadata import pack_metadata
from converters.tflite.run_description import describe_run
from converters.tflite.signatures import merge_lengths
from converters.tflite.task_library import require_task_library, sign_for_task_library
from converters.tflite.tflite_file import Model
from tfsqueeze.quantization import quantize_aware
from tfsqueeze.training.batches import Inputs, calibration_batches
from tfsqueeze.training.calibrated_checkpoint import load_or_calibrate
from tfsqueeze.training.trained_run import TaskModel, TrainedRun
from tfsqueeze.utils.files import write_atomically

QAT_FILE = "int8 (QAT)"
MOBILE_FILE = "mobile (QAT)"
# exp(-20) is 2e-9, and an int8 range still has steps for the scores.
_STOCK_MASK_VALUE = -20.0


def convert(
    run: TrainedRun | str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    calibration: Sequence[str | os.PathLike[str]] = (),
    max_lengths: Sequence[int] = (),
    output_dtype: OutputDtype = "int8",
    profile: Profile = "int8",
    signature: FileSignature | None = None,
) -> bytes:
    """Converts a run or a checkpoint to an int8 .tflite file, and writes it if a path is given.

    Args:
        run: a finished training run, or its folder; or a fine-tuned checkpoint: a folder in Hugging
            Face's layout, a name in `BACKBONES`, or a hub id.
        output: path of the file to write; None writes none.
        calibration: texts without labels for a checkpoint; see `calibrate_checkpoint`.
        max_lengths: see `convert_run`, also for the other arguments.
        output_dtype: `int8` or `float32`.
        profile: `int8` or `mobile`.
        signature: `task-library` for a file that the Task Library of TensorFlow Lite and MediaPipe
            Tasks open, with float32 outputs; see `sign_for_task_library`.

    Returns:
        The file's bytes, with labels, vocabulary and tokenizer settings inside.

    Raises:
        NotFullyInt8Error: some tensor is not what the profile says; the message names the ops.
        UserError: the folder holds no finished run and no checkpoint, an argument is out of range,
            or the readers of the signature cannot use the model.

    Example:
        >>> import tfsqueeze
        >>> content = tfsqueeze.convert("runs/r8", "r8.tflite")  # doctest: +SKIP
    """
    if not isinstance(run, TrainedRun):
        run, _ = load_or_calibrate(run, calibration, max(max_lengths, default=None))
    require_signature(run, max_lengths, signature)
    content = sign(convert_run(run, max_lengths, output_dtype, profile), signature)
    if output is not None:
        with write_atomically(output) as temporary:
            temporary.write_bytes(content)
    return content


def require_signature(
    run: TaskModel, max_lengths: Sequence[int] = (), signature: FileSignature | None = None
) -> None:
    """Checks that a run's files can have a signature, before the time that a conversion takes.

    Args:
        run: the run.
        max_lengths: the static lengths in tokens; that of training by default.
        signature: the signature; None for that of tfsqueeze, which all files can have.

    Raises:
        UserError: they cannot; the message says why.
    """
    if signature is not None:
        require_task_library(describe_run(run), list(max_lengths) or [run.options.max_length])


def sign(content: bytes, signature: FileSignature | None) -> bytes:
    """Returns a packed .tflite file with a signature.

    Args:
        content: the bytes of a file of tfsqueeze.
        signature: the signature; None for that of tfsqueeze, which the file has.

    Raises:
        UserError: the file cannot have the signature; see `require_signature`.
    """
    return content if signature is None else sign_for_task_library(content)


def convert_run(
    run: TrainedRun,
    max_lengths: Sequence[int] = (),
    output_dtype: OutputDtype = "int8",
    profile: Profile = "int8",
) -> bytes:
    """Converts a run's quantization-aware model to an int8 .tflite with all it takes to predict.

    Args:
        run: a finished training run.
        max_lengths: the static length in tokens, or several for one file that has the weights
            once and a signature for each; that of training by default.
        output_dtype: `int8` or `float32`.
        profile: `int8` or `mobile`; see `convert_int8`.

    Returns:
        The file's bytes, with labels, vocabulary and tokenizer settings inside.

    Raises:
        NotFullyInt8Error: some tensor is not what the profile says; the message names the ops.
        UserError: an argument is out of range.
    """
    models = {
        length: convert_int8_model(run.qat_model, length, output_dtype, profile)
        for length in set(max_lengths) or {run.options.max_length}
    }
    model = merge_lengths(models) if len(models) > 1 else next(iter(models.values()))
    content = pack(run, model, max(models))
    require_profile(content, output_dtype, profile)
    return content


def pack(run: TaskModel, model: Model | schema.ModelT, max_length: int) -> bytes:
    """Puts a run's labels, vocabulary and tokenizer settings into a .tflite file.

    Args:
        run: the run that the file was made of.
        model: the .tflite file (its path, bytes, or a `TFLiteFile`), or an unpacked model, which is
            changed.
        max_length: the file's longest length in tokens.

    Returns:
        The packed file's bytes.

    Raises:
        UserError: the file is not sound, or its outputs are not those of the run's task.
    """
    about = describe_run(run)
    tokenizer = {**about.tokenizer, "model_max_length": max_length}
    return pack_metadata(model, **{**vars(about), "tokenizer": tokenizer})


def convert_ptq_baselines(run: TrainedRun, train_inputs: Inputs) -> dict[str, bytes]:
    """Converts a run's float model without quantization-aware training, for comparison.

    Args:
        run: a finished training run.
        train_inputs: what to calibrate on, int32 [n, max_length] by the input's name, or the
            `input_ids` alone.

    Returns:
        .tflite contents by name: float32; int8 by calibrating this project's graph; and int8 by
        TensorFlow Lite's stock post-training quantization of the float graph, as it is and with
        a mask that int8 can hold.
    """
    max_length = run.options.max_length
    batches = calibration_batches(train_inputs, run.options.seed)
    calibrated = quantize_aware(run.float_model, batches)
    rows = [
        {name: value[row] for name, value in batch.items()}
        for batch in batches
        for row in range(len(batch["input_ids"]))
    ]
    model = run.float_model
    return {
        "float32": convert_float(model, max_length),
        "int8 (post-training, our graph)": convert_int8(calibrated, max_length),
        "int8 (post-training, stock converter)": convert_post_training(model, max_length, rows),
        f"int8 (post-training, stock converter, mask {_STOCK_MASK_VALUE:.0f})": (
            convert_post_training(model, max_length, rows, _STOCK_MASK_VALUE)
        ),
    }

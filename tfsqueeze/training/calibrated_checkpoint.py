"""A Hugging Face checkpoint as a run: its own weights and labels, calibrated but not trained."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from tfsqueeze.data.sources.calibration_texts import calibration_texts
from tfsqueeze.quantization import quantize_after_training
from tfsqueeze.training.batches import CALIBRATION_TEXTS
from tfsqueeze.training.checkpoint import open_checkpoint
from tfsqueeze.training.trained_run import TrainedRun, is_run, load_run
from tfsqueeze.utils.errors import UserError

Progress = Callable[[int, int], None]


def calibrate_checkpoint(
    source: str | os.PathLike,
    calibration: Sequence[str | os.PathLike] = (),
    *,
    max_length: int | None = None,
    progress: Progress = lambda *_: None,
) -> tuple[TrainedRun, Any]:
    """Loads a fine-tuned checkpoint with its head, and calibrates a quantization-aware copy.

    See `tfsqueeze.quantization.post_training` for what calibration does.

    Args:
        source: a folder, a name in `BACKBONES`, or a hub id; see `pretrained_folder`.
        calibration: texts without labels; see `calibration_texts`. Pairs of texts make a classifier
            of pairs.
        max_length: the number of tokens of a row; by default 128, or less if the model has fewer
            positions.
        progress: called with the number of layers that are calibrated, and that of all.

    Returns:
        The run, whose folder is the checkpoint's, and as many other texts, as a dataset of its
        task: those that follow the calibration texts. None if there are no others.

    Raises:
        UserError: the checkpoint cannot be loaded, has no head, or has one of an unknown kind; or
            the texts do not fit it.
    """
    checkpoint = open_checkpoint(source, max_length)
    task, tokenizer = checkpoint.task, checkpoint.tokenizer
    found = calibration_texts(calibration, most=2 * CALIBRATION_TEXTS)
    dataset = task.data.unlabelled(*found)
    count = min(CALIBRATION_TEXTS, -(-len(dataset) // 2))
    chosen = dataset.take(range(count))
    others = dataset.take(range(count, len(dataset))) if len(dataset) > count else None
    name = ", ".join(map(os.fspath, calibration)) or "texts of tfsqueeze"
    loaded = checkpoint.load(chosen, name)
    inputs = task.training.encode(tokenizer, chosen).select(loaded.float_model.input_names)
    quantized = quantize_after_training(
        loaded.float_model, inputs, tokenizer.pad_token_id, progress
    )
    return TrainedRun(**vars(loaded), qat_model=quantized), others


def load_or_calibrate(
    source: str | os.PathLike,
    calibration: Sequence[str | os.PathLike] = (),
    max_length: int | None = None,
    progress: Progress = lambda *_: None,
) -> tuple[TrainedRun, Any]:
    """Loads a training run, or else calibrates a checkpoint.

    Args:
        source: the folder of a run, or what `calibrate_checkpoint` takes.
        calibration: texts without labels, for a checkpoint. A warning says so if there are none.
        max_length: the number of tokens of a row, for a checkpoint.
        progress: see `calibrate_checkpoint`.

    Returns:
        The run, and the other texts of `calibrate_checkpoint`; None for a run.

    Raises:
        UserError: there is no such run or checkpoint, or it does not fit the texts.
    """
    if is_run(source):
        if calibration:
            raise UserError(
                f"calibration texts are for a checkpoint, and {source} is a run, which training "
                "has calibrated; leave them out"
            )
        return load_run(source), None
    loaded = calibrate_checkpoint(source, calibration, max_length=max_length, progress=progress)
    if not calibration:
        warnings.warn(
            "no calibration texts: the ranges of int8 tensors are those of some English prose; "
            "give texts like those that the model will read",
            UserWarning,
            stacklevel=2,
        )
    return loaded

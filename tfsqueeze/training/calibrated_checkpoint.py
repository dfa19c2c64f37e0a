"""A Hugging Face checkpoint as a run: its own weights and labels, calibrated but not trained."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfsqueeze.checkpoints.model_sources import CONFIG_FILE, pretrained_folder
from tfsqueeze.checkpoints.sentence_transformers import is_sentence_transformer
from tfsqueeze.checkpoints.vocabulary_fit import check_vocabulary
from tfsqueeze.configs.encoder_config import EncoderConfig, read_fields
from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.data.sources.calibration_texts import calibration_texts
from tfsqueeze.models.architectures import read_config, task_model_class
from tfsqueeze.quantization import quantize_aware
from tfsqueeze.tasks import (
    SENTENCE_EMBEDDINGS,
    TASKS,
    TEXT_CLASSIFICATION,
    Task,
    task_of_problem,
)
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.batches import CALIBRATION_TEXTS, calibration_batches
from tfsqueeze.training.trained_run import TrainedRun, is_run, load_run
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import shown

_MAX_LENGTH = 128


def calibrate_checkpoint(
    source: str | os.PathLike,
    calibration: Sequence[str | os.PathLike] = (),
    *,
    max_length: int | None = None,
    seed: int = 0,
) -> tuple[TrainedRun, Any]:
    """Loads a fine-tuned checkpoint with its head, and calibrates a quantization-aware copy.

    Args:
        source: a folder, a name in `BACKBONES`, or a hub id; see `pretrained_folder`.
        calibration: texts without labels; see `calibration_texts`. Pairs of texts make a classifier
            of pairs.
        max_length: the number of tokens of a row; by default 128, or less if the model has fewer
            positions.
        seed: fixes the choice of texts.

    Returns:
        The run, whose folder is the checkpoint's, and as many other texts, as a dataset of its
        task: those that follow the calibration texts. None if there are no others.

    Raises:
        UserError: the checkpoint cannot be loaded, has no head, or has one of an unknown kind; or
            the texts do not fit it.
    """
    folder = pretrained_folder(source)
    config = read_config(folder / CONFIG_FILE)
    labels = list(config.id2label.values())
    found_task = _task(folder, config)
    decoding = found_task.head_decoding(labels)
    task = found_task.with_decoding(decoding, labels) if decoding else found_task
    length = max_length or min(_MAX_LENGTH, config.max_position_embeddings)
    tokenizer = WordPieceTokenizer.from_pretrained(folder, max_length=length)
    check_vocabulary(tokenizer, config, folder)
    found = calibration_texts(calibration, most=2 * CALIBRATION_TEXTS, seed=seed)
    dataset = task.data.unlabelled(*found)
    count = min(CALIBRATION_TEXTS, -(-len(dataset) // 2))
    chosen = dataset.take(range(count))
    others = dataset.take(range(count, len(dataset))) if len(dataset) > count else None
    input_names = task.training.input_names(chosen)
    inputs = task.training.encode(tokenizer, chosen).select(input_names)
    float_model = _load(folder, config.model_type, task, input_names)
    return (
        TrainedRun(
            folder,
            float_model.config,
            TrainingOptions(
                pretrained=os.fspath(source), epochs=0, qat_epochs=0, max_length=length, seed=seed
            ),
            ", ".join(map(os.fspath, calibration)) or "texts of tfsqueeze",
            tokenizer,
            float_model,
            quantize_aware(float_model, calibration_batches(inputs, seed)),
            {},
            {},
            task,
            decoding,
        ),
        others,
    )


def load_or_calibrate(
    source: str | os.PathLike,
    calibration: Sequence[str | os.PathLike] = (),
    max_length: int | None = None,
) -> tuple[TrainedRun, Any]:
    """Loads a training run, or else calibrates a checkpoint.

    Args:
        source: the folder of a run, or what `calibrate_checkpoint` takes.
        calibration: texts without labels, for a checkpoint. A warning says so if there are none.
        max_length: the number of tokens of a row, for a checkpoint.

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
    loaded = calibrate_checkpoint(source, calibration, max_length=max_length)
    if not calibration:
        warnings.warn(
            "no calibration texts: the ranges of int8 tensors are those of some English prose; "
            "give texts like those that the model will read",
            UserWarning,
            stacklevel=2,
        )
    return loaded


def _task(folder: Path, config: EncoderConfig) -> Task:
    """Returns the task of a checkpoint's head."""
    if is_sentence_transformer(folder):
        return SENTENCE_EMBEDDINGS
    architectures = read_fields(folder / CONFIG_FILE).get("architectures") or [""]
    name = architectures[0] if isinstance(architectures, list) else architectures
    head = str(name).partition("For")[2]
    tasks = {task.head: task for task in TASKS.values()}
    if head not in tasks:
        raise UserError(
            f"{folder / CONFIG_FILE}: architectures is {shown(architectures)}, which is no model "
            f"of {', '.join(TASKS)}; fine-tune it with `tfsqueeze train --pretrained` first"
        )
    if head == TEXT_CLASSIFICATION.head:
        return task_of_problem(config.head_problem() or ProblemType.SINGLE_LABEL_CLASSIFICATION)
    return tasks[head]


def _load(folder: Path, model_type: str, task: Task, input_names: Sequence[str]) -> Any:
    model_class = task_model_class(model_type, task.head)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        model = model_class.from_pretrained(folder, input_names=input_names)
    new = [
        str(warning.message) for warning in caught if "newly initialised" in str(warning.message)
    ]
    if new:
        raise UserError(
            f"{new[0].partition(':')[0]}; a model is converted with its own head, so fine-tune it "
            "with `tfsqueeze train --pretrained` first"
        )
    return model

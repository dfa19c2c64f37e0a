"""A Hugging Face checkpoint with its own head: which task it is for, and its float model."""

from __future__ import annotations

import dataclasses
import os
import warnings
from pathlib import Path
from typing import Any

from tfsqueeze.checkpoints.huggingface import NewWeightsWarning
from tfsqueeze.checkpoints.model_sources import CONFIG_FILE, pretrained_folder
from tfsqueeze.checkpoints.sentence_transformers import is_sentence_transformer
from tfsqueeze.checkpoints.vocabulary_fit import check_vocabulary
from tfsqueeze.configs.encoder_config import EncoderConfig, read_fields
from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.data.datasets.dataset import Dataset
from tfsqueeze.models.architectures import read_config, task_model_class
from tfsqueeze.tasks import (
    SENTENCE_EMBEDDINGS,
    TASKS,
    TEXT_CLASSIFICATION,
    Task,
    task_of_problem,
)
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.run_folder import read_decoding
from tfsqueeze.training.trained_run import TaskModel
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import shown

_MAX_LENGTH = 128


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A fine-tuned checkpoint, whose weights are not read yet.

    Args:
        source: what it was opened by.
        folder: its folder.
        config: its configuration.
        task: the task of its head, with what its predictions are decoded with.
        decoding: that, as JSON-able values; see `Task.with_decoding`.
        tokenizer: its tokenizer.
    """

    source: str
    folder: Path
    config: EncoderConfig
    task: Task
    decoding: dict[str, Any]
    tokenizer: WordPieceTokenizer

    def load(self, examples: Dataset, name: str) -> TaskModel:
        """Returns the model with its own weights.

        Args:
            examples: examples of the kind that the model is to read: texts, or pairs of texts.
            name: what a file of the model calls them.

        Raises:
            UserError: the weights cannot be read, or those of the head are missing.
        """
        model_class = task_model_class(self.config.model_type, self.task.head)
        input_names = self.task.training.input_names(examples)
        with warnings.catch_warnings():
            warnings.simplefilter("error", NewWeightsWarning)
            try:
                model = model_class.from_pretrained(self.folder, input_names=input_names)
            except NewWeightsWarning as warning:
                raise UserError(
                    f"{str(warning).partition(':')[0]}; a model is converted with its own head, so "
                    "fine-tune it with `tfsqueeze train --pretrained` first"
                ) from None
        return TaskModel(
            folder=self.folder,
            config=model.config,
            options=TrainingOptions(
                pretrained=self.source,
                epochs=0,
                qat_epochs=0,
                max_length=self.tokenizer.max_length,
            ),
            dataset_name=name,
            tokenizer=self.tokenizer,
            float_model=model,
            task=self.task,
            decoding=self.decoding,
        )


def open_checkpoint(source: str | os.PathLike, max_length: int | None = None) -> Checkpoint:
    """Finds a fine-tuned checkpoint, and reads all of it but its weights.

    Args:
        source: a folder, a name in `BACKBONES`, or a hub id; see `pretrained_folder`.
        max_length: the number of tokens of a row; by default 128, or less if the model has fewer
            positions.

    Raises:
        UserError: there is no such checkpoint, it has no head, or one of an unknown kind; or its
            tokenizer does not fit its embeddings.
    """
    folder = pretrained_folder(source)
    config = read_config(folder / CONFIG_FILE)
    task, labels = _task(folder, config), list(config.id2label.values())
    decoding = read_decoding(folder) or task.head_decoding(labels)
    length = max_length or min(_MAX_LENGTH, config.max_position_embeddings)
    tokenizer = WordPieceTokenizer.from_pretrained(folder, max_length=length)
    check_vocabulary(tokenizer, config, folder)
    if decoding:
        task = task.with_decoding(decoding, labels)
    return Checkpoint(os.fspath(source), folder, config, task, decoding, tokenizer)


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

"""A finished training run, as a folder holds it."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import tf_keras as keras

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.models.architectures import read_config
from tfsqueeze.quantization import load_quantized
from tfsqueeze.tasks import Task, find_task
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.history import read_history
from tfsqueeze.training.run_folder import (
    SETTINGS_FILE,
    Seconds,
    read_decoding,
    read_run_settings,
)
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.keras_files import load_model


@dataclasses.dataclass(kw_only=True)
class TaskModel:
    """A float model of a task, with all that it takes to predict.

    Attributes:
        folder: holds the model.
        config: the model's configuration, its labels included.
        options: the settings that it was trained with.
        dataset_name: the name or path of the dataset.
        tokenizer: the model's tokenizer.
        float_model: the trained Keras model; its inputs are int32 [batch, length] by name, its
            outputs those of the task, as its class in `tfsqueeze.models` says.
        task: the task that the model is for, with what its predictions are decoded with.
        decoding: that, as JSON-able values; see `Task.with_decoding`.
    """

    folder: Path
    config: EncoderConfig
    options: TrainingOptions
    dataset_name: str
    tokenizer: WordPieceTokenizer
    float_model: keras.Model
    task: Task
    decoding: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def classes(self) -> dict[str, list[str]]:
        """The names of each output's classes."""
        return self.task.classes(self.label_names, self.slot_names)

    @property
    def slot_names(self) -> list[str]:
        """The slot tags in the order of the slot logits; empty for tasks without slots."""
        return list(getattr(self.config, "slot_labels", ()))

    @property
    def reads_pairs(self) -> bool:
        """Whether the model reads pairs of texts."""
        return "token_type_ids" in self.float_model.input_names

    @property
    def label_names(self) -> list[str]:
        """The labels in the order of the logits; empty for tasks without labels."""
        return list(self.config.id2label.values()) if self.task.has_labels else []


@dataclasses.dataclass(kw_only=True)
class TrainedRun(TaskModel):
    """A finished training run.

    Attributes:
        qat_model: the float model, quantization-aware.
        history: one row per epoch by the stage's name, `float` and `qat`.
        seconds: wall time by the stage's name.
    """

    qat_model: keras.Model
    history: dict[str, list[dict[str, float]]] = dataclasses.field(default_factory=dict)
    seconds: dict[str, float] = dataclasses.field(default_factory=dict)

    def convert(self, output: str | os.PathLike[str] | None = None, **options: Any) -> bytes:
        """Converts the run to an int8 .tflite file; see `tfsqueeze.convert`.

        Args:
            output: path of the file to write; None writes none.
            **options: further arguments of `tfsqueeze.convert`.

        Returns:
            The file's bytes.

        Example:
            >>> import tfsqueeze
            >>> run = tfsqueeze.train("my_texts/")  # doctest: +SKIP
            >>> content = run.convert("mine.tflite")  # doctest: +SKIP
        """
        # The one place where tfsqueeze calls converters, for the sake of short programs.
        from converters.conversion.runs import convert

        return convert(self, output, **options)


def is_run(folder: str | os.PathLike) -> bool:
    """Returns whether a folder holds a training run, finished or not.

    Args:
        folder: the folder; it need not exist.
    """
    return (Path(folder) / SETTINGS_FILE).exists()


def require_finished(folder: Path) -> None:
    """Checks that a folder holds a finished training run.

    Args:
        folder: the folder.

    Raises:
        UserError: it does not.
    """
    files = (SETTINGS_FILE, "config.json", "float.keras", "qat.keras")
    missing = [name for name in files if not (folder / name).exists()]
    if missing:
        raise UserError(
            f"{folder} holds no finished training run ({missing[0]} is missing); "
            "train there first with `tfsqueeze train`"
        )


def load_run(folder: str | os.PathLike) -> TrainedRun:
    """Loads a finished run.

    Raises:
        UserError: the folder holds none.
    """
    folder = Path(folder)
    require_finished(folder)
    settings = read_run_settings(folder)
    config = read_config(folder / "config.json")
    decoding = read_decoding(folder)
    try:
        task = find_task(settings.task).with_decoding(decoding, list(config.id2label.values()))
    except UserError as error:
        raise UserError(f"{folder / 'decoding.json'}: {error}; train the run again") from None
    return TrainedRun(
        folder=folder,
        config=config,
        options=settings.options,
        dataset_name=settings.dataset,
        tokenizer=WordPieceTokenizer.from_pretrained(folder / "tokenizer"),
        float_model=load_model(folder / "float.keras", compile=False),
        qat_model=load_quantized(folder / "qat.keras", compile=False),
        history={name: read_history(folder / name) for name in ("float", "qat")},
        seconds=Seconds(folder / "seconds.json").values,
        task=task,
        decoding=decoding,
    )

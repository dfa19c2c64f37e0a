"""A finished training run, as a folder holds it."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import tf_keras as keras

from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.models.architectures import read_config
from tfsqueeze.quantization import load_quantized
from tfsqueeze.tasks import TEXT_CLASSIFICATION, Task, find_task
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.run_folder import Seconds
from tfsqueeze.training.stage import read_history
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError


@dataclasses.dataclass
class TrainedRun:
    """What a finished run folder holds.

    config: the model's configuration, its labels included.
    float_model, qat_model: logits of {"input_ids": int32 [batch, length]}, and of
        `token_type_ids` where the texts are pairs: float [batch, num_labels] of a text
        classifier, [batch, length, num_labels] of a token classifier, both in a dict of a model
        of intents and slots; others as their classes in `tfsqueeze.models.squeezebert` say.
    history: per stage (`float`, `qat`) one row per epoch.
    seconds: wall time per stage.
    """

    folder: Path
    config: EncoderConfig
    options: TrainingOptions
    dataset_name: str
    tokenizer: WordPieceTokenizer
    float_model: keras.Model
    qat_model: keras.Model
    history: dict[str, list[dict[str, float]]]
    seconds: dict[str, float]
    task: Task = TEXT_CLASSIFICATION

    @property
    def classes(self) -> dict[str, list[str]]:
        """The names of each output's classes."""
        return self.task.classes(self.label_names, self.slot_names)

    @property
    def slot_names(self) -> list[str]:
        """The tags of slots in the order of the slot logits; none but for intents and slots."""
        return list(getattr(self.config, "slot_labels", ()))

    @property
    def reads_pairs(self) -> bool:
        """Whether a text is a pair of texts."""
        return "token_type_ids" in self.float_model.input_names

    @property
    def label_names(self) -> list[str]:
        """The labels in the order of the logits; none of a task without."""
        return list(self.config.id2label.values()) if self.task.has_labels else []


def load_run(folder: str | os.PathLike) -> TrainedRun:
    """Loads a finished run. Raises UserError where the folder holds none."""
    folder = Path(folder)
    missing = [
        name
        for name in ("run.json", "config.json", "float.keras", "qat.keras")
        if not (folder / name).exists()
    ]
    if missing:
        raise UserError(
            f"{folder} holds no finished training run ({missing[0]} is missing); "
            "train there first with `tfsqueeze train`"
        )
    claim = json.loads((folder / "run.json").read_text("utf-8"))
    return TrainedRun(
        folder,
        read_config(folder / "config.json"),
        TrainingOptions(**claim["options"]),
        claim["dataset"],
        WordPieceTokenizer.from_pretrained(folder / "tokenizer"),
        keras.models.load_model(folder / "float.keras", compile=False),
        load_quantized(folder / "qat.keras", compile=False),
        {name: read_history(folder / name) for name in ("float", "qat")},
        Seconds(folder / "seconds.json").values,
        find_task(claim["task"]),
    )

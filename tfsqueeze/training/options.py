"""What decides a training run."""

from __future__ import annotations

import dataclasses
from typing import Any

from tfsqueeze.errors import UserError


@dataclasses.dataclass(frozen=True)
class TrainingOptions:
    """Settings of a run: first in float, then quantization-aware.

    preset: which of the presets gives the shape of the model.
    model: fields of `SqueezeBertConfig` that differ from the preset.
    vocab_size: most entries of the vocabulary that is trained from the texts.
    max_length: tokens per text, special tokens included.
    epochs, qat_epochs: most passes over the training texts in float and quantization-aware.
    learning_rate, qat_learning_rate: the highest of each stage's warm-up and cosine decay.
    batch_size: texts per step.
    word_dropout: chance that a training token is replaced by [UNK].
    label_smoothing: share of each target that is spread over all labels.
    weight_decay: of AdamW.
    patience: epochs without a better validation accuracy before a stage stops.
    seed: of weights, order and dropout.

    Raises UserError for a value out of range.
    """

    preset: str = "squeezebert-micro"
    model: dict[str, Any] = dataclasses.field(default_factory=dict)
    vocab_size: int = 8000
    max_length: int = 128
    epochs: int = 8
    qat_epochs: int = 2
    learning_rate: float = 2e-3
    qat_learning_rate: float = 5e-5
    batch_size: int = 32
    word_dropout: float = 0.15
    label_smoothing: float = 0.0
    weight_decay: float = 0.01
    patience: int = 4
    seed: int = 0

    def __post_init__(self):
        for name in ("vocab_size", "max_length", "epochs", "batch_size", "patience"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("qat_epochs", "weight_decay", "seed"):
            if getattr(self, name) < 0:
                raise UserError(f"{name} must not be negative, as {getattr(self, name)} is")
        for name in ("learning_rate", "qat_learning_rate"):
            if getattr(self, name) <= 0:
                raise UserError(f"{name} must be above 0, not {getattr(self, name)}")
        for name in ("word_dropout", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise UserError(f"{name} must be in [0, 1), not {getattr(self, name)}")

    def to_dict(self) -> dict[str, Any]:
        """Returns the settings as JSON-able values."""
        return dataclasses.asdict(self)

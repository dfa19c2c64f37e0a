"""What decides a pretraining run."""

from __future__ import annotations

import dataclasses
from typing import Any

from tfsqueeze.utils.errors import UserError

OBJECTIVES = ("distill", "mlm")


@dataclasses.dataclass(frozen=True)
class PretrainingOptions:
    """Settings of pretraining on plain text.

    objective: `distill` to learn all-MiniLM-L6-v2's hidden states, with its vocabulary; or `mlm`
        for masked language modelling, with a vocabulary of the texts.
    preset: which of the presets gives the shape of the model.
    model: fields of `SqueezeBertConfig` that differ from the preset.
    from_teacher: for `distill`, whether to begin with the teacher's weights as far as the sizes
        allow: layers of its width by `init_from_teacher`, narrower embeddings by
        `factorize_embeddings`.
    vocab_size: most entries of the vocabulary, for `mlm`.
    max_length: tokens of a row of text; longer lines become several rows.
    epochs: passes over the texts.
    batch_tokens: tokens per step, padding included.
    learning_rate: the highest of a warm-up and cosine decay.
    weight_decay: of AdamW.
    seed: of weights, order, masks and dropout.

    Raises UserError for a value out of range.
    """

    objective: str = "distill"
    preset: str = "squeezebert-tiny"
    model: dict[str, Any] = dataclasses.field(default_factory=dict)
    from_teacher: bool = True
    vocab_size: int = 8000
    max_length: int = 64
    epochs: int = 3
    batch_tokens: int = 4096
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    seed: int = 0

    def __post_init__(self):
        if self.objective not in OBJECTIVES:
            raise UserError(f"objective {self.objective!r} is not {' or '.join(OBJECTIVES)}")
        for name in ("vocab_size", "max_length", "epochs", "batch_tokens"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.learning_rate <= 0 or self.weight_decay < 0:
            raise UserError(
                "learning_rate must be above 0 and weight_decay not negative, not "
                f"{self.learning_rate} and {self.weight_decay}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Returns the settings as JSON-able values."""
        return dataclasses.asdict(self)

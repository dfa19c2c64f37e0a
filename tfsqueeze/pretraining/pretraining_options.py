"""The settings of a pretraining run."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Literal, get_args

from tfsqueeze.distillation.distillation_options import DISTILLATION_LOSSES, DistillationOptions
from tfsqueeze.training.training_options import (
    Precision,
    check_precision,
    check_rates,
    check_seed,
)
from tfsqueeze.utils.errors import UserError

Objective = Literal["distill", "mlm", "multilingual"]
# A bare encoder has no logits, and plain text has no labels.
PRETRAINING_LOSSES = tuple(name for name in DISTILLATION_LOSSES if name not in ("labels", "logits"))
_LOSSES = {"last_hidden_state": 1.0, "sentences": 1.0, "pooled_sentences": 1.0}


@dataclasses.dataclass(frozen=True)
class PretrainingOptions:
    """Settings of pretraining on plain text.

    Args:
        objective: `distill` to learn all-MiniLM-L6-v2's hidden states, with its vocabulary, or the
            sentence vectors of prepared texts; `mlm` for masked language modelling, with a
            vocabulary that is trained from the texts; or `multilingual` to learn all-MiniLM-L6-v2's
            sentence vectors of texts for their translations too, with such a vocabulary.
        preset: name of the preset that gives the shape of the model.
        model: fields of `SqueezeBertConfig` that differ from the preset.
        pretrained: a backbone to go on from, a folder in Hugging Face's layout or a name: its
            shape, weights and tokenizer, in place of the preset's shape, of the teacher's weights
            and of a new vocabulary. None to begin anew.
        losses: for `distill`, the weights of the parts of the loss, by their names in
            `DistillationOptions`. A part that needs more of the teacher than its last hidden state,
            such as `hidden_states` or `relations`, runs the teacher in each step; so does a run of
            one epoch. Otherwise the teacher's outputs are kept on disk.
        from_teacher: for `distill`, whether to start from the teacher's weights as far as the sizes
            allow: layers of its width by `init_from_teacher`, narrower embeddings by
            `factorize_embeddings`.
        ranking: for sentence vectors, the weight of finding the teacher's vector of a text among
            those of the batch; see `SentenceVectorLoss`.
        teacher_language: for `multilingual`, the language that the teacher reads.
        noisy_copies: for `multilingual`, the number of noisy copies of each text.
        noise_level: the share of letters, words or spaces that a noise edits.
        vocab_size: for `mlm` and `multilingual`, maximum size of the vocabulary.
        lowercase: for `multilingual`, whether the tokenizer lowercases and drops accents.
        max_length: maximum number of tokens of a row of text; longer lines become several rows.
        epochs: number of epochs.
        batch_tokens: number of tokens in a batch, padding included.
        gradient_accumulation_steps: number of batches after which the weights change, by the mean
            of their gradients.
        precision: precision of the student and of its teacher; see `TrainingOptions`.
        learning_rate: peak learning rate, which has a linear warm-up and a cosine decay.
        weight_decay: weight decay of AdamW.
        seed: seed of weights, order, masks and dropout.

    Raises:
        UserError: a value is out of range.

    Example:
        >>> PretrainingOptions(objective="mlm").preset
        'squeezebert-tiny'
    """

    objective: Objective = "distill"
    preset: str = "squeezebert-tiny"
    model: dict[str, Any] = dataclasses.field(default_factory=dict)
    pretrained: str | None = None
    losses: dict[str, float] = dataclasses.field(default_factory=lambda: dict(_LOSSES))
    from_teacher: bool = True
    ranking: float = 1.0
    teacher_language: str = "en"
    noisy_copies: int = 0
    noise_level: float = 0.1
    vocab_size: int = 8000
    lowercase: bool = True
    max_length: int = 64
    epochs: int = 3
    batch_tokens: int = 4096
    gradient_accumulation_steps: int = 1
    precision: Precision = "auto"
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        """Checks the values."""
        objectives = get_args(Objective)
        if self.objective not in objectives:
            raise UserError(f"objective {self.objective!r} is not {' or '.join(objectives)}")
        if not (
            self.noisy_copies >= 0 and 0 <= self.ranking < math.inf and 0 <= self.noise_level <= 1
        ):
            raise UserError(
                "noisy_copies and ranking must not be negative, and noise_level must be in 0..1, "
                f"not {self.noisy_copies}, {self.ranking} and {self.noise_level}"
            )
        for name, least in {
            "vocab_size": 1,
            # [CLS], a token and [SEP].
            "max_length": 3,
            "epochs": 1,
            "batch_tokens": 1,
            "gradient_accumulation_steps": 1,
        }.items():
            if getattr(self, name) < least:
                raise UserError(f"{name} must be at least {least}, not {getattr(self, name)}")
        check_seed(self.seed)
        check_rates(self.weight_decay, learning_rate=self.learning_rate)
        check_precision(self.precision)
        for name in self.losses:
            if name not in PRETRAINING_LOSSES:
                raise UserError(
                    f"there is no loss {name!r}; the losses are {', '.join(PRETRAINING_LOSSES)}"
                )
        DistillationOptions(**self.losses)  # Checks the weights.

    @property
    def distillation(self) -> DistillationOptions:
        """The options of the distillation loss."""
        return DistillationOptions(**self.losses)

    @property
    def keeps_teacher_outputs(self) -> bool:
        """Whether `distill` keeps the teacher's outputs on disk for later epochs."""
        return self.epochs > 1 and self.losses.keys() <= _LOSSES.keys()

    def to_dict(self) -> dict[str, Any]:
        """Returns the settings as JSON-able values."""
        return dataclasses.asdict(self)

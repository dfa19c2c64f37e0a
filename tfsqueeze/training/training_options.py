"""What decides a training run."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from tfsqueeze.utils.errors import UserError


@dataclasses.dataclass(frozen=True)
class TrainingOptions:
    """Settings of a run: first in float, then quantization-aware.

    preset: which of the presets gives the shape of the model.
    pretrained: a folder, backbone's name or hub id with weights and tokenizer to start from, of
        SqueezeBERT, BERT, DistilBERT or ALBERT; `preset` and `vocab_size` have no say then.
    model_type: the architecture of a model that is not pretrained; other than `squeezebert` it
        has no presets, and `model` gives all fields that differ from its config's defaults.
    model: fields of the config that differ from the preset or the pretrained model's.
    tokenizer: a folder, backbone's name or hub id with the tokenizer of a model that is not
        pretrained; by default a vocabulary is trained from the texts.
    new_vocabulary: whether a pretrained model gets a vocabulary that is trained from the texts in
        the place of its own; see `transfer_vocabulary`.
    vocab_size: most entries of the vocabulary that is trained from the texts.
    lowercase: whether that vocabulary knows no capitals and no accents.
    max_length: tokens per text, special tokens included.
    epochs, qat_epochs: most passes over the training texts in float and quantization-aware; a
        pretrained model may stay as it is, by 0 epochs in float.
    learning_rate, qat_learning_rate: the highest of each stage's warm-up and cosine decay.
    batch_size: texts per step.
    word_dropout: chance that a training token is replaced by [UNK].
    subword_dropout: chance that a training token is split into shorter ones, so that words which
        the training texts hold are read as those that they do not hold; see `SubwordDropout`.
    spelling_vectors: whether a model that is not pretrained learns in float with vectors of what
        tokens' spellings share; see `share_spelling`.
    label_smoothing: share of each target that is spread over all labels.
    weight_decay: of AdamW.
    patience: epochs without a better validation accuracy before a stage stops.
    seed: of weights, order and dropout.
    teacher: the folder of a run, of any architecture, whose float model the model learns from
        instead of from the labels, in both stages; None for the labels. Of sentence embeddings
        the teacher of the vectors, all-minilm-l6-v2 by default.
    temperature: what teacher's and model's logits are divided by.
    unlabelled: texts that the model learns from as well, as the teacher sees them: files of plain
        text, a text a line, folders of such .txt files, or names of datasets, whose training texts
        are taken (Turc et al. 2019, arXiv 1908.08962, section 3). Those that the validation or
        test part holds, too, are left out.
    augmented_copies: how many variants of each training text the model learns from as well, as
        the teacher sees them (TinyBERT, Jiao et al. 2020, arXiv 1909.10351, section 4.2); in float
        only.
    replaced_words: share of a variant's words that others near in the teacher's embeddings
        replace.
    noisy_copies: how many noisy copies of each training text, or of each sentence with noise
        within its words alone, the model learns from as well. With a teacher they have the logits
        that it gives the text without noise.
    noise_level: share of letters, words or spaces that the noise of a copy touches.

    Raises UserError for a value out of range.
    """

    preset: str = "squeezebert-micro"
    pretrained: str | None = None
    model_type: str = "squeezebert"
    model: dict[str, Any] = dataclasses.field(default_factory=dict)
    tokenizer: str | None = None
    new_vocabulary: bool = False
    vocab_size: int = 8000
    lowercase: bool = True
    max_length: int = 128
    epochs: int = 8
    qat_epochs: int = 2
    learning_rate: float = 2e-3
    qat_learning_rate: float = 5e-5
    batch_size: int = 32
    word_dropout: float = 0.15
    subword_dropout: float = 0.0
    spelling_vectors: bool = False
    label_smoothing: float = 0.0
    weight_decay: float = 0.01
    patience: int = 4
    seed: int = 0
    teacher: str | None = None
    temperature: float = 2.0
    unlabelled: Sequence[str] = ()
    augmented_copies: int = 0
    replaced_words: float = 0.2
    noisy_copies: int = 0
    noise_level: float = 0.1

    def __post_init__(self):
        for name in ("vocab_size", "max_length", "epochs", "batch_size", "patience"):
            if getattr(self, name) < (0 if name == "epochs" and self.pretrained else 1):
                raise UserError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in (
            "epochs",
            "qat_epochs",
            "weight_decay",
            "seed",
            "augmented_copies",
            "noisy_copies",
        ):
            if getattr(self, name) < 0:
                raise UserError(f"{name} must not be negative, as {getattr(self, name)} is")
        for name in ("learning_rate", "qat_learning_rate", "temperature"):
            if getattr(self, name) <= 0:
                raise UserError(f"{name} must be above 0, not {getattr(self, name)}")
        for name in ("word_dropout", "subword_dropout", "label_smoothing", "replaced_words"):
            if not 0 <= getattr(self, name) < 1:
                raise UserError(f"{name} must be in [0, 1), not {getattr(self, name)}")
        if not 0 < self.noise_level <= 1:
            raise UserError(f"noise_level must be above 0 and at most 1, not {self.noise_level}")
        if self.new_vocabulary and self.pretrained is None:
            raise UserError(
                "new_vocabulary is for a pretrained model; others have one of the texts anyway"
            )
        if self.spelling_vectors and self.pretrained is not None:
            raise UserError(
                "spelling_vectors are for a model that is not pretrained; leave them "
                "out or pretrained"
            )
        if isinstance(self.unlabelled, str):
            raise UserError(f"unlabelled must be a list of texts' sources, not {self.unlabelled!r}")
        # JSON brings a list, which is equal to no tuple.
        object.__setattr__(self, "unlabelled", tuple(self.unlabelled))
        if self.unlabelled and self.teacher is None:
            raise UserError("unlabelled texts need a teacher; name one or leave them out")
        if self.augmented_copies and self.teacher is None:
            raise UserError(
                "augmented_copies need a teacher, since the labels may no longer hold; "
                "name one or leave them at 0"
            )

    def to_dict(self) -> dict[str, Any]:
        """Returns the settings as JSON-able values."""
        return dataclasses.asdict(self)

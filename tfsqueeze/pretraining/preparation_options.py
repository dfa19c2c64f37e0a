"""The settings of the preparation of texts."""

from __future__ import annotations

import dataclasses
from typing import Any

from tfsqueeze.utils.errors import UserError


@dataclasses.dataclass(frozen=True)
class PreparationOptions:
    """Settings of the preparation of plain text for pretraining.

    Args:
        tokenizer: a folder with a tokenizer in Hugging Face's layout, or the name of a backbone.
        max_length: maximum number of tokens of a row; longer texts become several rows.
        min_words: texts with fewer words that have a letter are dropped.
        duplicate_similarity: the Jaccard similarity of the character 5-grams of two texts from
            which one of them is dropped; 1 drops only texts that are the same but for capitals.
        noisy_copies: number of noisy copies of each text that are added.
        noise_level: the share of the letters, words or spaces that a noise edits.
        seed: seed of the noises.
        num_shards: number of TFRecord files; 0 for as many as the runner chooses.

    Raises:
        UserError: a value is out of range.

    Example:
        >>> PreparationOptions().max_length
        64
    """

    tokenizer: str = "squeezebert-tiny"
    max_length: int = 64
    min_words: int = 1
    duplicate_similarity: float = 0.8
    noisy_copies: int = 0
    noise_level: float = 0.1
    seed: int = 0
    num_shards: int = 0

    def __post_init__(self) -> None:
        """Checks the values."""
        for name, least in {
            "max_length": 4,
            "min_words": 1,
            "noisy_copies": 0,
            "seed": 0,
            "num_shards": 0,
        }.items():
            if getattr(self, name) < least:
                raise UserError(f"{name} must be at least {least}, not {getattr(self, name)}")
        if not 0 < self.duplicate_similarity <= 1:
            raise UserError(
                "duplicate_similarity must be above 0 and at most 1, not "
                f"{self.duplicate_similarity}"
            )
        if not 0 <= self.noise_level <= 1:
            raise UserError(f"noise_level must be in 0..1, not {self.noise_level}")

    def to_dict(self) -> dict[str, Any]:
        """Returns the settings as JSON-able values."""
        return dataclasses.asdict(self)

"""The teacher that reads texts while they are prepared."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

# A text, or the two texts of a pair.
Parts = tuple[str, ...]


class ReadTexts(Protocol):
    """A loaded teacher, which takes texts and returns float32 [texts, values]."""

    def __call__(self, texts: Sequence[Parts]) -> np.ndarray:
        """Returns the logits or the vector of each text."""
        ...


@dataclasses.dataclass(frozen=True)
class TextTeacher:
    """A teacher that each process of a pipeline loads once.

    Args:
        load: loads the teacher; it can be pickled.
        max_length: the number of tokens that the teacher reads of a text.
        labels: the labels whose logits it gives; None if it gives sentence vectors.
        channels: the channels of its sentence vectors; None if it gives logits.
        pairs: whether it reads pairs of texts.
        digest: the SHA-256 of the teacher's file.
    """

    load: Callable[[], ReadTexts]
    max_length: int
    labels: Sequence[str] | None
    channels: int | None
    pairs: bool
    digest: str

    def settings(self) -> dict[str, Any]:
        """Returns what manifest.json says of the teacher."""
        return {
            "digest": self.digest,
            "max_length": self.max_length,
            "labels": None if self.labels is None else list(self.labels),
            "channels": self.channels,
            "pairs": self.pairs,
        }

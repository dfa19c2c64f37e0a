"""Entities of texts from one packed .tflite file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from converters.inference.predictor import Entity, Predictor
from tfsqueeze.tasks import TOKEN_CLASSIFICATION


@dataclass(frozen=True)
class TaggedText:
    """The entities of a text, in order."""

    text: str
    entities: list[Entity]


class TokenClassificationPredictor(Predictor):
    """Finds entities in texts. Words are those of `split_words`: they end around punctuation."""

    task = TOKEN_CLASSIFICATION

    def predict(self, texts: Iterable[str]) -> list[TaggedText]:
        """The entities of any number of texts, in order; none in what is past `max_length`.

        Raises:
            UserError: `texts` is a single string, or holds something that is none.
        """
        return [
            TaggedText(text, entities)
            for part, logits, found in self._tagged(texts, "logits")
            for text, entities in zip(part, found, strict=True)
        ]

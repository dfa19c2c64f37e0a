"""Entities of texts from one packed .tflite file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from converters.inference.word_predictor import Entity, WordPredictor
from tfsqueeze.tasks import TOKEN_CLASSIFICATION


@dataclass(frozen=True)
class TaggedText:
    """The entities of a text.

    Args:
        text: the text.
        entities: its entities, in order.
    """

    text: str
    entities: list[Entity]


class TokenClassificationPredictor(WordPredictor):
    """Finds entities in texts.

    Example:
        predictor = TokenClassificationPredictor.open("entities.tflite")
        print(predictor.predict(["Ada Lovelace was born in London"])[0].entities)
    """

    task = TOKEN_CLASSIFICATION

    def predict(self, texts: Iterable[str]) -> list[TaggedText]:
        """Returns the entities of any number of texts, in order.

        Tokens past `max_length` are cut off; there are no entities in them.

        Args:
            texts: the texts.

        Raises:
            UserError: `texts` is a single string, or holds something that is not a string.
        """
        return [
            TaggedText(text, entities)
            for part, _, found in self._tag(texts, "logits")
            for text, entities in zip(part, found, strict=True)
        ]

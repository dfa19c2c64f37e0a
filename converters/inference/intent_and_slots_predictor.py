"""Intents and slots of texts from one packed .tflite file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from converters.inference.word_predictor import Entity, WordPredictor
from tfsqueeze.tasks import INTENT_AND_SLOTS


@dataclass(frozen=True)
class IntentPrediction:
    """The most probable intent of a text, and its slots.

    Args:
        text: the text.
        intent: its most probable intent.
        probability: the intent's probability, in 0..1.
        probabilities: the probability of every intent.
        slots: the slots, in order.
    """

    text: str
    intent: str
    probability: float
    probabilities: dict[str, float]
    slots: list[Entity]


class IntentAndSlotsPredictor(WordPredictor):
    """Tells the intent of commands and finds their slots.

    Example:
        predictor = IntentAndSlotsPredictor.open("assistant.tflite")
        print(predictor.predict(["play some jazz"])[0].intent)
    """

    task = INTENT_AND_SLOTS

    def predict(self, texts: Iterable[str]) -> list[IntentPrediction]:
        """Returns the intents and slots of any number of texts, in order.

        Args:
            texts: the texts.

        Raises:
            UserError: `texts` is a single string, or holds something that is not a string.
        """
        return [
            IntentPrediction(
                text, label["label"], label["probability"], label["probabilities"], entities
            )
            for part, logits, slots in self._tag(texts, "slot_logits")
            for text, label, entities in zip(
                part, self._labels("intent_logits", logits["intent_logits"]), slots, strict=True
            )
        ]

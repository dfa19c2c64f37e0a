"""Intents and slots of texts from one packed .tflite file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from converters.inference.predictor import Entity, Predictor
from tfsqueeze.tasks import INTENT_AND_SLOTS


@dataclass(frozen=True)
class IntentPrediction:
    """The most probable intent of a text, the probability of every intent, and its slots."""

    text: str
    intent: str
    probability: float
    probabilities: dict[str, float]
    slots: list[Entity]


class IntentAndSlotsPredictor(Predictor):
    """Tells the intent of commands and finds their slots; words as in `TokenClassificationPredictor`."""

    task = INTENT_AND_SLOTS

    def _check(self, dataset):
        super()._check(dataset)
        dataset.label_ids(self.classes["intent_logits"])

    def predict(self, texts: Iterable[str]) -> list[IntentPrediction]:
        """The intents and slots of any number of texts, in order.

        Raises:
            UserError: `texts` is a single string, or holds something that is none.
        """
        found = []
        for part, logits, slots in self._tagged(texts, "slot_logits"):
            for text, label, entities in zip(
                part, self._labels("intent_logits", logits["intent_logits"]), slots, strict=True
            ):
                found.append(
                    IntentPrediction(
                        text, label["label"], label["probability"], label["probabilities"], entities
                    )
                )
        return found

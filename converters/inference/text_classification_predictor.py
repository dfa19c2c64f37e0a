"""Labels of texts from one packed .tflite file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from converters.inference.text_predictor import TextPredictor
from tfsqueeze.tasks import TEXT_CLASSIFICATION


@dataclass(frozen=True)
class Prediction:
    """The most probable label of a text.

    Args:
        text: the text, or the first one of a pair.
        label: its most probable label.
        probability: the label's probability, in 0..1.
        probabilities: the probability of every label.
    """

    text: str
    label: str
    probability: float
    probabilities: dict[str, float]


class TextClassificationPredictor(TextPredictor):
    """Predicts labels of texts, or of pairs of texts.

    Example:
        classifier = TextClassificationPredictor.open("topics.tflite")
        print(classifier.predict(["profits rose in the third quarter"])[0].label)
    """

    task = TEXT_CLASSIFICATION

    def predict(
        self, texts: Iterable[str], text_pairs: Iterable[str] | None = None
    ) -> list[Prediction]:
        """Returns the predictions for any number of texts, in order.

        A text may be empty. Tokens past `max_length` are cut off, those of a pair from the longer
        text first. Probabilities are the softmax of the dequantized logits.

        Args:
            texts: the texts.
            text_pairs: the second texts of a model for pairs, as many as `texts`.

        Raises:
            UserError: `texts` is a single string, or holds something that is not a string; or
                the model is for pairs and there are none, or the other way round.
        """
        return [
            Prediction(text, **label)
            for part, logits in self._run_texts(texts, text_pairs)
            for text, label in zip(part.texts, self._labels("logits", logits), strict=True)
        ]

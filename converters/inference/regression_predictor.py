"""Numbers of texts from one packed .tflite file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from converters.inference.text_predictor import TextPredictor
from tfsqueeze.tasks import REGRESSION
from tfsqueeze.tasks.encodings import Encodings


@dataclass(frozen=True)
class NumberPrediction:
    """The number of a text.

    Args:
        text: the text, or the first one of a pair.
        number: its number, in the unit of the training data.
    """

    text: str
    number: float


class RegressionPredictor(TextPredictor):
    """Predicts numbers of texts, or of pairs of texts.

    Example:
        regressor = RegressionPredictor.open("stars.tflite")
        print(regressor.predict(["a fine film with a weak end"])[0].number)
    """

    task = REGRESSION

    def predict(
        self, texts: Iterable[str], text_pairs: Iterable[str] | None = None
    ) -> list[NumberPrediction]:
        """Returns the predictions for any number of texts, in order.

        A text may be empty. Tokens past `max_length` are cut off, those of a pair from the longer
        text first.

        Args:
            texts: the texts.
            text_pairs: the second texts of a model for pairs, as many as `texts`.

        Raises:
            UserError: `texts` is a single string, or holds something that is not a string; or
                the model is for pairs and there are none, or the other way round.
        """
        return [
            NumberPrediction(text, number)
            for part, logits in self._run_texts(texts, text_pairs)
            for text, number in zip(
                part.texts,
                self.task.decode({"logits": logits}, Encodings({}), self.classes)["logits"],
                strict=True,
            )
        ]

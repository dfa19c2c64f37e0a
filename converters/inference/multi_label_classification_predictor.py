"""Any number of labels of texts from one packed .tflite file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from converters.inference.text_predictor import TextPredictor
from tfsqueeze.tasks import MULTI_LABEL_CLASSIFICATION
from tfsqueeze.tasks.encodings import Encodings


@dataclass(frozen=True)
class MultiLabelPrediction:
    """The labels of a text.

    Args:
        text: the text, or the first one of a pair.
        labels: the labels whose probability reaches the label's threshold, the most probable
            first.
        probabilities: the probability of every label, in 0..1.
    """

    text: str
    labels: list[str]
    probabilities: dict[str, float]


class MultiLabelClassificationPredictor(TextPredictor):
    """Predicts the labels of texts, or of pairs of texts; a text may have none.

    Example:
        classifier = MultiLabelClassificationPredictor.open("tickets.tflite")
        print(classifier.predict(["where is my parcel? I need it today"])[0].labels)
    """

    task = MULTI_LABEL_CLASSIFICATION

    def predict(
        self, texts: Iterable[str], text_pairs: Iterable[str] | None = None
    ) -> list[MultiLabelPrediction]:
        """Returns the predictions for any number of texts, in order.

        A text may be empty. Tokens past `max_length` are cut off, those of a pair from the longer
        text first. Probabilities are the sigmoid of the dequantized logits.

        Args:
            texts: the texts.
            text_pairs: the second texts of a model for pairs, as many as `texts`.

        Raises:
            UserError: `texts` is a single string, or holds something that is not a string; or
                the model is for pairs and there are none, or the other way round.
        """
        predictions = []
        for part, logits in self._run_texts(texts, text_pairs):
            decoded = self.task.decode({"logits": logits}, Encodings({}), self.classes)["logits"]
            for text, found in zip(part.texts, decoded, strict=True):
                shares = dict(
                    zip(self.classes["logits"], found.probabilities.tolist(), strict=True)
                )
                predictions.append(
                    MultiLabelPrediction(
                        text, sorted(found.labels, key=shares.__getitem__, reverse=True), shares
                    )
                )
        return predictions

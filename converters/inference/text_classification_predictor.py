"""Labels of texts from one packed .tflite file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from converters.inference.predictor import TEXTS_PER_BATCH, Predictor, checked_texts
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.tasks.text_classification import require_pairs
from tfsqueeze.utils.errors import UserError


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


class TextClassificationPredictor(Predictor):
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
        texts = checked_texts(texts)
        pairs = None if text_pairs is None else checked_texts(text_pairs)
        if self.metadata.pairs and pairs is None:
            raise UserError("the model is for pairs of texts; give a second text for each")
        if pairs is not None and "token_type_ids" not in self._input_names:
            raise UserError("the model is for single texts; give no second ones")
        predictions = []
        dataset = TextDataset("texts", texts, text_pairs=pairs)
        for start in range(0, len(texts), TEXTS_PER_BATCH):
            part = dataset.take(range(start, min(start + TEXTS_PER_BATCH, len(texts))))
            _, logits = self._run(part)
            predictions += [
                Prediction(text, **label)
                for text, label in zip(
                    part.texts, self._labels("logits", logits["logits"]), strict=True
                )
            ]
        return predictions

    def _unlabelled(self, texts):
        require_pairs(texts, self.metadata.pairs)
        return texts

"""Labels of texts from one packed .tflite file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from converters.inference.predictor import BATCH, Predictor, checked_texts
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.tasks.text_classification import require_pairs
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class Prediction:
    """The most probable label of a text, and the probability of every label."""

    text: str
    label: str
    probability: float
    probabilities: dict[str, float]


class TextClassificationPredictor(Predictor):
    """Predicts labels of texts, or of pairs of texts."""

    task = TEXT_CLASSIFICATION

    def predict(
        self, texts: Iterable[str], text_pairs: Iterable[str] | None = None
    ) -> list[Prediction]:
        """The predictions for any number of texts, in order.

        A text may be empty or longer than the model reads: what is past `max_length` is cut off,
        of a pair from the longer text first. Probabilities are the softmax of the dequantized
        logits.

        text_pairs: the second texts of a model that was trained on pairs, as many as `texts`.

        Raises:
            UserError: `texts` is a single string, or holds something that is none; or the model
                is for pairs and there are none, or the other way round.
        """
        texts = checked_texts(texts)
        pairs = None if text_pairs is None else checked_texts(text_pairs)
        if self.metadata.pairs and pairs is None:
            raise UserError("the model is for pairs of texts; give a second text for each")
        if pairs is not None and "token_type_ids" not in self._input_names:
            raise UserError("the model is for single texts; give no second ones")
        predictions = []
        dataset = TextDataset("texts", texts, text_pairs=pairs)
        for start in range(0, len(texts), BATCH):
            part = dataset.take(range(start, min(start + BATCH, len(texts))))
            _, logits = self._run(part)
            predictions += [
                Prediction(text, **label)
                for text, label in zip(
                    part.texts, self._labels("logits", logits["logits"]), strict=True
                )
            ]
        return predictions

    def _check(self, dataset):
        if not isinstance(dataset, TextDataset):
            raise UserError(
                f"{dataset.name} has words with tags; the model is for {self.task.name}"
            )
        require_pairs(dataset, self.metadata.pairs)
        dataset.label_ids(self.classes["logits"])

    def _as_read(self, texts):
        require_pairs(texts, self.metadata.pairs)
        return texts

"""The predictor of the task."""

from __future__ import annotations

from converters.inference.predictor import Predictor
from tests.end_to_end.text_number.task import TEXT_NUMBER
from tfsqueeze.data.datasets.text_dataset import TextDataset


class TextNumberPredictor(Predictor):
    task = TEXT_NUMBER

    def predict(self, texts):
        encodings, logits = self._run(TextDataset("texts", texts))
        return self.task.decode(logits, encodings, self.classes)["number"]

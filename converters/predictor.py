"""Text classification from one packed .tflite file and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from converters.metadata import ModelMetadata, read_metadata
from converters.model_file import Model
from converters.runtimes import TFLiteModel, open_model
from tfsqueeze.errors import UserError
from tfsqueeze.text.light_tokenizer import LightTokenizer

_BATCH = 256  # texts tokenized at once


@dataclass(frozen=True)
class Prediction:
    """The most probable label of a text, and the probability of every label."""

    text: str
    label: str
    probability: float
    probabilities: dict[str, float]


class TextClassifier:
    """Predicts labels of texts with a .tflite model and the metadata packed into it.

    Attributes:
        metadata: what `converters.metadata.read_metadata` found in the file.
        max_length: tokens that the model reads of each text, special tokens included. A file for
            several lengths runs each text at the shortest that holds it.

    Raises:
        UserError: the model's input_ids and logits do not fit a text classifier with these labels.
    """

    def __init__(self, model: TFLiteModel, metadata: ModelMetadata) -> None:
        shapes = {detail.name: detail.shape for detail in model.input_details}
        if len(shapes.get("input_ids", ())) != 2:
            raise UserError(
                f"the model's inputs are {shapes}; a text classifier takes input_ids [1, length]"
            )
        self.metadata = metadata
        self.max_length = shapes["input_ids"][1]
        self._input_names = list(shapes)
        self._by_length = dict(sorted(model.by_length.items())) or {self.max_length: model}
        self._tokenizer = LightTokenizer.from_settings(metadata.tokenizer, metadata.vocabulary)

    @classmethod
    def from_file(
        cls, path: Model, runtime: str | None = None, num_threads: int = 1
    ) -> TextClassifier:
        """Opens a packed .tflite file (a path, or its bytes).

        Args:
            runtime: "litert" or "tflite-runtime"; LiteRT by default.
            num_threads: threads of the runtime.

        Raises:
            UserError: the file is damaged or carries no labels and vocabulary, or the runtime is
                not installed.
        """
        metadata = read_metadata(path)
        return cls(open_model(path, runtime or "litert", num_threads=num_threads), metadata)

    def predict(self, texts: Iterable[str]) -> list[Prediction]:
        """The predictions for any number of texts, in order.

        A text may be empty or longer than the model reads: what is past `max_length` is cut off.
        Probabilities are the softmax of the dequantized logits.

        Raises:
            UserError: `texts` is a single string, or holds something that is none.
        """
        if isinstance(texts, (str, bytes, os.PathLike)):
            raise UserError("predict takes a list of texts, not a single one; put it in a list")
        texts = list(texts)
        for index, text in enumerate(texts):
            if not isinstance(text, str):
                raise UserError(f"text {index} is {text!r}, not a string")
        predictions = []
        for start in range(0, len(texts), _BATCH):
            predictions += self._predict_batch(texts[start : start + _BATCH])
        return predictions

    def _predict_batch(self, texts: list[str]) -> list[Prediction]:
        tokens = self._tokenizer(texts, max_length=self.max_length)
        labels = self.metadata.labels
        logits = np.empty((len(texts), len(labels)), np.float32)
        lengths = tokens["attention_mask"].sum(axis=1)
        shorter = 0
        # Each text by the shortest model that has room for it.
        for length, model in self._by_length.items():
            rows = np.flatnonzero((lengths > shorter) & (lengths <= length))
            logits[rows] = model.predict_logits(
                {name: tokens[name][rows, :length] for name in self._input_names}
            )
            shorter = length
        predictions = []
        for text, probabilities in zip(texts, softmax(logits), strict=True):
            best = int(probabilities.argmax())
            predictions.append(
                Prediction(
                    text,
                    labels[best],
                    float(probabilities[best]),
                    dict(zip(labels, probabilities.tolist(), strict=True)),
                )
            )
        return predictions


def softmax(logits: np.ndarray) -> np.ndarray:
    """Returns the probabilities of logits: float64 of the same shape, the last axis sums to 1."""
    exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)

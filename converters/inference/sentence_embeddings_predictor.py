"""Sentence vectors from one packed .tflite file, and search by them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from converters.inference.predictor import Predictor, checked_texts
from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset
from tfsqueeze.tasks import SENTENCE_EMBEDDINGS
from tfsqueeze.tasks.plain_text_task import require_plain_texts
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class SentenceEmbedding:
    """A text and its vector, of length 1."""

    text: str
    embedding: list[float]


@dataclass(frozen=True)
class Match:
    """A text of a corpus, its place there counted from 0, and its cosine to the query."""

    text: str
    index: int
    score: float


class SentenceEmbeddingsPredictor(Predictor):
    """Embeds texts: the nearer the meaning, the higher the cosine of the vectors."""

    task = SENTENCE_EMBEDDINGS

    def encode(self, texts: Iterable[str]) -> np.ndarray:
        """The vectors of any number of texts, in order: float32 [texts, channels], each of length
        1, which rounding to int8 alone would leave a little off.

        What is past `max_length` is cut off.

        Raises:
            UserError: `texts` is a single string, or holds something that is none.
        """
        texts = checked_texts(texts)
        parts = [np.zeros((0, *self._output_shape("embeddings", "vector")), np.float32)]
        for start in range(0, len(texts), self._evaluated_at_once):
            part = texts[start : start + self._evaluated_at_once]
            _, outputs = self._run(SentenceDataset("texts", part))
            parts.append(outputs["embeddings"])
        vectors = np.concatenate(parts)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    def predict(self, texts: Iterable[str]) -> list[SentenceEmbedding]:
        """As `encode`, each text with its vector."""
        texts = checked_texts(texts)
        return [
            SentenceEmbedding(text, vector.tolist())
            for text, vector in zip(texts, self.encode(texts), strict=True)
        ]

    def search(
        self, corpus: Sequence[str], queries: Sequence[str], top_k: int = 5
    ) -> list[list[Match]]:
        """The texts of a corpus that are nearest to each query, nearest first.

        Raises:
            UserError: as `encode`, or the corpus is empty, or `top_k` is below 1.
        """
        if top_k < 1:
            raise UserError(f"top_k is {top_k}; ask for at least 1 text")
        corpus = checked_texts(corpus)
        if not corpus:
            raise UserError("the corpus has no texts to search in")
        cosines = self.encode(queries) @ self.encode(corpus).T
        return [
            [
                Match(corpus[index], int(index), float(row[index]))
                for index in np.argsort(-row, kind="stable")[:top_k]
            ]
            for row in cosines
        ]

    def _output_shape(self, name, kind):
        model = next(iter(self._by_length.values()))
        return model.output_details[0].shape[1:]

    def _check(self, dataset):
        require_plain_texts(dataset, self.task)

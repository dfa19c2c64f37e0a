"""Sentence vectors from one packed .tflite file, and search by them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from converters.inference.predictor import Predictor, checked_texts
from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset
from tfsqueeze.tasks import SENTENCE_EMBEDDINGS
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class SentenceEmbedding:
    """The vector of a text.

    Args:
        text: the text.
        embedding: its vector, of length 1.
    """

    text: str
    embedding: list[float]


@dataclass(frozen=True)
class Match:
    """A text of a corpus that is near a query.

    Args:
        text: the text.
        index: its position in the corpus, from 0.
        score: the cosine of its vector and the query's.
    """

    text: str
    index: int
    score: float


class SentenceEmbeddingsPredictor(Predictor):
    """Embeds texts: the nearer the meaning, the higher the cosine of the vectors.

    Example:
        embedder = SentenceEmbeddingsPredictor.open("embedder.tflite")
        matches = embedder.search(corpus=["a cat sleeps", "prices rose"], queries=["a tired cat"])
    """

    task = SENTENCE_EMBEDDINGS

    def encode(self, texts: Iterable[str]) -> np.ndarray:
        """Returns the vectors of any number of texts, in order.

        Tokens past `max_length` are cut off. The vectors are normalized again, since rounding to
        int8 changes their length a little.

        Args:
            texts: the texts.

        Returns:
            float32 [texts, channels], each vector of length 1.

        Raises:
            UserError: `texts` is a single string, or holds something that is not a string.
        """
        texts = checked_texts(texts)
        parts = [np.zeros((0, *self._output_shapes["embeddings"]), np.float32)]
        for start in range(0, len(texts), self._examples_per_batch):
            part = texts[start : start + self._examples_per_batch]
            _, outputs = self._run(SentenceDataset("texts", part))
            parts.append(outputs["embeddings"])
        vectors = np.concatenate(parts)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    def predict(self, texts: Iterable[str]) -> list[SentenceEmbedding]:
        """Returns each text with its vector; see `encode`."""
        texts = checked_texts(texts)
        return [
            SentenceEmbedding(text, vector.tolist())
            for text, vector in zip(texts, self.encode(texts), strict=True)
        ]

    def search(
        self, corpus: Sequence[str], queries: Sequence[str], top_k: int = 5
    ) -> list[list[Match]]:
        """Returns the texts of a corpus that are nearest to each query, nearest first.

        Args:
            corpus: the texts to search.
            queries: the queries.
            top_k: how many texts for each query.

        Raises:
            UserError: as `index` and `SearchIndex.search`.
        """
        return self.index(corpus).search(queries, top_k)

    def index(self, corpus: Sequence[str]) -> SearchIndex:
        """Embeds the texts of a corpus once, for any number of searches.

        Args:
            corpus: the texts to search.

        Raises:
            UserError: as `encode`, or the corpus is empty.
        """
        corpus = checked_texts(corpus)
        if not corpus:
            raise UserError("the corpus has no texts to search in")
        return SearchIndex(self, corpus)


class SearchIndex:
    """The vectors of a corpus; `SentenceEmbeddingsPredictor.index` makes it.

    Args:
        embedder: embeds the corpus and the queries.
        corpus: the texts to search, at least one.
    """

    def __init__(self, embedder: SentenceEmbeddingsPredictor, corpus: list[str]) -> None:
        self._embedder = embedder
        self._corpus = corpus
        self._vectors = embedder.encode(corpus)

    def search(self, queries: Iterable[str], top_k: int = 5) -> list[list[Match]]:
        """Returns the texts that are nearest to each query, nearest first.

        Args:
            queries: the queries.
            top_k: how many texts for each query.

        Raises:
            UserError: as `SentenceEmbeddingsPredictor.encode`, or `top_k` is below 1.
        """
        if top_k < 1:
            raise UserError(f"top_k is {top_k}; ask for at least 1 text")
        return [
            [
                Match(self._corpus[index], int(index), float(row[index]))
                for index in np.argsort(-row, kind="stable")[:top_k]
            ]
            for row in self._embedder.encode(queries) @ self._vectors.T
        ]

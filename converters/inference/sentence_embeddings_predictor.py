"""Sentence vectors from one packed .tflite file, and search by them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from converters.inference.predictor import Predictor, checked_texts
from converters.inference.search_index import Match, SearchIndex
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
        vectors = self._outputs(checked_texts(texts))
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    def _outputs(self, texts: Sequence[str]) -> np.ndarray:
        """Returns the vectors of texts, float32 [texts, channels], as the model gives them."""
        parts = [np.zeros((0, *self._output_shapes["embeddings"]), np.float32)]
        for start in range(0, len(texts), self._examples_per_batch):
            part = texts[start : start + self._examples_per_batch]
            _, outputs = self._run(SentenceDataset("texts", part))
            parts.append(outputs["embeddings"])
        return np.concatenate(parts)

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
        return SearchIndex.of(
            corpus, self._outputs(corpus), self._quantization(), self.encode, self.digest
        )

    def _quantization(self) -> tuple[float, int] | None:
        """Returns the scale and the zero point of the outputs; None if they are float32.

        None, too, if the models for several lengths differ in them.
        """
        details = [model.output_details[0] for model in self._by_length.values()]
        found = {(detail.scale, detail.zero_point) for detail in details}
        return found.pop() if len(found) == 1 and details[0].scale else None

    def open_index(self, path: str | os.PathLike) -> SearchIndex:
        """Reads an index that `SearchIndex.save` wrote, of texts that this model embedded.

        Args:
            path: the file.

        Raises:
            UserError: the file cannot be read, is no index, or is that of another model.
        """
        return SearchIndex.open(path, self.encode, self.digest)

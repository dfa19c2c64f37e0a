"""A vector for a text, near those of texts of like meaning."""

from __future__ import annotations

import numpy as np

from tfsqueeze.evaluation.correlation import correlation_metrics
from tfsqueeze.evaluation.retrieval import retrieval_metrics
from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks.encodings import Encodings, encode_texts
from tfsqueeze.tasks.outputs import PositivePair, ScoredPair, TextVector
from tfsqueeze.tasks.plain_text_task import PlainTextTask
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.utils.errors import UserError


class SentenceEmbeddings(PlainTextTask):
    """Embeds texts: as a teacher does, or so that the cosines of pairs follow from their labels.

    Args:
        output: what the model learns from; the vectors of a teacher by default. It makes no
            difference to a trained model.
    """

    name = TaskName.SENTENCE_EMBEDDINGS.value
    title = "embedder of sentences"
    head = "SentenceEmbeddings"
    measures_pairs = True
    scores = (
        Score("teacher_cosine", "Cosine to the teacher"),
        Score("spearman", "Spearman"),
        Score("recall_at_1", "Recall at 1"),
        Score("recall_at_10", "Recall at 10"),
    )

    def __init__(self, output: TextVector | None = None) -> None:
        self.outputs = {"embeddings": output or TextVector()}

    @property
    def data(self):
        from tfsqueeze.tasks.sentence_embeddings_data import SentenceEmbeddingsData

        return SentenceEmbeddingsData()

    @property
    def training(self):
        from tfsqueeze.tasks.sentence_embeddings_training import SentenceEmbeddingsTraining
        from tfsqueeze.tasks.sentence_pairs_training import (
            PositivePairsTraining,
            ScoredPairsTraining,
        )

        output = self.outputs["embeddings"]
        if isinstance(output, ScoredPair):
            return ScoredPairsTraining(self)
        if isinstance(output, PositivePair):
            return PositivePairsTraining(self)
        return SentenceEmbeddingsTraining(self)

    def with_output(self, output: TextVector) -> SentenceEmbeddings:
        """Returns the task whose model learns from something else.

        Args:
            output: what it learns from.
        """
        return SentenceEmbeddings(output)

    def encode(self, tokenizer, dataset):
        """Returns a row for each text; the two texts of a pair follow each other."""
        if dataset.text_pairs is None:
            return Encodings(encode_texts(tokenizer, dataset.texts))
        pairs = zip(dataset.texts, dataset.text_pairs, strict=True)
        return Encodings(
            encode_texts(tokenizer, [text for pair in pairs for text in pair]),
            example_ids=np.repeat(np.arange(len(dataset), dtype=np.int32), 2),
        )

    def metrics(self, dataset, predictions, classes):
        """Returns how well the vectors fit the pairs, or else the teacher's vectors.

        Returns:
            The `correlation_metrics` of the cosines of scored pairs; the `retrieval_metrics` of
            pairs without scores; else `examples` and `teacher_cosine`, the mean cosine to the
            teacher's vectors.
        """
        vectors = np.stack(predictions["embeddings"]).astype(np.float64)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
        if dataset.scores is not None:
            return correlation_metrics(dataset.scores, (vectors[:, 0] * vectors[:, 1]).sum(-1))
        if dataset.text_pairs is not None:
            return retrieval_metrics(
                dataset.texts, dataset.text_pairs, vectors[:, 0], vectors[:, 1]
            )
        if dataset.vectors.shape[-1] != vectors.shape[-1]:
            raise UserError(
                f"the teacher's vectors have {dataset.vectors.shape[-1]} channels and the "
                f"model's {vectors.shape[-1]}; name the teacher that it learned from"
            )
        return {
            "examples": len(dataset),
            "teacher_cosine": float((vectors[:, 0] * dataset.vectors).sum(-1).mean()),
        }

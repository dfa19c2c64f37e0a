"""A vector for a text, near those of texts of like meaning."""

from __future__ import annotations

import numpy as np

from tfsqueeze.evaluation.correlation import correlation_metrics
from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks.encodings import Encodings, encode_texts
from tfsqueeze.tasks.outputs import TextVector
from tfsqueeze.tasks.plain_text_task import PlainTextTask
from tfsqueeze.tasks.task_names import TaskName
from tfsqueeze.utils.errors import UserError


class SentenceEmbeddings(PlainTextTask):
    """Embeds texts as a teacher does; a dataset of scored pairs evaluates the vectors."""

    name = TaskName.SENTENCE_EMBEDDINGS.value
    title = "embedder of sentences"
    head = "SentenceEmbeddings"
    outputs = {"embeddings": TextVector()}
    scores = (
        Score("teacher_cosine", "Cosine to the teacher"),
        Score("spearman", "Spearman"),
    )

    @property
    def training(self):
        from tfsqueeze.tasks.sentence_embeddings_training import SentenceEmbeddingsTraining

        return SentenceEmbeddingsTraining(self)

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
        """Returns how well the vectors fit the scores of pairs, or else the teacher's vectors.

        Returns:
            The `correlation_metrics` of the cosines of scored pairs; else `examples` and
            `teacher_cosine`, the mean cosine to the teacher's vectors.
        """
        vectors = np.stack(predictions["embeddings"]).astype(np.float64)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
        if dataset.scores is not None:
            return correlation_metrics(dataset.scores, (vectors[:, 0] * vectors[:, 1]).sum(-1))
        if dataset.vectors.shape[-1] != vectors.shape[-1]:
            raise UserError(
                f"the teacher's vectors have {dataset.vectors.shape[-1]} channels and the "
                f"model's {vectors.shape[-1]}; name the teacher that it learned from"
            )
        return {
            "examples": len(dataset),
            "teacher_cosine": float((vectors[:, 0] * dataset.vectors).sum(-1).mean()),
        }

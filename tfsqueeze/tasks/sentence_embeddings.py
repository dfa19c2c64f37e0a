"""A vector for a text, near those of texts of like meaning."""

from __future__ import annotations

import dataclasses

import numpy as np

from tfsqueeze.evaluation.correlation import correlation_metrics
from tfsqueeze.tasks.plain_text_task import PlainTextTask
from tfsqueeze.tasks.task import Encodings, tokenized_texts
from tfsqueeze.utils.errors import UserError

DEFAULT_TEACHER = "all-minilm-l6-v2"
_COMPARED_AT_ONCE = 256


class SentenceEmbeddings(PlainTextTask):
    """Embeds texts as a teacher does; the data are plain texts, or scored pairs to evaluate on."""

    name = "sentence-embeddings"
    title = "embedder of sentences"
    head = "SentenceEmbeddings"
    outputs = {"embeddings": "vector"}
    monitored = ("cosine",)
    scores = ("teacher_cosine", "spearman")
    has_teacher = True

    def configure(self, config, splits):
        config = super().configure(config, splits)
        vectors = splits.train.vectors
        if vectors is not None and vectors.shape[1] != config.hidden_size:
            raise UserError(
                f"the teacher's vectors have {vectors.shape[1]} channels and the "
                f"model's {config.hidden_size}; choose a model of that hidden_size, "
                "such as squeezebert-tiny for all-minilm-l6-v2"
            )
        return config

    def completed(self, dataset, teacher=None, folder=None, progress=lambda *_: None):
        """Adds the teacher's vectors to texts without scores; see `teacher_vectors`."""
        if dataset.scores is not None or dataset.vectors is not None:
            return dataset
        from tfsqueeze.distillation.sentence_vectors import teacher_vectors

        return dataclasses.replace(
            dataset,
            vectors=teacher_vectors(teacher or DEFAULT_TEACHER, dataset.texts, folder, progress),
        )

    def rows(self, tokenizer, dataset):
        """A row for each text, the two of a pair on end."""
        if dataset.text_pairs is None:
            return Encodings(tokenized_texts(tokenizer, dataset.texts))
        pairs = zip(dataset.texts, dataset.text_pairs, strict=True)
        return Encodings(
            tokenized_texts(tokenizer, [text for pair in pairs for text in pair]),
            examples=np.repeat(np.arange(len(dataset), dtype=np.int32), 2),
        )

    def targets(self, dataset, rows, classes):
        """The teacher's vectors."""
        if dataset.vectors is None:
            raise UserError(f"{dataset.name} has no vectors of a teacher's to learn")
        return {"embeddings": dataset.vectors}

    def predictions(self, outputs, rows, classes):
        """For each example its vector or its two, float [1 or 2, channels]."""
        vectors = outputs["embeddings"]
        return {
            "embeddings": list(
                vectors.reshape(-1, 1 if rows.examples is None else 2, vectors.shape[-1])
            )
        }

    def metrics(self, dataset, predictions, classes):
        """`examples`; of scored pairs the `correlation_metrics` of their cosines; else
        `teacher_cosine`, the mean cosine to the teacher's vectors."""
        vectors = np.stack(predictions["embeddings"]).astype(np.float64)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
        if dataset.scores is not None:
            return correlation_metrics(dataset.scores, (vectors[:, 0] * vectors[:, 1]).sum(-1))
        _check_width(dataset.vectors, vectors)
        return {
            "examples": len(dataset),
            "teacher_cosine": float((vectors[:, 0] * dataset.vectors).sum(-1).mean()),
        }

    def counted(self, outputs, rows):
        return dict(outputs)

    def decisions(self, outputs, rows):
        """Which other text is nearest to each."""
        vectors = outputs["embeddings"].astype(np.float32)
        nearest = []
        for start in range(0, len(vectors), _COMPARED_AT_ONCE):
            cosines = vectors[start : start + _COMPARED_AT_ONCE] @ vectors.T
            cosines[np.arange(len(cosines)), np.arange(start, start + len(cosines))] = -np.inf
            nearest.append(cosines.argmax(axis=1))
        return {"nearest": np.concatenate(nearest)}


def _check_width(expected, found):
    if expected.shape[-1] != found.shape[-1]:
        raise UserError(
            f"the teacher's vectors have {expected.shape[-1]} channels and the "
            f"model's {found.shape[-1]}; name the teacher that it learned from"
        )

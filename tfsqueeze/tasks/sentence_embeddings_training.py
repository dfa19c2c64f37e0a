"""Targets and configuration of embedders of sentences."""

from __future__ import annotations

import dataclasses

from tfsqueeze.tasks.plain_text_training import PlainTextTraining
from tfsqueeze.utils.errors import UserError

DEFAULT_TEACHER = "all-minilm-l6-v2"


class SentenceEmbeddingsTraining(PlainTextTraining):
    """Trains embedders on the vectors of a sentence encoder."""

    monitored = ("cosine",)
    has_own_teacher = True

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

    def targets(self, dataset, encodings, classes):
        """Returns the teacher's vectors."""
        if dataset.vectors is None:
            raise UserError(f"{dataset.name} has no teacher's vectors to learn from")
        return {"embeddings": dataset.vectors}

    def add_teacher_targets(self, dataset, teacher=None, folder=None, progress=lambda *_: None):
        """Adds the teacher's vectors to texts without scores; see `teacher_vectors`."""
        if dataset.scores is not None or dataset.vectors is not None:
            return dataset
        from tfsqueeze.distillation.sentence_vectors import teacher_vectors

        return dataclasses.replace(
            dataset,
            vectors=teacher_vectors(teacher or DEFAULT_TEACHER, dataset.texts, folder, progress),
        )

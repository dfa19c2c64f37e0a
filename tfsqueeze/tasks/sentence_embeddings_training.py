"""Targets and configuration of embedders of sentences."""

from __future__ import annotations

import dataclasses

from tfsqueeze.tasks.outputs import PositivePair, ScoredPair
from tfsqueeze.tasks.plain_text_training import PlainTextTraining
from tfsqueeze.utils.errors import UserError

DEFAULT_TEACHER = "all-minilm-l6-v2"


class SentenceEmbeddingsTraining(PlainTextTraining):
    """Trains embedders on the vectors of a sentence encoder."""

    monitored = ("cosine",)
    has_own_teacher = True

    def task_for(self, splits):
        """Returns the task that learns from the pairs of the data, if they are pairs.

        Scores in -1..1 are cosines; the range of others becomes cosines of 0 to 1.
        """
        train = splits.train
        if getattr(train, "text_pairs", None) is None:
            return self.task
        scores = getattr(train, "scores", None)
        if scores is None:
            return self.task.with_output(PositivePair())
        lowest, highest = min(scores), max(scores)
        if lowest == highest:
            raise UserError(
                f"{train.name} has the same score for each pair; there is nothing to learn from"
            )
        are_cosines = -1 <= lowest and highest <= 1
        return self.task.with_output(ScoredPair() if are_cosines else ScoredPair(lowest, highest))

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
        """Adds the teacher's vectors to single texts; see `teacher_vectors`."""
        if dataset.text_pairs is not None or dataset.vectors is not None:
            return dataset
        from tfsqueeze.distillation.sentence_vectors import teacher_vectors

        return dataclasses.replace(
            dataset,
            vectors=teacher_vectors(teacher or DEFAULT_TEACHER, dataset.texts, folder, progress),
        )

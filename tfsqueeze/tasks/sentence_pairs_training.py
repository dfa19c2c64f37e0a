"""Targets of embedders that learn from pairs of texts."""

from __future__ import annotations

import numpy as np

from tfsqueeze.tasks.sentence_embeddings_training import SentenceEmbeddingsTraining


class _PairsTraining(SentenceEmbeddingsTraining):
    """The base of what trains embedders on pairs, which need no teacher."""

    has_own_teacher = False

    def vocabulary_texts(self, dataset):
        return [*dataset.texts, *dataset.text_pairs]


class ScoredPairsTraining(_PairsTraining):
    """Trains embedders on the scores of pairs."""

    monitored = ("pearson",)

    def targets(self, dataset, encodings, classes):
        """Returns the cosine of the pair that each text is of."""
        cosines = self.task.outputs["embeddings"].cosines(dataset.scores)
        return {"embeddings": cosines.repeat(2)}


class PositivePairsTraining(_PairsTraining):
    """Trains embedders on pairs whose texts belong together."""

    monitored = ("accuracy",)

    def targets(self, dataset, encodings, classes):
        """Returns a number for each text, equal for texts of the same tokens."""
        _, numbers = np.unique(encodings.inputs["input_ids"], axis=0, return_inverse=True)
        return {"embeddings": numbers.reshape(-1).astype(np.int32)}

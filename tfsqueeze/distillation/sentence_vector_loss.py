"""The loss of a student that learns a teacher's sentence vectors."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras as keras

# Vectors of texts that are the same, or translations of the same text, are that near.
_SAME = 0.9999


class SentenceVectorLoss(keras.losses.Loss):
    """The distance of each vector from the teacher's, and how surely it finds that one.

    It is 1 - cosine, as in multilingual distillation (Reimers and Gurevych 2020, arXiv 2004.09813,
    section 3, with the cosine in place of the squared distance), plus `ranking` times the
    cross-entropy of finding the teacher's vector of the same text among those of the batch
    (multiple negatives ranking: Henderson et al. 2017, arXiv 1705.00652, section 4.4).

    Args:
        ranking: the weight of the cross-entropy.
        scale: what the cosines are multiplied by before the softmax.

    Example:
        >>> loss = SentenceVectorLoss(ranking=0.0)
        >>> float(loss([[1.0, 0.0]], [[0.0, 2.0]]))
        1.0
    """

    def __init__(self, ranking: float = 1.0, scale: float = 20.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ranking, self.scale = ranking, scale

    def call(self, y_true: Any, y_pred: Any) -> tf.Tensor:
        """Returns the loss of each text: float32 [texts].

        Args:
            y_true: the teacher's vectors, float [texts, channels].
            y_pred: the student's vectors, float [texts, channels].
        """
        teacher, student = (
            tf.math.l2_normalize(tf.cast(vectors, tf.float32), axis=-1)
            for vectors in (y_true, y_pred)
        )
        distances = 1.0 - tf.reduce_sum(teacher * student, axis=-1)
        if not self.ranking:
            return distances
        logits = self.scale * tf.matmul(student, teacher, transpose_b=True)
        same = tf.matmul(teacher, teacher, transpose_b=True) > _SAME
        # Other translations of the same text are no wrong answers.
        compared = ~same | tf.eye(tf.shape(same)[0], dtype=tf.bool)
        found = tf.nn.log_softmax(tf.where(compared, logits, logits.dtype.min), axis=-1)
        return distances - self.ranking * tf.linalg.diag_part(found)

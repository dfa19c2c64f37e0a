"""The Keras losses and metrics of pairs of texts, of which one encoder makes two vectors.

Vectors are float [texts, channels]; the two texts of a pair follow each other.
"""

from __future__ import annotations

import tensorflow as tf
import tf_keras as keras

# Cosines are at most 1, too little for a softmax that is sure: the factor of sentence-transformers.
_SCALE = 20.0
# In the place of the cosine of a text that is no wrong answer: its share of a softmax is 0.
_LEFT_OUT = -1e4


@keras.saving.register_keras_serializable("tfsqueeze")
class CosineScoreLoss(keras.losses.Loss):
    """The squared difference of the cosine of the two vectors of a pair and a target.

    It takes targets float [texts], the same for both texts of a pair. Source: the regression of
    Sentence-BERT (Reimers and Gurevych 2019, arXiv 1908.10084, section 3), CosineSimilarityLoss of
    sentence-transformers.
    """

    def call(self, y_true, y_pred):
        return tf.square(pair_cosines(y_pred) - _first_of_pairs(y_true))


@keras.saving.register_keras_serializable("tfsqueeze")
class MultipleNegativesRankingLoss(keras.losses.Loss):
    """The cross-entropy of the second text of a pair among the second texts of the batch.

    Logits are 20 times the cosines to the first text. It takes targets int [texts], equal for
    equal texts: a second text that is equal to the right one, or to the first text, is no wrong
    answer and is left out. Source: Henderson et al. 2017, arXiv 1705.00652, section 4.
    """

    def call(self, y_true, y_pred):
        logits = _SCALE * _cosines_in_batch(y_true, y_pred)
        return keras.losses.sparse_categorical_crossentropy(
            tf.range(tf.shape(logits)[0]), logits, from_logits=True
        )


@keras.saving.register_keras_serializable("tfsqueeze")
class PairAccuracy(keras.metrics.Mean):
    """The share of pairs whose second text is the nearest to the first within the batch.

    Targets and vectors are those of `MultipleNegativesRankingLoss`.
    """

    def update_state(self, y_true, y_pred, sample_weight=None):
        nearest = tf.argmax(_cosines_in_batch(y_true, y_pred), axis=-1, output_type=tf.int32)
        right = tf.equal(nearest, tf.range(tf.size(nearest)))
        return super().update_state(tf.cast(right, tf.float32), sample_weight)


@keras.saving.register_keras_serializable("tfsqueeze")
class PairPearson(keras.metrics.Metric):
    """Pearson's correlation of the cosines of pairs and their targets, over all batches.

    Targets and vectors are those of `CosineScoreLoss`.

    Args:
        name: the name of the metric.
    """

    def __init__(self, name="pearson", **kwargs):
        super().__init__(name=name, **kwargs)
        # The pairs, and the sums of x, y, xx, yy and xy. Their differences are small beside them.
        self.sums = self.add_weight("sums", shape=(6,), dtype=tf.float64, initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        x, y = (
            tf.cast(values, tf.float64)
            for values in (_first_of_pairs(y_true), pair_cosines(y_pred))
        )
        terms = tf.stack([tf.ones_like(x), x, y, x * x, y * y, x * y])
        self.sums.assign_add(tf.reduce_sum(terms, axis=1))

    def result(self):
        count, x, y, xx, yy, xy = tf.unstack(self.sums)
        spread = tf.sqrt(tf.nn.relu(count * xx - x * x) * tf.nn.relu(count * yy - y * y))
        return tf.math.divide_no_nan(count * xy - x * y, spread)

    def reset_state(self):
        # Keras' own sets every variable to a scalar.
        self.sums.assign(tf.zeros_like(self.sums))


def pair_cosines(vectors):
    """Returns the cosine of the two vectors of each pair: float [pairs]."""
    first, second = _pairs(vectors)
    return tf.reduce_sum(first * second, axis=-1)


def _pairs(vectors):
    """Returns the first and the second vectors, of length 1: float [pairs, channels]."""
    pairs = tf.reshape(vectors, [-1, 2, vectors.shape[-1]])
    return tf.unstack(tf.math.l2_normalize(pairs, axis=-1), axis=1)


def _first_of_pairs(targets):
    return tf.reshape(targets, [-1, 2])[:, 0]


def _cosines_in_batch(text_ids, vectors):
    """Returns the cosines of first texts (rows) and second texts: float [pairs, pairs].

    A second text that equals one of the pair, and is not the pair's own, has `_LEFT_OUT`.
    """
    first, second = _pairs(vectors)
    cosines = tf.matmul(first, second, transpose_b=True)
    ids = tf.reshape(text_ids, [-1, 2])
    is_equal = tf.reduce_any(tf.equal(ids[:, :, None], ids[None, None, :, 1]), axis=1)
    is_own = tf.eye(tf.shape(ids)[0], dtype=tf.bool)
    return tf.where(is_equal & tf.logical_not(is_own), _LEFT_OUT, cosines)

"""The Keras metrics of outputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.decoding.bio import bio_spans
from tfsqueeze.decoding.tag_sequences import viterbi_decode
from tfsqueeze.tasks.encodings import IGNORE_INDEX


@keras.saving.register_keras_serializable("tfsqueeze")
class TokenAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """The share of tokens with the right class among those whose target is not `IGNORE_INDEX`."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        active = tf.not_equal(y_true, tf.cast(IGNORE_INDEX, y_true.dtype))
        return super().update_state(y_true, y_pred, tf.cast(active, tf.float32))


@keras.saving.register_keras_serializable("tfsqueeze")
class PositionAccuracy(keras.metrics.Mean):
    """The share of rows whose highest logit is at the right token, among the possible tokens.

    Logits and targets are those of `PositionCrossEntropy`.
    """

    def update_state(self, y_true, y_pred, sample_weight=None):
        possible = tf.where(y_true >= 0, y_pred, y_pred.dtype.min)
        right = tf.equal(tf.argmax(possible, axis=-1), tf.argmax(y_true, axis=-1))
        return super().update_state(tf.cast(right, tf.float32), sample_weight)


@keras.saving.register_keras_serializable("tfsqueeze")
class SpanF1(keras.metrics.Metric):
    """F1 of the spans that `viterbi_decode` finds: 2 right / (predicted + true).

    Args:
        names: the names of the tags, in the order of the logits.
        name: the name of the metric.
    """

    def __init__(self, names: Sequence[str], name="f1", **kwargs):
        super().__init__(name=name, **kwargs)
        self.names = list(names)
        self.right = self.add_weight("right", initializer="zeros")
        self.spans = self.add_weight("spans", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        right, count = tf.numpy_function(self._count, (y_true, y_pred), (tf.float32, tf.float32))
        self.right.assign_add(right)
        self.spans.assign_add(count)

    def _count(self, y_true, y_pred):
        active = y_true != IGNORE_INDEX
        right = count = 0
        for words, *both in zip(
            active, y_true, viterbi_decode(y_pred, active, self.names), strict=True
        ):
            true, predicted = (
                set(bio_spans([self.names[tag] for tag in tags[words]])) for tags in both
            )
            right += len(true & predicted)
            count += len(true) + len(predicted)
        return np.float32(right), np.float32(count)

    def result(self):
        return tf.math.divide_no_nan(2 * self.right, self.spans)

    def get_config(self):
        return {**super().get_config(), "names": self.names}

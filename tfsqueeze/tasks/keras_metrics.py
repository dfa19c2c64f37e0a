"""The Keras metrics of outputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.decoding.bio import bio_spans
from tfsqueeze.decoding.tag_sequences import viterbi_decode
from tfsqueeze.tasks.encodings import IGNORE_INDEX

# Its type is none that data can have.
_UNKNOWN_TAG = "I-\0"


@keras.saving.register_keras_serializable("tfsqueeze")
class TokenAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """The share of tokens with the right class among those whose target is not `IGNORE_INDEX`."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        active = tf.not_equal(y_true, tf.cast(IGNORE_INDEX, y_true.dtype))
        return super().update_state(y_true, y_pred, tf.cast(active, tf.float32))


class _ClassCounts(keras.metrics.Metric):
    """The base of metrics on the counts of each class over all batches.

    They take class ids int [batch] and logits float [batch, classes].

    Args:
        classes: the number of classes.
        name: the name of the metric.
    """

    def __init__(self, classes: int, name: str, **kwargs):
        super().__init__(name=name, **kwargs)
        self.classes = classes
        self.right, self.true, self.predicted = (
            self.add_weight(kind, shape=(classes,), initializer="zeros")
            for kind in ("right", "true", "predicted")
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        true, predicted = (
            tf.one_hot(tf.reshape(ids, [-1]), self.classes)
            for ids in (tf.cast(y_true, tf.int64), tf.argmax(y_pred, axis=-1))
        )
        self.right.assign_add(tf.reduce_sum(true * predicted, axis=0))
        self.true.assign_add(tf.reduce_sum(true, axis=0))
        self.predicted.assign_add(tf.reduce_sum(predicted, axis=0))

    def reset_state(self):
        # Keras' own sets every variable to a scalar.
        for variable in self.variables:
            variable.assign(tf.zeros_like(variable))

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}


@keras.saving.register_keras_serializable("tfsqueeze")
class MacroF1(_ClassCounts):
    """The mean of F1 over the classes that occur in targets or predictions."""

    def __init__(self, classes: int, name="macro_f1", **kwargs):
        super().__init__(classes, name, **kwargs)

    def result(self):
        return _mean_ratio(2 * self.right, self.true + self.predicted)


@keras.saving.register_keras_serializable("tfsqueeze")
class BalancedAccuracy(_ClassCounts):
    """The mean of recall over the classes that occur in targets, as scikit-learn calls it."""

    def __init__(self, classes: int, name="balanced_accuracy", **kwargs):
        super().__init__(classes, name, **kwargs)

    def result(self):
        return _mean_ratio(self.right, self.true)


def _mean_ratio(numerators, denominators):
    """Returns the mean of the ratios whose denominator is not 0."""
    ratios = tf.math.divide_no_nan(numerators, denominators)
    count = tf.math.count_nonzero(denominators, dtype=ratios.dtype)
    return tf.math.divide_no_nan(tf.reduce_sum(ratios), count)


@keras.saving.register_keras_serializable("tfsqueeze")
class MicroF1(keras.metrics.Metric):
    """F1 of all labels of all texts together: 2 right / (predicted + true).

    It takes targets of 0 and 1 and logits, float [batch, labels]. A label is predicted if its
    logit is above 0.

    Args:
        name: the name of the metric.
    """

    def __init__(self, name="micro_f1", **kwargs):
        super().__init__(name=name, **kwargs)
        self.right = self.add_weight("right", initializer="zeros")
        self.labels = self.add_weight("labels", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        true, predicted = (tf.cast(labels > 0, tf.float32) for labels in (y_true, y_pred))
        self.right.assign_add(tf.reduce_sum(true * predicted))
        self.labels.assign_add(tf.reduce_sum(true + predicted))

    def result(self):
        return tf.math.divide_no_nan(2 * self.right, self.labels)


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

    Targets are tag ids [batch, length], `IGNORE_INDEX` at tokens that are not the first of a word.
    Words with the target `UNKNOWN_ID` are spans that no prediction finds.

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
        # UNKNOWN_ID is the last index.
        names = [*self.names, _UNKNOWN_TAG]
        right = count = 0
        for words, *both in zip(
            active, y_true, viterbi_decode(y_pred, active, self.names), strict=True
        ):
            true, predicted = (set(bio_spans([names[tag] for tag in tags[words]])) for tags in both)
            right += len(true & predicted)
            count += len(true) + len(predicted)
        return np.float32(right), np.float32(count)

    def result(self):
        return tf.math.divide_no_nan(2 * self.right, self.spans)

    def get_config(self):
        return {**super().get_config(), "names": self.names}

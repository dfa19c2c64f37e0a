"""Losses and metrics of what a model's outputs stand for: texts or words."""

from __future__ import annotations

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.tasks import IGNORED


@keras.saving.register_keras_serializable("tfsqueeze")
class SmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy of logits [batch, num_labels] and class ids [batch], with label smoothing
    (Szegedy et al. 2016, arXiv 1512.00567, section 7), which Keras has for one-hot labels only."""

    def __init__(self, label_smoothing=0.0, **kwargs):
        super().__init__(**kwargs)
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):
        # Where a token of a row is chosen, there are as many classes as tokens in the batch.
        targets = tf.one_hot(tf.cast(tf.reshape(y_true, [-1]), tf.int32), tf.shape(y_pred)[-1])
        return keras.losses.categorical_crossentropy(
            targets, y_pred, from_logits=True, label_smoothing=self.label_smoothing)

    def get_config(self):
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


@keras.saving.register_keras_serializable("tfsqueeze")
class WordCrossEntropy(SmoothedCrossEntropy):
    """The mean of `SmoothedCrossEntropy` over the words of a batch.

    Logits [batch, length, classes] and class ids [batch, length], `IGNORED` where a token is not
    the first of a word.
    """

    def call(self, y_true, y_pred):
        counted = tf.not_equal(y_true, tf.cast(IGNORED, y_true.dtype))
        words = super().call(tf.boolean_mask(y_true, counted), tf.boolean_mask(y_pred, counted))
        # A batch may hold no word: all of its sentences may be empty.
        return tf.math.divide_no_nan(tf.reduce_sum(words), tf.cast(tf.size(words), words.dtype))


@keras.saving.register_keras_serializable("tfsqueeze")
class WordAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """The share of words with the right tag."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        counted = tf.not_equal(y_true, tf.cast(IGNORED, y_true.dtype))
        return super().update_state(y_true, y_pred, tf.cast(counted, tf.float32))


@keras.saving.register_keras_serializable("tfsqueeze")
class WordF1(keras.metrics.Metric):
    """F1 of the words that are in a span, by their tags: 2 right / (predicted + true).

    Unlike the share of right words it does not gain from the many words outside of spans; that of
    whole spans, which a batch's words alone do not tell, is measured after training.

    outside: the class id of words in no span.
    """

    def __init__(self, outside, name="f1", **kwargs):
        super().__init__(name=name, **kwargs)
        self.outside = outside
        self.right = self.add_weight("right", initializer="zeros")
        self.spans = self.add_weight("spans", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = tf.cast(y_true, tf.int32)
        counted = y_true != IGNORED
        best = tf.argmax(y_pred, axis=-1, output_type=tf.int32)
        true, predicted = (counted & (ids != self.outside) for ids in (y_true, best))
        for weight, where in ((self.right, true & (best == y_true)), (self.spans, true),
                              (self.spans, predicted)):
            weight.assign_add(tf.reduce_sum(tf.cast(where, tf.float32)))

    def result(self):
        return tf.math.divide_no_nan(2 * self.right, self.spans)

    def get_config(self):
        return {**super().get_config(), "outside": self.outside}


def losses_and_metrics(outputs: dict[str, str], classes: dict[str, list[str]],
                       label_smoothing: float) -> tuple[dict, dict]:
    """Returns the loss and the list of metrics of each output.

    outputs, classes: a task's.
    """
    losses, metrics = {}, {}
    for name, kind in outputs.items():
        if kind in ("text", "place"):
            losses[name] = SmoothedCrossEntropy(label_smoothing)
            metrics[name] = [keras.metrics.SparseCategoricalAccuracy("accuracy")]
        else:
            losses[name] = WordCrossEntropy(label_smoothing)
            metrics[name] = [WordAccuracy("accuracy"), WordF1(classes[name].index("O"))]
    return losses, metrics

"""Losses and metrics of what a model's outputs stand for: texts or words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.decoding.bio import bio_spans
from tfsqueeze.decoding.tag_sequences import allowed_transitions, viterbi_decode
from tfsqueeze.tasks import IGNORED

# The share of words by themselves in the loss of sentences: it settles what is left open by those.
_BY_WORD = 0.2
# So little that no sequence has it, and still a number in float32.
_NOTHING = 1e-30


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
            targets, y_pred, from_logits=True, label_smoothing=self.label_smoothing
        )

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
class TagSequenceLoss(WordCrossEntropy):
    """The negative log-likelihood of the tags of whole sentences, by the word, and a fifth of
    `WordCrossEntropy` in it.

    The likelihood is that of a linear-chain conditional random field (Lafferty et al., ICML 2001)
    whose only transitions are whether B-, I- and O tags may follow each other: what the likelihood
    is shared among are the sequences that `viterbi_decode` chooses from, so training is for the
    very spans that are decoded, and the model has no weights beyond its logits. The
    cross-entropy keeps the softmax of a word's logits the probabilities of its tags.

    Logits [batch, length, tags] and tag ids [batch, length], `IGNORED` where a token is not the
    first of a word.

    names: of the tags. label_smoothing: of the cross-entropy.
    """

    def __init__(self, names: Sequence[str], label_smoothing=0.0, **kwargs):
        super().__init__(label_smoothing, **kwargs)
        self.names = list(names)

    def call(self, y_true, y_pred):
        y_true = tf.cast(y_true, tf.int32)
        counted = tf.not_equal(y_true, IGNORED)
        words = tf.cast(tf.math.count_nonzero(counted), y_pred.dtype)
        taken = tf.gather(y_pred, tf.maximum(y_true, 0), batch_dims=2)
        taken = tf.reduce_sum(tf.where(counted, taken, 0.0))
        # A batch may hold no word: all of its sentences may be empty.
        sentences = tf.math.divide_no_nan(
            tf.reduce_sum(self._log_sums(y_pred, counted)) - taken, words
        )
        return sentences + _BY_WORD * (super().call(y_true, y_pred) - sentences)

    def _log_sums(self, logits, counted):
        """The logarithm of the summed exponentials of all sequences' scores, [batch]."""
        begins, follows = (
            tf.constant(allowed, logits.dtype) for allowed in allowed_transitions(self.names)
        )

        def step(state, place):
            sums, begun = state
            scores, word = place
            most = tf.reduce_max(sums, axis=-1, keepdims=True)
            ahead = most + tf.math.log(tf.exp(sums - most) @ follows + _NOTHING)
            ahead = tf.where(begun[:, None], ahead, tf.math.log(begins + _NOTHING)) + scores
            return tf.where(word[:, None], ahead, sums), begun | word

        sums, begun = tf.foldl(
            step,
            (tf.transpose(logits, (1, 0, 2)), tf.transpose(counted)),
            (tf.zeros_like(logits[:, 0]), tf.zeros_like(counted[:, 0])),
        )
        return tf.where(begun, tf.reduce_logsumexp(sums, axis=-1), 0.0)

    def get_config(self):
        return {**super().get_config(), "names": self.names}


@keras.saving.register_keras_serializable("tfsqueeze")
class CosineDistance(keras.losses.Loss):
    """1 - the cosine of vectors float [batch, channels]."""

    def call(self, y_true, y_pred):
        return 1.0 + keras.losses.cosine_similarity(y_true, y_pred)


@keras.saving.register_keras_serializable("tfsqueeze")
class WordAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """The share of words with the right tag."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        counted = tf.not_equal(y_true, tf.cast(IGNORED, y_true.dtype))
        return super().update_state(y_true, y_pred, tf.cast(counted, tf.float32))


@keras.saving.register_keras_serializable("tfsqueeze")
class SpanF1(keras.metrics.Metric):
    """F1 of spans, decoded as `viterbi_decode` does: 2 right / (predicted + true).

    names: of the tags.
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
        counted = y_true != IGNORED
        right = count = 0
        for words, *both in zip(
            counted, y_true, viterbi_decode(y_pred, counted, self.names), strict=True
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


def losses_and_metrics(
    outputs: dict[str, str], classes: dict[str, list[str]], label_smoothing: float
) -> tuple[dict, dict]:
    """Returns the loss and the list of metrics of each output.

    outputs, classes: a task's.
    """
    losses, metrics = {}, {}
    for name, kind in outputs.items():
        if kind in ("text", "place"):
            losses[name] = SmoothedCrossEntropy(label_smoothing)
            metrics[name] = [keras.metrics.SparseCategoricalAccuracy("accuracy")]
        elif kind == "vector":
            losses[name] = CosineDistance()
            metrics[name] = [keras.metrics.CosineSimilarity("cosine")]
        elif kind == "word":
            losses[name] = TagSequenceLoss(classes[name], label_smoothing)
            metrics[name] = [WordAccuracy("accuracy"), SpanF1(classes[name])]
        else:
            losses[name] = WordCrossEntropy(label_smoothing)
            metrics[name] = [WordAccuracy("accuracy")]
    return losses, metrics

"""The Keras losses of outputs."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.decoding.tag_sequences import allowed_transitions
from tfsqueeze.distillation.losses import position_loss

# The share of the cross-entropy of words in the loss of sentences: the likelihood of a sequence
# does not change if a constant is added to all logits of a word.
_WORD_SHARE = 0.2
# Smaller than any sequence's probability, and still a number in float32.
_TINY = 1e-30


@keras.saving.register_keras_serializable("tfsqueeze")
class SmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy of logits [batch, classes] and class ids [batch], with label smoothing.

    Keras smooths one-hot labels only. Source: Szegedy et al. 2016, arXiv 1512.00567, section 7.

    Args:
        label_smoothing: the share of each target that is spread over all classes, in [0, 1).
    """

    def __init__(self, label_smoothing=0.0, **kwargs):
        super().__init__(**kwargs)
        self.label_smoothing = label_smoothing

    def call(self, y_true, y_pred):
        targets = tf.one_hot(tf.cast(tf.reshape(y_true, [-1]), tf.int32), tf.shape(y_pred)[-1])
        return keras.losses.categorical_crossentropy(
            targets, y_pred, from_logits=True, label_smoothing=self.label_smoothing
        )

    def get_config(self):
        return {**super().get_config(), "label_smoothing": self.label_smoothing}


@keras.saving.register_keras_serializable("tfsqueeze")
class PositionCrossEntropy(SmoothedCrossEntropy):
    """Cross-entropy of the position of one token in each row, among the possible tokens alone.

    It takes logits [batch, length] and targets [batch, length]: 1 at the token, 0 at the other
    possible tokens, `IGNORE_INDEX` elsewhere.
    """

    def call(self, y_true, y_pred):
        return position_loss(y_pred, y_true, self.label_smoothing)


@keras.saving.register_keras_serializable("tfsqueeze")
class TokenCrossEntropy(SmoothedCrossEntropy):
    """The mean of `SmoothedCrossEntropy` over the tokens of a batch that have a target.

    It takes logits [batch, length, classes] and class ids [batch, length], negative at tokens
    without a class: `IGNORE_INDEX`, or `UNKNOWN_ID` in validation.
    """

    def call(self, y_true, y_pred):
        active = y_true >= 0
        words = super().call(tf.boolean_mask(y_true, active), tf.boolean_mask(y_pred, active))
        # A batch may hold no word: all of its sentences may be empty.
        return tf.math.divide_no_nan(tf.reduce_sum(words), tf.cast(tf.size(words), words.dtype))


@keras.saving.register_keras_serializable("tfsqueeze")
class TagSequenceLoss(TokenCrossEntropy):
    """The negative log-likelihood of the tags of whole sentences, per word.

    The likelihood is that of a linear-chain conditional random field (Lafferty et al., ICML 2001)
    whose only transitions say which B-, I- and O tags may follow each other. It is shared among
    the sequences that `viterbi_decode` chooses from, so training optimizes the spans that are
    decoded, and the model has no weights beyond its logits. A fifth of the loss is
    `TokenCrossEntropy`: it keeps the softmax of a word's logits a distribution over its tags.

    It takes logits [batch, length, tags] and tag ids [batch, length], `IGNORE_INDEX` at tokens
    that are not the first of a word, and `UNKNOWN_ID` at words of validation whose tag is new.

    Args:
        names: the names of the tags, in the order of the logits.
        label_smoothing: of the cross-entropy.
    """

    def __init__(self, names: Sequence[str], label_smoothing=0.0, **kwargs):
        super().__init__(label_smoothing, **kwargs)
        self.names = list(names)

    def call(self, y_true, y_pred):
        y_true = tf.cast(y_true, tf.int32)
        active = y_true >= 0
        words = tf.cast(tf.math.count_nonzero(active), y_pred.dtype)
        taken = tf.gather(y_pred, tf.maximum(y_true, 0), batch_dims=2)
        taken = tf.reduce_sum(tf.where(active, taken, 0.0))
        # A batch may hold no word: all of its sentences may be empty.
        sentences = tf.math.divide_no_nan(
            tf.reduce_sum(self._log_sums(y_pred, active)) - taken, words
        )
        return sentences + _WORD_SHARE * (super().call(y_true, y_pred) - sentences)

    def _log_sums(self, logits, active):
        """Returns the log of the summed exponentials of the scores of all sequences, [batch]."""
        begins, follows = (
            tf.constant(allowed, logits.dtype) for allowed in allowed_transitions(self.names)
        )

        def step(state, position):
            sums, begun = state
            scores, word = position
            most = tf.reduce_max(sums, axis=-1, keepdims=True)
            ahead = most + tf.math.log(tf.exp(sums - most) @ follows + _TINY)
            ahead = tf.where(begun[:, None], ahead, tf.math.log(begins + _TINY)) + scores
            return tf.where(word[:, None], ahead, sums), begun | word

        sums, begun = tf.foldl(
            step,
            (tf.transpose(logits, (1, 0, 2)), tf.transpose(active)),
            (tf.zeros_like(logits[:, 0]), tf.zeros_like(active[:, 0])),
        )
        return tf.where(begun, tf.reduce_logsumexp(sums, axis=-1), 0.0)

    def get_config(self):
        return {**super().get_config(), "names": self.names}


@keras.saving.register_keras_serializable("tfsqueeze")
class CosineDistance(keras.losses.Loss):
    """1 minus the cosine of vectors float [batch, channels]."""

    def call(self, y_true, y_pred):
        return 1.0 + keras.losses.cosine_similarity(y_true, y_pred)

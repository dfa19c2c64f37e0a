"""The parts of the distillation loss, each a float32 scalar."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras as keras

# A logit that gives a class no probability, finite so that its product with 0 is 0.
_IMPOSSIBLE = -1e9


def soft_label_loss(student: Any, teacher: Any, temperature: float) -> tf.Tensor:
    """Returns the mean loss of soft labels over texts.

    It is T^2 times the Kullback-Leibler divergence of softmax(student / T) from
    softmax(teacher / T) (Hinton et al. 2015, arXiv 1503.02531, section 2).

    Args:
        student: logits, float [batch, num_labels].
        teacher: logits, float [batch, num_labels]; NaN for classes that a text cannot have, such as
            positions outside of a context. Both models' logits then count as impossible.
        temperature: T, above 0.
    """
    impossible = tf.math.is_nan(teacher)
    student, teacher = (tf.where(impossible, _IMPOSSIBLE, x) for x in (student, teacher))
    targets = tf.nn.softmax(teacher / temperature)
    difference = tf.nn.log_softmax(teacher / temperature) - tf.nn.log_softmax(student / temperature)
    return temperature**2 * tf.reduce_mean(tf.reduce_sum(targets * difference, axis=-1))


def token_soft_label_loss(student: Any, teacher: Any, temperature: float) -> tf.Tensor:
    """Returns the mean loss of soft labels over tokens; 0 if there are none.

    Args:
        student: logits, float [batch, length, classes].
        teacher: logits, float [batch, length, classes]; NaN at tokens without a soft label.
        temperature: as in `soft_label_loss`.
    """
    active = tf.logical_not(tf.math.is_nan(teacher[..., 0]))
    return tf.cond(
        tf.reduce_any(active),
        lambda: soft_label_loss(
            tf.boolean_mask(student, active), tf.boolean_mask(teacher, active), temperature
        ),
        lambda: 0.0,
    )


def soft_binary_label_loss(student: Any, teacher: Any, temperature: float) -> tf.Tensor:
    """Returns the mean loss of soft labels where a text may have several.

    It is T^2 times the Kullback-Leibler divergence of sigmoid(student / T) from
    sigmoid(teacher / T), each label on its own; see `soft_label_loss`.

    Args:
        student: logits, float [batch, labels].
        teacher: logits, float [batch, labels].
        temperature: T, above 0.
    """
    student, teacher = student / temperature, teacher / temperature
    targets = tf.sigmoid(teacher)
    cross_entropy, entropy = (
        tf.nn.sigmoid_cross_entropy_with_logits(targets, logits) for logits in (student, teacher)
    )
    return temperature**2 * tf.reduce_mean(cross_entropy - entropy)


def hard_binary_label_loss(student: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Returns the mean cross-entropy where a text may have several labels.

    Args:
        student: logits, float [batch, labels].
        labels: 1 for each label of a text, else 0: float [batch, labels].
    """
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, student))


def number_loss(student: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
    """Returns the mean squared error of numbers, float [batch, 1] both.

    Args:
        student: the student's numbers.
        numbers: the teacher's numbers, or true ones.
    """
    return tf.reduce_mean(tf.math.squared_difference(student, numbers))


def hard_label_loss(student: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Returns the mean cross-entropy with class ids; 0 if there are none.

    Args:
        student: logits, float [..., classes], or [batch, length] for the position of a token.
        labels: class ids, int [...]; negative where there is no label. For a position they are as
            in `position_loss`.
    """
    if len(labels.shape) == len(student.shape):
        return tf.reduce_mean(position_loss(student, labels))
    active = labels >= 0
    losses = keras.losses.sparse_categorical_crossentropy(
        tf.boolean_mask(labels, active), tf.boolean_mask(student, active), from_logits=True
    )
    return tf.math.divide_no_nan(tf.reduce_sum(losses), tf.cast(tf.size(losses), losses.dtype))


def position_loss(logits: Any, positions: Any, label_smoothing: float = 0.0) -> Any:
    """Returns the cross-entropy of the position of one token in each row.

    Args:
        logits: float [batch, length].
        positions: int [batch, length]: 1 at the token, 0 at the other possible tokens, negative at
            tokens that cannot be it.
        label_smoothing: the share of each target that is spread over all possible tokens.

    Returns:
        float [batch].
    """
    possible = tf.cast(positions >= 0, logits.dtype)
    right = tf.cast(positions > 0, logits.dtype)
    spread = possible / tf.maximum(tf.reduce_sum(possible, axis=-1, keepdims=True), 1.0)
    targets = (1.0 - label_smoothing) * right + label_smoothing * spread
    log_shares = tf.nn.log_softmax(tf.where(positions >= 0, logits, _IMPOSSIBLE))
    return -tf.reduce_sum(targets * log_shares, axis=-1)


def hidden_state_loss(student: tf.Tensor, teacher: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Returns the mean squared error over the channels of all tokens.

    Args:
        student: float [batch, length, channels].
        teacher: float [batch, length, channels].
        mask: float [batch, length], 1 at tokens and 0 at padding.
    """
    error = tf.reduce_mean(tf.math.squared_difference(student, teacher), axis=-1)
    return tf.reduce_sum(error * mask) / tf.maximum(tf.reduce_sum(mask), 1.0)


def attention_loss(student: tf.Tensor, teacher: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Returns the mean squared distance of the tokens' attention probabilities.

    If the numbers of heads differ, it compares the means over the heads.

    Args:
        student: float [batch, heads, length, length].
        teacher: float [batch, heads, length, length].
        mask: float [batch, length], 1 at tokens and 0 at padding.
    """
    if student.shape[1] != teacher.shape[1]:
        student, teacher = (tf.reduce_mean(x, axis=1, keepdims=True) for x in (student, teacher))
    distance = tf.reduce_sum(tf.math.squared_difference(student, teacher), axis=-1)
    return tf.reduce_sum(tf.reduce_mean(distance, axis=1) * mask) / tf.maximum(
        tf.reduce_sum(mask), 1.0
    )


def relation_loss(student: Any, teacher: Any, mask: Any, heads: int) -> tf.Tensor:
    """Returns the mean divergence of the tokens' self-attention relations.

    A relation is the softmax of the scaled products of one projection's vectors with each other,
    head by head; the loss is the Kullback-Leibler divergence of the student's from the teacher's
    (MiniLMv2, Wang et al. 2021, arXiv 2012.15828, section 3.1). The numbers of channels may differ,
    since both are split into the same number of heads.

    Args:
        student: queries, keys or values, float [batch, length, channels].
        teacher: the same projection, float [batch, length, channels].
        mask: float [batch, length], 1 at tokens and 0 at padding.
        heads: the number of relation heads, a divisor of both numbers of channels.
    """
    # Both logarithms are finite at padding, so that its products with 0 are.
    bias = -1e4 * (1.0 - mask[:, None, None, :])

    def log_relations(x: Any) -> Any:
        size = x.shape[-1] // heads
        x = tf.reshape(x, [tf.shape(x)[0], tf.shape(x)[1], heads, size])
        x = tf.transpose(x, [0, 2, 1, 3])
        return tf.nn.log_softmax(tf.matmul(x, x, transpose_b=True) * size**-0.5 + bias)

    ours, theirs = log_relations(student), log_relations(teacher)
    divergence = tf.reduce_sum(tf.exp(theirs) * (theirs - ours), axis=-1)
    return tf.reduce_sum(tf.reduce_mean(divergence, axis=1) * mask) / tf.maximum(
        tf.reduce_sum(mask), 1.0
    )


def mean_over_tokens(states: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Returns the mean of each text's states over its tokens.

    Args:
        states: float [batch, length, channels].
        mask: float [batch, length], 1 at tokens and 0 at padding.

    Returns:
        float [batch, channels].
    """
    return tf.einsum("blc,bl->bc", states, mask) / tf.maximum(
        tf.reduce_sum(mask, axis=1, keepdims=True), 1.0
    )


def sentence_loss(student: tf.Tensor, teacher: tf.Tensor) -> tf.Tensor:
    """Returns the mean of 1 - cosine over texts.

    Args:
        student: float [batch, channels].
        teacher: float [batch, channels].
    """
    # Keras's loss is the negative cosine.
    return 1.0 + tf.reduce_mean(keras.losses.cosine_similarity(student, teacher))

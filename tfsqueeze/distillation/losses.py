"""The parts of a distillation loss, each a scalar float32."""

from __future__ import annotations

import tensorflow as tf
import tf_keras as keras


def soft_label_loss(student: tf.Tensor, teacher: tf.Tensor, temperature: float) -> tf.Tensor:
    """Returns T^2 times the Kullback-Leibler divergence of softmax(student / T) from
    softmax(teacher / T), a mean over texts (Hinton et al. 2015, arXiv 1503.02531, section 2).

    student, teacher: logits, float [batch, num_labels]. temperature: T.
    """
    targets = tf.nn.softmax(teacher / temperature)
    difference = tf.nn.log_softmax(teacher / temperature) - tf.nn.log_softmax(student / temperature)
    return temperature**2 * tf.reduce_mean(tf.reduce_sum(targets * difference, axis=-1))


def word_soft_label_loss(student: tf.Tensor, teacher: tf.Tensor, temperature: float) -> tf.Tensor:
    """Does what `soft_label_loss` does, as a mean over tokens; 0 where none counts.

    student, teacher: logits, float [batch, length, classes]; a token does not count where the
    teacher's are NaN.
    """
    counted = tf.logical_not(tf.math.is_nan(teacher[..., 0]))
    return tf.cond(
        tf.reduce_any(counted),
        lambda: soft_label_loss(
            tf.boolean_mask(student, counted), tf.boolean_mask(teacher, counted), temperature
        ),
        lambda: 0.0,
    )


def hard_label_loss(student: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Returns the cross-entropy with class ids, a mean over those that are not negative; 0 where
    all are.

    student: logits, float [..., classes]. labels: int [...].
    """
    counted = labels >= 0
    losses = keras.losses.sparse_categorical_crossentropy(
        tf.boolean_mask(labels, counted), tf.boolean_mask(student, counted), from_logits=True
    )
    return tf.math.divide_no_nan(tf.reduce_sum(losses), tf.cast(tf.size(losses), losses.dtype))


def hidden_state_loss(student: tf.Tensor, teacher: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Returns the mean squared error over the channels of all tokens.

    student, teacher: float [batch, length, channels]. mask: float [batch, length], 1 at tokens.
    """
    error = tf.reduce_mean(tf.math.squared_difference(student, teacher), axis=-1)
    return tf.reduce_sum(error * mask) / tf.maximum(tf.reduce_sum(mask), 1.0)


def attention_loss(student: tf.Tensor, teacher: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Returns the mean over tokens of the squared distance of their attention probabilities.

    student, teacher: float [batch, heads, length, length]; where the heads differ in number their
    means are compared. mask: float [batch, length], 1 at tokens.
    """
    if student.shape[1] != teacher.shape[1]:
        student, teacher = (tf.reduce_mean(x, axis=1, keepdims=True) for x in (student, teacher))
    distance = tf.reduce_sum(tf.math.squared_difference(student, teacher), axis=-1)
    return tf.reduce_sum(tf.reduce_mean(distance, axis=1) * mask) / tf.maximum(
        tf.reduce_sum(mask), 1.0
    )


def mean_over_tokens(states: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Returns the mean of the states [batch, length, channels] where the mask [batch, length] is
    1: float [batch, channels]."""
    return tf.einsum("blc,bl->bc", states, mask) / tf.maximum(
        tf.reduce_sum(mask, axis=1, keepdims=True), 1.0
    )


def sentence_loss(student: tf.Tensor, teacher: tf.Tensor) -> tf.Tensor:
    """Returns 1 - the cosine of vectors float [batch, channels], a mean over texts."""
    # Keras's is the negative cosine.
    return 1.0 + tf.reduce_mean(keras.losses.cosine_similarity(student, teacher))

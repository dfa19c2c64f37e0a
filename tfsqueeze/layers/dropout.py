"""Dropout whose random numbers an interrupted training resumes."""

from __future__ import annotations

import random
from typing import Any

import tensorflow as tf
import tf_keras as keras

_STEPS = 1 << 16


@keras.saving.register_keras_serializable("tfsqueeze")
class Dropout(keras.layers.Dropout):
    """Keras' Dropout with a generator whose state `tf.train.Checkpoint` saves.

    Keras' own layer draws from a state inside the operation, which nothing saves. An interrupted
    training would resume with other numbers, and end with another model. This layer also draws
    fewer bits, which takes half the time; it rounds the rate to a multiple of 1/65536.

    Source: Srivastava et al. 2014, Journal of Machine Learning Research 15.

    Example:
        >>> import tensorflow as tf
        >>> from tfsqueeze.layers import Dropout
        >>> layer = Dropout(0.5, seed=1)
        >>> sorted(set(layer(tf.ones([100]), training=True).numpy().tolist()))
        [0.0, 2.0]
    """

    def build(self, input_shape: Any) -> None:
        """Makes the generator.

        Args:
            input_shape: the shape of the inputs.
        """
        super().build(input_shape)
        # `keras.utils.set_random_seed` seeds Python's generator too.
        seed = random.randrange(1 << 31) if self.seed is None else self.seed
        self.generator = tf.random.Generator.from_seed(seed, "philox")

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Drops values in training, and scales the others so that the mean stays.

        Args:
            inputs: float, of any shape.
            training: whether to drop.

        Returns:
            float, of the shape of the inputs.
        """
        if not training or not self.rate:
            return inputs
        noise_shape = self._get_noise_shape(inputs)
        shape = tf.shape(inputs) if noise_shape is None else tf.convert_to_tensor(noise_shape)
        threshold = round(self.rate * _STEPS)
        kept = self._draw(shape) >= tf.constant(threshold, tf.uint16)
        return tf.where(kept, inputs / (1 - threshold / _STEPS), tf.zeros([], inputs.dtype))

    def _draw(self, shape: tf.Tensor) -> tf.Tensor:
        """Returns uniform uint16 of a shape."""
        count = tf.reduce_prod(shape)
        # 16 bits a value: to draw them takes most of the layer's time.
        pairs = tf.bitcast(
            self.generator.uniform_full_int([(count + 1) // 2], tf.uint32), tf.uint16
        )
        return tf.reshape(tf.reshape(pairs, [-1])[:count], shape)

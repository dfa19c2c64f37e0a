"""Dropout whose random numbers an interrupted training resumes."""

from __future__ import annotations

import functools
import random
from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.fused import Fused


@keras.saving.register_keras_serializable("tfsqueeze")
class Dropout(keras.layers.Dropout):
    """Keras' Dropout with a generator whose state `tf.train.Checkpoint` saves.

    Keras' own layer draws from a state inside the operation, which nothing saves. An interrupted
    training would resume with other numbers, and end with another model. This layer draws two
    numbers for each call, and makes those of the values from them, which is faster; see
    `keep_mask`.

    Source: Srivastava et al. 2014, Journal of Machine Learning Research 15.

    Attributes:
        fuses: whether it runs as a compiled loop; see `tfsqueeze.models.fusion`.

    Example:
        >>> import tensorflow as tf
        >>> from tfsqueeze.layers import Dropout
        >>> layer = Dropout(0.5, seed=1)
        >>> sorted(set(layer(tf.ones([100]), training=True).numpy().tolist()))
        [0.0, 2.0]
    """

    def __init__(self, rate: float, *args: Any, **kwargs: Any) -> None:
        super().__init__(rate, *args, **kwargs)
        self.fuses = False

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
        seeds = self.draw_seeds()
        if noise_shape is not None:
            return drop(inputs, seeds, self.rate, tf.convert_to_tensor(noise_shape))
        if not self.fuses:
            return drop(inputs, seeds, self.rate)
        dropped = _dropout(self.rate)(tf.reshape(inputs, [-1]), seeds)
        return tf.reshape(dropped, tf.shape(inputs))

    def draw_seeds(self) -> tf.Tensor:
        """Returns the numbers that a call's mask depends on: uint32 [2]."""
        return self.generator.uniform_full_int([2], tf.uint32)


@functools.cache
def _dropout(rate: float) -> Fused:
    return Fused(lambda x, seeds: drop(x, seeds, rate), rows=1, constants=1)


def drop(x: Any, seeds: Any, rate: float, noise_shape: Any = None) -> Any:
    """Drops values, and scales the others so that the mean stays.

    Args:
        x: float, of any shape.
        seeds: uint32 [2], which fix what is dropped.
        rate: the share that is dropped, from 0 to below 1.
        noise_shape: the shape of the mask, as Keras has it; that of `x` by default.
    """
    mask = keep_mask(tf.shape(x) if noise_shape is None else noise_shape, seeds, rate)
    return tf.where(mask, x / (1 - rate), tf.zeros([], x.dtype))


def keep_mask(shape: Any, seeds: Any, rate: float) -> tf.Tensor:
    """Returns which values to keep: bool, of a shape.

    It hashes the index of each value, so that a compiled loop needs no memory for random numbers,
    and a gradient makes the same mask again. The hash is triple32 of C. Wellons, "Prospecting for
    Hash Functions" (2018), with the second seed after its first product.

    Args:
        shape: the shape.
        seeds: uint32 [2].
        rate: the share of values that are dropped.
    """

    def mixed(x: Any, shift: int) -> Any:
        return tf.bitwise.bitwise_xor(x, tf.bitwise.right_shift(x, tf.constant(shift, tf.uint32)))

    x = tf.cast(tf.range(tf.reduce_prod(shape)), tf.uint32) + seeds[0]
    x = tf.bitwise.bitwise_xor(mixed(x, 17) * tf.constant(0xED5AD4BB, tf.uint32), seeds[1])
    x = mixed(x, 11) * tf.constant(0xAC4C1B51, tf.uint32)
    x = mixed(mixed(x, 15) * tf.constant(0x31848BAB, tf.uint32), 14)
    return tf.reshape(x >= tf.constant(round(rate * 2**32), tf.uint32), shape)

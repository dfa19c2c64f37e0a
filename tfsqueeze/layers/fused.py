"""Chains of element-wise operations that training runs as one compiled loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

# XLA compiles a loop for each number of rows, so it is one of two in each power of two.
_COUNTS_PER_OCTAVE = 2


class Fused:
    """A function of tensors that is one compiled loop, and so is its gradient.

    TensorFlow runs each element-wise operation as a pass over memory of its own, and keeps what
    the gradient needs of each. XLA makes one loop of them all. The gradient computes the function
    again, so that only its arguments are kept.

    Args:
        function: takes the tensors described below and returns one of the shape of the first. It
            computes each row on its own, and is finite at rows of zeros.
        rows: how many of the tensors have rows along their first axis; these come first, and all
            have the same number of rows.
        constants: how many of the tensors have no gradient; these come last.

    Example:
        >>> import tensorflow as tf
        >>> from tfsqueeze.layers.fused import Fused
        >>> add_and_double = Fused(lambda x, bias: 2 * (x + bias), rows=1)
        >>> add_and_double(tf.ones([2, 1]), tf.constant([3.0])).numpy().tolist()
        [[8.0], [8.0]]
    """

    def __init__(self, function: Callable[..., Any], rows: int, constants: int = 0) -> None:
        self._function = function
        self._rows = rows
        self._constants = constants
        self._compiled_function = tf.function(function, jit_compile=True, autograph=False)
        self._compiled_gradient = tf.function(self._gradient, jit_compile=True, autograph=False)
        # By the types and ranks of the tensors.
        self._differentiable: dict[Any, Any] = {}

    def __call__(self, *tensors: Any) -> Any:
        """Returns the function's value.

        Args:
            *tensors: the tensors with rows, the others that have a gradient, the constants.
        """
        tensors = tuple(map(tf.convert_to_tensor, tensors))
        key = tuple((x.dtype, x.shape.rank) for x in tensors)
        if key not in self._differentiable:
            # A function, since TensorFlow never forgets a graph in which it traced a custom
            # gradient. It is traced once, for all sizes.
            self._differentiable[key] = tf.function(
                tf.custom_gradient(self._forward),
                input_signature=[tf.TensorSpec([None] * rank, dtype) for dtype, rank in key],
                autograph=False,
            )
        result = self._differentiable[key](*tensors)
        if not tf.executing_eagerly():
            result.set_shape(tensors[0].shape)
        return result

    def _forward(self, *tensors: Any) -> Any:
        count = tf.shape(tensors[0])[0]

        def gradient(upstream: Any) -> list[Any]:
            gradients = self._compiled_gradient(*_pad((upstream, *tensors), self._rows + 1))
            return [
                *(x[:count] for x in gradients[: self._rows]),
                *gradients[self._rows :],
                *[None] * self._constants,
            ]

        return self._compiled_function(*_pad(tensors, self._rows))[:count], gradient

    def _gradient(self, upstream: Any, *tensors: Any) -> list[Any]:
        sources = tensors[: len(tensors) - self._constants]
        with tf.GradientTape() as tape:
            tape.watch(sources)
            result = self._function(*tensors)
        return tape.gradient(
            result, sources, upstream, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )


def _pad(tensors: tuple[Any, ...], rows: int) -> list[Any]:
    """Appends rows of zeros to the first tensors, up to a number that loops are compiled for."""
    count = tf.shape(tensors[0])[0]
    octave = tf.floor(tf.math.log(tf.cast(count, tf.float32)) / tf.math.log(2.0))
    step = tf.cast(tf.maximum(2.0**octave / _COUNTS_PER_OCTAVE, 1.0), tf.int32)
    padding = -count % step
    # TensorFlow copies nothing if there is nothing to append.
    padded = [tf.pad(x, [[0, padding], *[[0, 0]] * (x.shape.rank - 1)]) for x in tensors[:rows]]
    return [*padded, *tensors[rows:]]

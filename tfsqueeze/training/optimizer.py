"""AdamW with few operations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import tensorflow as tf
import tf_keras as keras


@keras.saving.register_keras_serializable("tfsqueeze")
class AdamW(keras.optimizers.AdamW):
    """Keras' AdamW, whose step has half as many operations.

    Keras computes for each weight anew what all weights share: the learning rate and the
    corrections of the moments. Those operations are two thirds of the training graph of a small
    model, so that tracing and running it takes far longer. The weights are the same to the last
    bit. The graph is freed with its model, too. `amsgrad` is not supported.

    Source: Loshchilov and Hutter 2019, arXiv 1711.05101.

    Args:
        *args: those of Keras' AdamW.
        gradient_accumulation_steps: after how many batches the weights change, by the mean of their
            gradients, so that large batches fit into little memory. `iterations` and schedules of
            the learning rate count batches.
        **kwargs: those of Keras' AdamW.

    Example:
        >>> import tensorflow as tf
        >>> from tfsqueeze.training.optimizer import AdamW
        >>> optimizer = AdamW(0.1, weight_decay=0.0)
        >>> weight = tf.Variable([1.0, 2.0])
        >>> _ = optimizer.apply_gradients([(tf.constant([3.0, -4.0]), weight)])
        >>> weight.numpy().round(2)
        array([0.9, 2.1], dtype=float32)
    """

    def __init__(self, *args: Any, gradient_accumulation_steps: int = 1, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self._sums: list[tf.Variable] = []

    def build(self, var_list: Sequence[tf.Variable]) -> None:
        """Creates the moments, and the sums of gradients where batches are accumulated.

        Args:
            var_list: the weights.
        """
        super().build(var_list)
        if self.gradient_accumulation_steps > 1 and not self._sums:
            self._sums = [
                self.add_variable_from_reference(variable, "gradient_sum") for variable in var_list
            ]

    def apply_gradients(
        self, grads_and_vars: Iterable[tuple[Any, tf.Variable]], *args: Any, **kwargs: Any
    ) -> Any:
        """Updates the weights, or adds the gradients to their sums until it is time.

        Args:
            grads_and_vars: each gradient with its weight.
            *args: those of Keras' AdamW.
            **kwargs: those of Keras' AdamW.
        """
        count = self.gradient_accumulation_steps
        if count == 1:
            return super().apply_gradients(grads_and_vars, *args, **kwargs)
        pairs = list(grads_and_vars)
        with tf.init_scope():
            self.build([variable for _, variable in pairs])
        sums = [self._sums[self._index_dict[self._var_key(variable)]] for _, variable in pairs]
        for total, (gradient, _) in zip(sums, pairs, strict=True):
            if isinstance(gradient, tf.IndexedSlices):
                total.scatter_add(gradient)
            else:
                total.assign_add(gradient)

        def update() -> tf.Tensor:
            super(AdamW, self).apply_gradients(
                [
                    (total / count, variable)
                    for total, (_, variable) in zip(sums, pairs, strict=True)
                ],
                *args,
                **kwargs,
            )
            for total in sums:
                total.assign(tf.zeros_like(total))
            return tf.identity(self.iterations)

        return tf.cond(
            (self.iterations + 1) % count == 0,
            update,
            lambda: tf.identity(self.iterations.assign_add(1)),
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
        }

    def aggregate_gradients(
        self, grads_and_vars: Sequence[tuple[Any, tf.Variable]]
    ) -> Sequence[tuple[Any, tf.Variable]]:
        """Adds up the gradients of all replicas.

        Args:
            grads_and_vars: each gradient with its weight.
        """
        if tf.distribute.get_strategy().num_replicas_in_sync == 1:
            # The sum of one has a custom gradient, for which TensorFlow would keep the whole
            # training graph for ever.
            return grads_and_vars
        return super().aggregate_gradients(grads_and_vars)

    def _clip_gradients(self, grads: Sequence[Any]) -> list[Any]:
        if not self.clipnorm:
            return super()._clip_gradients(grads)
        norm = tf.constant(self.clipnorm, tf.float32)
        return [
            tf.clip_by_norm(gradient, norm)
            if isinstance(gradient, tf.IndexedSlices)
            # The gradient of clipping, which `tf.clip_by_norm` takes care of, is of no use here.
            else gradient * norm / tf.maximum(tf.sqrt(tf.reduce_sum(gradient * gradient)), norm)
            for gradient in grads
        ]

    def _apply_weight_decay(self, variables: Sequence[tf.Variable]) -> None:
        decay = tf.constant(self.weight_decay, tf.float32)
        learning_rate = tf.convert_to_tensor(self.learning_rate)
        for variable in variables:
            if self._use_weight_decay(variable):
                variable.assign_sub(variable * decay * learning_rate)

    def _distributed_apply_gradients_fn(
        self, distribution: Any, grads_and_vars: Sequence[tuple[Any, tf.Variable]], **kwargs: Any
    ) -> Any:
        step = tf.cast(self.iterations // self.gradient_accumulation_steps + 1, tf.float32)
        beta_1_power = tf.pow(tf.constant(self.beta_1, tf.float32), step)
        beta_2_power = tf.pow(tf.constant(self.beta_2, tf.float32), step)
        # What `update_step` reads; tensors of the graph that is being traced.
        self._shared = (
            self.learning_rate * tf.sqrt(1 - beta_2_power) / (1 - beta_1_power),
            tf.constant(1 - self.beta_1, tf.float32),
            tf.constant(1 - self.beta_2, tf.float32),
            tf.constant(self.epsilon, tf.float32),
        )
        try:
            return super()._distributed_apply_gradients_fn(distribution, grads_and_vars, **kwargs)
        finally:
            del self._shared

    def update_step(self, gradient: Any, variable: tf.Variable) -> None:
        """Updates a weight.

        Args:
            gradient: its gradient, of its shape.
            variable: the weight, float32.
        """
        if isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable)
            return
        alpha, of_gradient, of_square, epsilon = self._shared
        index = self._index_dict[self._var_key(variable)]
        m, v = self._momentums[index], self._velocities[index]
        m.assign_add((gradient - m) * of_gradient)
        v.assign_add((tf.square(gradient) - v) * of_square)
        variable.assign_sub((m * alpha) / (tf.sqrt(v) + epsilon))

"""Multi-head self-attention on projected queries, keys and values."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.dropout import Dropout, drop
from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.masks import FLOAT_MASK_VALUE
from tfsqueeze.layers.quantizable import (
    OBSERVED,
    UNIT_RANGE,
    FakeQuant,
    QuantizableLayer,
    TensorRange,
)

# A masked score this far below the smallest unmasked one gets a probability under exp(-8), which
# is less than half a step of the int8 softmax (1/512).
MASKED_SCORE_MARGIN = 8.0
# The float32 scores that the profile `mobile` makes at once, so that they stay in the L2 cache.
_BYTES_OF_SCORES = 2**20


@keras.saving.register_keras_serializable("tfsqueeze")
class SelfAttention(QuantizableLayer):
    """Multi-head scaled dot-product attention (Vaswani et al. 2017, arXiv 1706.03762, section 3.2).

    The layers before it project the queries, keys and values, and scale the queries by
    1/sqrt(head size).

    Args:
        num_attention_heads: the number of heads, a divisor of the channels.
        dropout: the share of attention probabilities that training drops.
        masks_by_minimum: whether a minimum masks the scores at padding, instead of a sum.
            Quantization-aware models do so: in int8 a minimum is cheaper, since it changes no
            scale.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze.layers import SelfAttention
        >>> x = np.ones((2, 5, 8), "float32")
        >>> bias = np.zeros((2, 1, 1, 5), "float32")
        >>> y, probabilities = SelfAttention(4)([x, x, x, bias], return_attention_scores=True)
        >>> y.shape, probabilities.shape
        (TensorShape([2, 5, 8]), TensorShape([2, 4, 5, 5]))
    """

    def __init__(
        self,
        num_attention_heads: int,
        dropout: float = 0.0,
        masks_by_minimum: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_attention_heads = num_attention_heads
        self.dropout = dropout
        self.masks_by_minimum = masks_by_minimum
        self._dropout_layer = Dropout(dropout, dtype=self.dtype_policy)

    def build(self, input_shape: Any) -> None:
        """Makes the generator of dropout.

        Args:
            input_shape: the shapes of the inputs.
        """
        super().build(input_shape)
        self._dropout_layer.build(None)

    def call(
        self, inputs: Any, training: bool | None = None, return_attention_scores: bool = False
    ) -> Any:
        """Returns the mixed values.

        Args:
            inputs: query, key, value and bias. The first three are float
                [batch, length, hidden_size]; there may be fewer queries than keys and values. The
                bias is float [batch, 1, 1, length] and added to the scores: 0 at tokens, strongly
                negative at padding. With `masks_by_minimum` it is 1 at tokens and -1 at padding.
            training: whether to drop probabilities.
            return_attention_scores: whether to return the probabilities too, under the name that
                Keras gives this option.

        Returns:
            float [batch, queries, hidden_size], and with `return_attention_scores` also the
            probabilities before dropout, float [batch, num_attention_heads, queries, length].
        """
        query, key, value, bias = inputs
        query, key = self._split_heads(query), self._split_heads(key)
        # Channels before tokens: LiteRT's int8 kernel is twice as fast with the second operand of
        # a product in this layout.
        value = tf.transpose(self._heads(value), [0, 2, 3, 1])
        parts = self._parts_of_heads(query.shape[2], key.shape[2])
        if parts == 1:
            context, probabilities = self._mix(query, key, value, bias, training)
        else:
            queries, keys, values = (tf.split(x, parts, axis=1) for x in (query, key, value))
            mixed = [
                self._mix(*part, bias=bias, training=training)
                for part in zip(queries, keys, values, strict=True)
            ]
            context, probabilities = (tf.concat(x, axis=1) for x in zip(*mixed, strict=True))
        context = self._merge_heads(context)
        return (context, probabilities) if return_attention_scores else context

    def _mix(self, query: Any, key: Any, value: Any, bias: Any, training: bool | None) -> Any:
        """Returns the mixed values of some heads, and the probabilities before dropout."""
        scores = tf.matmul(query, key, transpose_b=True)
        masked = tf.cast(self._mask(scores, bias, training), tf.float32)
        probabilities = tf.cast(tf.nn.softmax(masked), scores.dtype)
        dropped = self._drop(probabilities, training)
        probabilities = self._fake_quant_rows("probabilities", probabilities, training)
        context = tf.matmul(dropped, value, transpose_b=True)
        return self._fake_quant_rows("context", context, training), probabilities

    def _parts_of_heads(self, queries: int | None, length: int | None) -> int:
        """Returns into how many parts the heads are split, which are mixed one after another."""
        if queries is None or length is None or not is_exporting("mobile"):
            return 1
        heads = self.num_attention_heads
        at_once = max(1, _BYTES_OF_SCORES // (4 * queries * length))
        return next(
            parts
            for parts in range(1, heads + 1)
            if heads % parts == 0 and heads // parts <= at_once
        )

    def _mask(self, scores: Any, bias: Any, training: bool | None) -> Any:
        if not self.masks_by_minimum:
            return scores + bias
        if is_exporting("mobile"):
            # A sum in float32 makes the softmax float32 too, which is the faster kernel.
            return self._fake_quant("scores", scores) + 0.5 * FLOAT_MASK_VALUE * (1.0 - bias)
        if training and self.fuses:
            bias = tf.broadcast_to(bias, tf.shape(scores))
        return self._compute(
            _minimum,
            [scores, bias],
            names=["scores", "limits"],
            training=training,
            element_wise=True,
        )

    def _drop(self, probabilities: Any, training: bool | None) -> Any:
        """Returns the probabilities, fake-quantized and with dropout."""
        if not training or not self.dropout:
            return self._fake_quant_rows("probabilities", probabilities, training)
        return self._compute(
            _quantize_and_drop,
            [probabilities],
            constants=[self._dropout_layer.draw_seeds()],
            names=["probabilities"],
            training=training,
            element_wise=True,
            rate=self.dropout,
        )

    def _fake_quant_rows(self, name: str, x: Any, training: bool | None) -> Any:
        if self._quantizers is None:
            return x
        return self._compute(
            _quantize, [x], names=[name], training=training, element_wise=True, name=name
        )

    def _split_heads(self, x: Any) -> Any:
        return tf.transpose(self._heads(x), [0, 2, 1, 3])

    def _heads(self, x: Any) -> Any:
        length = x.shape[-2] if x.shape[-2] is not None else tf.shape(x)[-2]
        head_size = x.shape[-1] // self.num_attention_heads
        return tf.reshape(x, [-1, length, self.num_attention_heads, head_size])

    def _merge_heads(self, x: Any) -> Any:
        length = x.shape[2] if x.shape[2] is not None else tf.shape(x)[2]
        batch = [1, 1] if is_exporting() else [-1]
        x = tf.transpose(x, [0, 2, 1, 3])
        return tf.reshape(x, [*batch, length, x.shape[2] * x.shape[3]])

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the ranges of the scores, their mask, the probabilities and the result."""
        return {
            "scores": TensorRange(mask_margin=MASKED_SCORE_MARGIN),
            "limits": TensorRange(limits_of="scores"),
            "probabilities": UNIT_RANGE,
            "context": OBSERVED,
        }

    def quantized_config(self) -> dict[str, Any]:
        """Returns a config with `masks_by_minimum`."""
        return {**self.get_config(), "masks_by_minimum": True}

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "num_attention_heads": self.num_attention_heads,
            "dropout": self.dropout,
            "masks_by_minimum": self.masks_by_minimum,
        }


def _minimum(fake_quant: FakeQuant, scores: Any, bias: Any) -> Any:
    return tf.minimum(fake_quant("scores", scores), fake_quant("limits", bias))


def _quantize(fake_quant: FakeQuant, x: Any, name: str) -> Any:
    return fake_quant(name, x)


def _quantize_and_drop(fake_quant: FakeQuant, x: Any, seeds: Any, rate: float) -> Any:
    return drop(fake_quant("probabilities", x), seeds, rate)

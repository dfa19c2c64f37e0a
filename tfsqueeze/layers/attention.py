"""Multi-head self-attention on projected queries, keys and values."""

from __future__ import annotations

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.masks import FLOAT_MASK_VALUE
from tfsqueeze.layers.quantizable import OBSERVED, UNIT_RANGE, QuantizableLayer, TensorRange

# A masked score this far below the smallest unmasked one gets a probability under exp(-8), which
# is less than half a step of the int8 softmax (1/512).
MASKED_SCORE_MARGIN = 8.0


@keras.saving.register_keras_serializable("tfsqueeze")
class SelfAttention(QuantizableLayer):
    """Mixes values by the softmax of query-key products (Vaswani et al. 2017, section 3.2).

    Inputs: [query, key, value, bias]: three float [batch, length, hidden_size], the queries
    already scaled by 1/sqrt(head size), and a float bias [batch, 1, 1, length] that is added to
    the scores: 0 at tokens, strongly negative at padding. Output float
    [batch, length, hidden_size]; with `return_attention_scores`, as Keras calls it, also the
    probabilities before dropout, float [batch, num_attention_heads, length, length].

    masks_by_minimum: whether the scores at padding become the smallest of their range instead, and
        the bias is 1 at tokens and -1 at padding: the form of the int8 twin, in which a minimum
        is cheaper than a sum, since it changes no scale.
    """

    def __init__(self, num_attention_heads, dropout=0.0, masks_by_minimum=False, **kwargs):
        super().__init__(**kwargs)
        self.num_attention_heads = num_attention_heads
        self.dropout = dropout
        self.masks_by_minimum = masks_by_minimum

    def call(self, inputs, training=None, return_attention_scores=False):
        query, key, value, bias = inputs
        query, key = self._split_heads(query), self._split_heads(key)
        # Channels before tokens: as the second operand of a product, the form that LiteRT's int8
        # kernel takes twice as fast.
        value = tf.transpose(self._heads(value), [0, 2, 3, 1])
        scores = self._fake_quant("scores", tf.matmul(query, key, transpose_b=True))
        if self.masks_by_minimum and is_exporting("mobile"):
            # As a sum in float32, in which the softmax then is too: the faster kernel.
            masked = scores + 0.5 * FLOAT_MASK_VALUE * (1.0 - bias)
        elif self.masks_by_minimum:
            masked = tf.minimum(scores, self._fake_quant("limits", bias))
        else:
            masked = scores + bias
        probabilities = self._fake_quant("probabilities", tf.nn.softmax(masked))
        dropped = probabilities
        if training and self.dropout:
            dropped = tf.nn.dropout(probabilities, self.dropout)
        context = self._fake_quant("context", tf.matmul(dropped, value, transpose_b=True))
        context = self._merge_heads(context)
        return (context, probabilities) if return_attention_scores else context

    def _split_heads(self, x):
        return tf.transpose(self._heads(x), [0, 2, 1, 3])

    def _heads(self, x):
        length = x.shape[-2] if x.shape[-2] is not None else tf.shape(x)[-2]
        head_size = x.shape[-1] // self.num_attention_heads
        return tf.reshape(x, [-1, length, self.num_attention_heads, head_size])

    def _merge_heads(self, x):
        length = x.shape[2] if x.shape[2] is not None else tf.shape(x)[2]
        batch = [1, 1] if is_exporting() else [-1]
        x = tf.transpose(x, [0, 2, 1, 3])
        return tf.reshape(x, [*batch, length, x.shape[2] * x.shape[3]])

    def tensor_ranges(self):
        return {
            "scores": TensorRange(keep_margin=MASKED_SCORE_MARGIN),
            "limits": TensorRange(limits_of="scores"),
            "probabilities": UNIT_RANGE,
            "context": OBSERVED,
        }

    def quantized_config(self):
        return {**self.get_config(), "masks_by_minimum": True}

    def get_config(self):
        return {
            **super().get_config(),
            "num_attention_heads": self.num_attention_heads,
            "dropout": self.dropout,
            "masks_by_minimum": self.masks_by_minimum,
        }

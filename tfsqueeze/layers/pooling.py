"""From one vector per token to one per text."""

from __future__ import annotations

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.quantizable import QuantizableLayer, TensorRange


@keras.saving.register_keras_serializable("tfsqueeze")
class FirstToken(QuantizableLayer):
    """Takes the first token's vector: float [batch, length, channels] to [batch, channels]."""

    def call(self, inputs):
        return inputs[:, 0]


@keras.saving.register_keras_serializable("tfsqueeze")
class MaxOverTokens(QuantizableLayer):
    """Takes each channel's maximum over the tokens.

    Inputs: [x, bias]: float [batch, length, channels] and float [batch, length, 1] that is 0 at
    tokens and strongly negative at padding. Output float [batch, channels].
    """

    def call(self, inputs):
        x, bias = inputs
        return tf.reduce_max(self._hold("masked", x + bias), axis=1)

    def tensor_ranges(self):
        return {"masked": TensorRange(keep_margin=0.0)}

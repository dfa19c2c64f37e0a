"""From one vector per token to one per text, or one number per token."""

from __future__ import annotations

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.export import is_exporting
from tfsqueeze.layers.quantizable import QuantizableLayer, TensorRange


@keras.saving.register_keras_serializable("tfsqueeze")
class FirstToken(QuantizableLayer):
    """Takes the first token's vector: float [batch, length, channels] to [batch, channels]."""

    def call(self, inputs):
        return inputs[:, :, :1] if is_exporting() else inputs[:, 0]


@keras.saving.register_keras_serializable("tfsqueeze")
class FirstTokenOnDevice(QuantizableLayer):
    """Drops all tokens but the first on a device, and none elsewhere.

    Input and output float [batch, length, channels]. It stands where nothing after it reads the
    others: in Keras they stay visible, and a runtime does not compute them.
    """

    def call(self, inputs):
        return inputs[:, :, :1] if is_exporting() else inputs


@keras.saving.register_keras_serializable("tfsqueeze")
class MaxOverTokens(QuantizableLayer):
    """Takes each channel's maximum over the tokens.

    Inputs: [x, bias]: float [batch, length, channels] and float [batch, length, 1] that is 0 at
    tokens and strongly negative at padding. Output float [batch, channels].
    """

    def call(self, inputs):
        x, bias = inputs
        masked = self._hold("masked", x + bias)
        # The tokens' axis stays while exporting, as in every layer.
        return tf.reduce_max(masked, axis=-2, keepdims=is_exporting())

    def tensor_ranges(self):
        return {"masked": TensorRange(keep_margin=0.0)}


@keras.saving.register_keras_serializable("tfsqueeze")
class TokenScores(QuantizableLayer):
    """Drops the one channel of a score: float [batch, length, 1] to [batch, length]."""

    def call(self, inputs):
        return inputs if is_exporting() else inputs[:, :, 0]

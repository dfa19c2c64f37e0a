"""From one vector per token to one per text, or one number per token."""

from __future__ import annotations

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.quantizable import (
    OBSERVED,
    TANH_RANGE,
    UNIT_RANGE,
    QuantizableLayer,
    TensorRange,
)
from tfsqueeze.utils.errors import UserError

# Of more tokens each has less than one of the steps in which an int8 softmax counts.
MOST_AVERAGED = 256


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
        masked = self._fake_quant("masked", x + bias)
        # The tokens' axis stays while exporting, as in every layer.
        return tf.reduce_max(masked, axis=-2, keepdims=is_exporting())

    def tensor_ranges(self):
        return {"masked": TensorRange(keep_margin=0.0)}


@keras.saving.register_keras_serializable("tfsqueeze")
class TokenScores(QuantizableLayer):
    """Drops the one channel of a score: float [batch, length, 1] to [batch, length]."""

    def call(self, inputs):
        return inputs if is_exporting() else inputs[:, :, 0]


@keras.saving.register_keras_serializable("tfsqueeze")
class NormalizedMean(QuantizableLayer):
    """Averages the vectors of a text's tokens and scales the mean to length 1 (Reimers and Gurevych
    2019, arXiv 1908.10084, section 3).

    Inputs: [x, bias]: float [batch, length, channels] and float [batch, 1, length] that is 0 at
    tokens and strongly negative at padding. Output float [batch, channels].

    The mean is a product with the softmax of the bias, which is 1/n at each of n tokens: a device
    then need not divide.

    Raises UserError where a graph for a device has a length above `MOST_AVERAGED`.
    """

    def call(self, inputs):
        x, bias = inputs
        if is_exporting() and x.shape[-2] > MOST_AVERAGED:
            raise UserError(
                f"sentence embeddings in int8 average at most {MOST_AVERAGED} tokens, "
                f"not {x.shape[-2]}; convert with a smaller max_length"
            )
        shares = self._fake_quant("shares", tf.nn.softmax(bias))
        mean = self._fake_quant("mean", tf.matmul(shares, x))
        normalized = self._fake_quant("output", tf.math.l2_normalize(mean, axis=-1))
        return normalized if is_exporting() else normalized[:, 0]

    def tensor_ranges(self):
        # The kernel's own output scale is that of tanh (TensorFlow Lite 8-bit quantization
        # specification, operator L2_NORMALIZATION).
        return {"shares": UNIT_RANGE, "mean": OBSERVED, "output": TANH_RANGE}


@keras.saving.register_keras_serializable("tfsqueeze")
class TokensAt(QuantizableLayer):
    """Takes the vectors of some tokens.

    Inputs: [x, positions]: float [batch, length, channels] and int32 [batch, tokens]. Output float
    [batch, tokens, channels]; a device takes one token.
    """

    def call(self, inputs):
        x, positions = inputs
        if not is_exporting():
            return tf.gather(x, positions, batch_dims=1)
        token = tf.gather(x, positions, axis=2)
        return tf.reshape(token, [1, 1, 1, x.shape[-1]])

"""Pooling: from the vectors of tokens to vectors of texts, of some tokens, or single scores."""

from __future__ import annotations

from typing import Any

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

# With more tokens, the share of each is below one step of an int8 softmax (1/256).
MAX_AVERAGED_TOKENS = 256


def check_averaged_tokens(x: Any) -> None:
    """Checks that int8 can average as many tokens as an exported graph has.

    Args:
        x: values, float [..., length, channels].

    Raises:
        UserError: an exported graph has a length above `MAX_AVERAGED_TOKENS`.
    """
    if is_exporting() and x.shape[-2] > MAX_AVERAGED_TOKENS:
        raise UserError(
            f"an int8 file averages at most {MAX_AVERAGED_TOKENS} tokens of a text, not "
            f"{x.shape[-2]}; convert with a smaller max_length"
        )


@keras.saving.register_keras_serializable("tfsqueeze")
class FirstToken(QuantizableLayer):
    """Selects the first token's vector."""

    def call(self, inputs: Any) -> Any:
        """Returns float [batch, channels].

        Args:
            inputs: float [batch, length, channels].
        """
        return inputs[:, :, :1] if is_exporting() else inputs[:, 0]


@keras.saving.register_keras_serializable("tfsqueeze")
class FirstTokenOnly(QuantizableLayer):
    """Keeps only the first token where no later layer reads another, which then is not computed.

    It does so in exported graphs and, if it is enabled, in training. Keras' inference keeps all
    tokens, so that they stay visible.

    Attributes:
        enabled: whether training keeps the first token only; see `tfsqueeze.models.first_token`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.enabled = False

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Returns float [batch, 1 or length, channels].

        Args:
            inputs: float [batch, length, channels].
            training: whether this is training.
        """
        if is_exporting():
            return inputs[:, :, :1]
        return inputs[:, :1] if training and self.enabled else inputs


@keras.saving.register_keras_serializable("tfsqueeze")
class MaxOverTokens(QuantizableLayer):
    """Returns each channel's maximum over the tokens."""

    def call(self, inputs: Any) -> Any:
        """Returns float [batch, channels].

        Args:
            inputs: values, float [batch, length, channels], and a bias, float [batch, length, 1],
                that is 0 at tokens and strongly negative at padding.
        """
        x, bias = inputs
        masked = self._fake_quant("masked", x + bias)
        # While exporting the axis of the tokens stays, as in every layer.
        return tf.reduce_max(masked, axis=-2, keepdims=is_exporting())

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the range of the masked values."""
        return {"masked": TensorRange(mask_margin=0.0)}


@keras.saving.register_keras_serializable("tfsqueeze")
class TokenScores(QuantizableLayer):
    """Drops the only channel of scores."""

    def call(self, inputs: Any) -> Any:
        """Returns float [batch, length].

        Args:
            inputs: float [batch, length, 1].
        """
        return inputs if is_exporting() else inputs[:, :, 0]


@keras.saving.register_keras_serializable("tfsqueeze")
class NormalizedMean(QuantizableLayer):
    """Averages the vectors of a text's tokens and scales the mean to length 1.

    This is the mean pooling of Sentence-BERT (Reimers and Gurevych 2019, arXiv 1908.10084, section
    3). The mean is a product with the softmax of the bias, which is 1/n at each of n tokens, so
    that a device need not divide.
    """

    def call(self, inputs: Any) -> Any:
        """Returns float [batch, channels].

        Args:
            inputs: values, float [batch, length, channels], and a bias, float [batch, 1, length],
                that is 0 at tokens and strongly negative at padding.

        Raises:
            UserError: an exported graph has a length above `MAX_AVERAGED_TOKENS`.
        """
        x, bias = inputs
        check_averaged_tokens(x)
        shares = self._fake_quant("shares", tf.nn.softmax(bias))
        mean = self._fake_quant("mean", tf.matmul(shares, x))
        normalized = self._fake_quant("output", tf.math.l2_normalize(mean, axis=-1))
        return normalized if is_exporting() else normalized[:, 0]

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the ranges of the shares, the mean and the result."""
        # The kernel's own output scale is that of tanh (TensorFlow Lite 8-bit quantization
        # specification, operator L2_NORMALIZATION).
        return {"shares": UNIT_RANGE, "mean": OBSERVED, "output": TANH_RANGE}


@keras.saving.register_keras_serializable("tfsqueeze")
class TokensAt(QuantizableLayer):
    """Selects the vectors of some tokens."""

    def call(self, inputs: Any) -> Any:
        """Returns float [batch, tokens, channels].

        Args:
            inputs: values, float [batch, length, channels], and positions, int32 [batch, tokens];
                an exported graph takes one position.
        """
        x, positions = inputs
        if not is_exporting():
            return tf.gather(x, positions, batch_dims=1)
        token = tf.gather(x, positions, axis=2)
        return tf.reshape(token, [1, 1, 1, x.shape[-1]])

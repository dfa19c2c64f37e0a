"""What a classifier compares two texts by."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.pooling import check_averaged_tokens
from tfsqueeze.layers.quantizable import (
    INT8_MASK_VALUE,
    OBSERVED,
    TANH_RANGE,
    UNIT_RANGE,
    QuantizableLayer,
    TensorRange,
)

_TEXTS = ("first", "second")


@keras.saving.register_keras_serializable("tfsqueeze")
class PairFeatures(QuantizableLayer):
    """Compares the mean vectors u and v of two texts: u * v, max(u - v, 0) and max(v - u, 0).

    They are the features u * v and |u - v| of InferSent (Conneau et al. 2017, arXiv 1705.02364,
    section 3.1), the latter in two parts, which tell the order of the texts. Each mean is scaled to
    the length sqrt(channels), so that the mean of u * v is the cosine.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze.layers import PairFeatures
        >>> x = np.eye(3, 4, dtype="float32")[None]
        >>> tokens = np.zeros((1, 1, 3), "float32")
        >>> first, second = tokens.copy(), tokens.copy()
        >>> first[..., 2] = second[..., :2] = -10000
        >>> PairFeatures()([x, first, second, tokens]).shape
        TensorShape([1, 12])
    """

    def call(self, inputs: Any) -> Any:
        """Returns float [batch, 3 * channels].

        Args:
            inputs: values, float [batch, length, channels], and three biases, float
                [batch, 1, length], each 0 or strongly negative: 0 at the first text, at the second
                one, and at tokens of either.

        Raises:
            UserError: an exported graph has a length above `MAX_AVERAGED_TOKENS`.
        """
        x, first, second, tokens = inputs
        check_averaged_tokens(x)
        # Padding has the type of the first text.
        biases = tf.minimum(first, tokens), second
        u, v = (self._vector(x, *pair) for pair in zip(biases, _TEXTS, strict=True))
        features = [
            self._fake_quant("product", u * v),
            self._fake_quant("first_excess", tf.nn.relu(u - v)),
            self._fake_quant("second_excess", tf.nn.relu(v - u)),
        ]
        features = self._fake_quant("output", tf.concat(features, -1))
        return features if is_exporting() else features[:, 0]

    def _vector(self, x: Any, bias: Any, text: str) -> Any:
        bias = self._fake_quant(f"{text}_bias", bias)
        shares = self._fake_quant(f"{text}_shares", tf.nn.softmax(bias))
        mean = self._fake_quant(f"{text}_mean", tf.matmul(shares, x))
        unit = self._fake_quant(f"{text}_unit", tf.math.l2_normalize(mean, axis=-1))
        return self._fake_quant(f"{text}_vector", unit * x.shape[-1] ** 0.5)

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the ranges of the shares, the vectors and the features."""
        # The kernel's own output scale of L2_NORMALIZATION is that of tanh.
        ranges = {
            "bias": TensorRange(INT8_MASK_VALUE, 0.0),
            "shares": UNIT_RANGE,
            "mean": OBSERVED,
            "unit": TANH_RANGE,
            "vector": OBSERVED,
        }
        return {
            **{f"{text}_{name}": found for text in _TEXTS for name, found in ranges.items()},
            **dict.fromkeys(("product", "first_excess", "second_excess", "output"), OBSERVED),
        }

"""The embeddings of MobileBERT: narrow word embeddings, and a product that widens them."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.embeddings import SqueezeBertEmbeddings
from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.quantizable import OBSERVED, TensorRange


@keras.saving.register_keras_serializable("tfsqueeze")
class TransformedEmbeddings(SqueezeBertEmbeddings):
    """Sums a product of word embeddings with the embeddings of each token's position and type.

    The product of three neighbouring word embeddings is that of MobileBERT (Sun et al. 2020, arXiv
    2004.02984, section 3.1): a convolution along the sequence, zero-padded to the length.

    Args:
        *args: those of `SqueezeBertEmbeddings`; `hidden_size` is that of the word embeddings.
        transformed_size: the channels of the result.
        kernel_size: the number of tokens that the product reads, 1 or 3.
        **kwargs: those of `SqueezeBertEmbeddings`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze.layers import TransformedEmbeddings
        >>> embeddings = TransformedEmbeddings(50, 8, 16, 2, transformed_size=32, kernel_size=3)
        >>> embeddings(np.array([[2, 7, 3, 0]])).shape
        TensorShape([1, 4, 32])
    """

    def __init__(
        self, *args: Any, transformed_size: int, kernel_size: int = 3, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.transformed_size = transformed_size
        self.kernel_size = kernel_size

    def build(self, input_shape: Any) -> None:
        """Creates the tables, the kernel and the bias."""
        super().build(input_shape)
        self.kernel = self.add_weight(
            "kernel",
            (1, self.kernel_size, self.hidden_size, self.transformed_size),
            initializer=keras.initializers.TruncatedNormal(stddev=self.initializer_range),
        )
        self.bias = self.add_weight("bias", (self.transformed_size,), initializer="zeros")

    def _channels(self, table: str) -> int:
        return self.hidden_size if table == "word_embeddings" else self.transformed_size

    def _transform(self, words: Any) -> Any:
        x = words if is_exporting() else tf.expand_dims(words, 1)
        x = tf.nn.bias_add(tf.nn.conv2d(x, self.kernel, 1, "SAME"), self.bias)
        return self._fake_quant("transformed", x if is_exporting() else tf.squeeze(x, 1))

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the ranges of the product, the positions and the sums."""
        return {"transformed": OBSERVED, **super().tensor_ranges()}

    def quantized_weights(self) -> dict[str, bool]:
        """Returns the names of the tables and of the kernel, which has a scale for each filter."""
        return {**super().quantized_weights(), "kernel": True}

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "transformed_size": self.transformed_size,
            "kernel_size": self.kernel_size,
        }

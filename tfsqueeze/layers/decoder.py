"""The product with the word embeddings that scores the vocabulary."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.quantizable import OBSERVED, QuantizableLayer, TensorRange


@keras.saving.register_keras_serializable("tfsqueeze")
class TiedDecoder(QuantizableLayer):
    """Scores every vocabulary entry by its product with the word embeddings, plus a bias.

    The weights are tied to the embeddings (Press and Wolf 2017, arXiv 1608.05859).

    Args:
        own_channels: the channels of the vectors beyond those of the word embeddings, whose weights
            are the decoder's own, as in MobileBERT.
        initializer_range: the standard deviation of these weights when new.
        quantizes_table: whether the weights are fake-quantized, as in quantization-aware models:
            with one scale, as the look-up's table is, so that a file holds the table once. With
            weights of the decoder's own, each token's row has a scale of its own.
    """

    def __init__(
        self,
        own_channels: int = 0,
        initializer_range: float = 0.02,
        quantizes_table: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.own_channels = own_channels
        self.initializer_range = initializer_range
        self.quantizes_table = quantizes_table

    def build(self, input_shape: Any) -> None:
        """Creates the bias, and the weights of the decoder's own channels."""
        rows = input_shape[1][0]
        self.bias = self.add_weight("bias", (rows,), initializer="zeros")
        if self.own_channels:
            self.own_table = self.add_weight(
                "own_table",
                (rows, self.own_channels),
                initializer=keras.initializers.TruncatedNormal(stddev=self.initializer_range),
            )
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        """Returns the scores, float [batch, length, vocab_size].

        Args:
            inputs: vectors, float [batch, length, embedding_size + own_channels], and the table of
                the word embeddings, float [vocab_size, embedding_size].
        """
        x, table = inputs
        if not is_exporting():
            product = tf.tensordot(x, self._kernel(table), 1)
        else:
            # The converter needs weights and their ranges as constants.
            with tf.init_scope():
                kernel = self._kernel(tf.constant(tf.get_static_value(table))).numpy()
                limits = self._limits(tf.constant(kernel)).numpy()
            kernel = tf.constant(kernel[None, None])
            if self.quantizes_table:
                kernel = self._quantize(kernel, limits)
            product = tf.nn.conv2d(x, kernel, 1, "SAME")
        scores = tf.cast(tf.nn.bias_add(product, self.bias), tf.float32)
        return self._fake_quant("output", scores)

    def _kernel(self, table: Any) -> Any:
        """Returns the weights of the product, float [channels, vocab_size]."""
        if self.own_channels:
            table = tf.concat([table, tf.cast(self.own_table, table.dtype)], axis=1)
        kernel = tf.transpose(table)
        if not self.quantizes_table:
            return kernel
        limits = self._limits(tf.stop_gradient(kernel))
        return tf.cast(self._quantize(tf.cast(kernel, tf.float32), limits), kernel.dtype)

    def _limits(self, kernel: Any) -> Any:
        """Returns the largest weight, or that of each token: float32 [] or [vocab_size]."""
        axes = 0 if self.own_channels else None
        # A range must not be empty.
        return tf.maximum(tf.reduce_max(tf.abs(tf.cast(kernel, tf.float32)), axis=axes), 1e-6)

    def _quantize(self, kernel: Any, limits: Any) -> Any:
        if self.own_channels:
            return tf.quantization.fake_quant_with_min_max_vars_per_channel(
                kernel, -limits, limits, narrow_range=True
            )
        return tf.quantization.fake_quant_with_min_max_vars(
            kernel, -limits, limits, narrow_range=True
        )

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the range of the scores."""
        return {"output": OBSERVED}

    def quantized_config(self) -> dict[str, Any]:
        """Returns a config with `quantizes_table`."""
        return {**self.get_config(), "quantizes_table": True}

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "own_channels": self.own_channels,
            "initializer_range": self.initializer_range,
            "quantizes_table": self.quantizes_table,
        }

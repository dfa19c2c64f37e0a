"""The depthwise convolution along the sequence inside a squeeze-expand block."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.activations import activate, activation_ranges
from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.quantizable import OBSERVED, QuantizableLayer, TensorRange


@keras.saving.register_keras_serializable("tfsqueeze")
class SequenceDepthwiseConvolution(QuantizableLayer):
    """Convolves each channel along the sequence with its own filter, zero-padded to the length.

    This is the depthwise convolution of MobileNets (Howard et al. 2017, arXiv 1704.04861, section
    3.1) in one dimension.

    Args:
        kernel_size: the number of tokens that a filter spans.
        activation: None, `relu`, `gelu`, `gelu_new`, `sigmoid_gelu` or `tanh`.
        initializer_range: has no effect: the kernel's size gives the variance of new weights.
    """

    def __init__(
        self,
        kernel_size: int = 3,
        activation: str | None = None,
        initializer_range: float = 0.02,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_size = kernel_size
        self.activation = activation
        self.initializer_range = initializer_range

    def build(self, input_shape: Any) -> None:
        """Creates the kernel and the bias."""
        channels = input_shape[0][-1]
        # Channels last, since fake quantization has one scale for each index of the last axis.
        self.kernel = self.add_weight(
            "kernel",
            (1, self.kernel_size, 1, channels),
            initializer=keras.initializers.VarianceScaling(mode="fan_out"),
        )
        self.bias = self.add_weight("bias", (channels,), initializer="zeros")
        super().build(input_shape)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Returns the convolved channels, float [batch, length, channels].

        Args:
            inputs: values, float [batch, length, channels], and a mask, float [batch, length, 1],
                with 1 at tokens and 0 at padding, so that padding never leaks into its neighbours.
            training: whether this is training.
        """
        x, mask = inputs
        x = self._fake_quant("masked", x * mask)
        if is_exporting():
            # A convolution in as many groups as channels: the scales of per-channel fake
            # quantization run along the last axis, and the converter makes a DEPTHWISE_CONV_2D.
            x = tf.nn.bias_add(tf.nn.conv2d(x, self.kernel, 1, "SAME"), self.bias)
        else:
            kernel = tf.transpose(self.kernel, [0, 1, 3, 2])
            x = tf.nn.depthwise_conv2d(
                tf.expand_dims(x, 1), kernel, strides=[1, 1, 1, 1], padding="SAME"
            )
            x = tf.squeeze(tf.nn.bias_add(x, self.bias), 1)
        return self._compute(
            activate,
            [x],
            names=list(activation_ranges(self.activation)),
            training=training,
            element_wise=True,
            activation=self.activation,
        )

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the ranges of the masked input and of the activation."""
        return {"masked": OBSERVED, **activation_ranges(self.activation)}

    def quantized_weights(self) -> dict[str, bool]:
        """Returns the kernel's name, with a scale for each channel."""
        return {"kernel": True}

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "activation": self.activation,
            "initializer_range": self.initializer_range,
        }

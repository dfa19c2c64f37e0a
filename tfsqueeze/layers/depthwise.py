"""The depthwise convolution along the sequence inside a squeeze-expand block."""

from __future__ import annotations

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.activations import activation_ranges, apply_activation
from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.quantizable import OBSERVED, QuantizableLayer


@keras.saving.register_keras_serializable("tfsqueeze")
class SequenceDepthwiseConvolution(QuantizableLayer):
    """Convolves each channel along the sequence with its own filter, zero-padded to the length.

    Inputs: [x, mask]: float [batch, length, channels] and float [batch, length, 1] with 1 at
    tokens and 0 at padding, so that padding never leaks into its neighbours. Output float
    [batch, length, channels] (Howard et al. 2017, arXiv 1704.04861, section 3.1, in one
    dimension).
    """

    def __init__(self, kernel_size=3, activation=None, initializer_range=0.02, **kwargs):
        super().__init__(**kwargs)
        self.kernel_size = kernel_size
        self.activation = activation
        self.initializer_range = initializer_range

    def build(self, input_shape):
        channels = input_shape[0][-1]
        # Last axis: channels, the axis that fake quantization takes scales along.
        self.kernel = self.add_weight(
            "kernel",
            (1, self.kernel_size, 1, channels),
            initializer=keras.initializers.VarianceScaling(mode="fan_out"),
        )
        self.bias = self.add_weight("bias", (channels,), initializer="zeros")
        super().build(input_shape)

    def call(self, inputs):
        x, mask = inputs
        x = self._fake_quant("masked", x * mask)
        if is_exporting():
            # As a convolution in as many groups as channels: per-channel fake quantization keeps
            # to the last axis, and the converter makes a DEPTHWISE_CONV_2D of it.
            x = tf.nn.bias_add(tf.nn.conv2d(x, self.kernel, 1, "SAME"), self.bias)
        else:
            kernel = tf.transpose(self.kernel, [0, 1, 3, 2])
            x = tf.nn.depthwise_conv2d(
                tf.expand_dims(x, 1), kernel, strides=[1, 1, 1, 1], padding="SAME"
            )
            x = tf.squeeze(tf.nn.bias_add(x, self.bias), 1)
        return apply_activation(self.activation, x, self._fake_quant)

    def tensor_ranges(self):
        return {"masked": OBSERVED, **activation_ranges(self.activation)}

    def quantized_weights(self):
        return {"kernel": True}

    def get_config(self):
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "activation": self.activation,
            "initializer_range": self.initializer_range,
        }

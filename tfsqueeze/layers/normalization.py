"""Normalization over the channels, with and without reductions."""

from __future__ import annotations

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.export import is_exporting
from tfsqueeze.layers.quantizable import OBSERVED, QuantizableLayer


@tf.custom_gradient
def _reciprocal_root(x):
    """1/sqrt(x), with a finite gradient where a quantized x is 0 (its result is then clipped)."""
    root = tf.math.rsqrt(x)

    def gradient(upstream):
        finite = tf.math.rsqrt(tf.maximum(x, 1e-6))
        return -0.5 * upstream * finite * finite * finite

    return root, gradient


@keras.saving.register_keras_serializable("tfsqueeze")
class LayerNorm(QuantizableLayer):
    """Layer normalization over the last axis (Ba et al. 2016, arXiv 1607.06450).

    Input and output float [..., channels]. It is spelt as mean, subtract, multiply, mean, rsqrt,
    multiply: each is an int8 kernel that runtimes accelerate, where SquaredDifference is not.

    epsilon: added to the variance; 0 in the int8 twin, whose smallest step is far larger.
    """

    def __init__(self, epsilon=1e-12, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape):
        self.gamma = self.add_weight("gamma", (input_shape[-1],), initializer="ones")
        self.beta = self.add_weight("beta", (input_shape[-1],), initializer="zeros")
        super().build(input_shape)

    def call(self, inputs):
        # Runtimes have fast float32 kernels for each of these ops, faster than their int8 ones.
        hold = (lambda _, x: x) if is_exporting("mobile") else self._hold
        mean = hold("mean", self._mean(inputs))
        centered = hold("centered", inputs - mean)
        squared = hold("squared", centered * centered)
        variance = hold("variance", self._mean(squared))
        if self.epsilon:
            variance = variance + self.epsilon
        reciprocal = hold("reciprocal", _reciprocal_root(variance))
        normalized = hold("normalized", centered * reciprocal)
        scaled = hold("scaled", normalized * self.gamma)
        return self._hold("output", scaled + self.beta)

    @staticmethod
    def _mean(x):
        if not is_exporting("int8"):
            return tf.reduce_mean(x, axis=-1, keepdims=True)
        # As a product, for which every runtime has a fast int8 kernel.
        channels = x.shape[-1]
        share = 1 / channels
        kernel = tf.quantization.fake_quant_with_min_max_vars_per_channel(
            tf.fill([1, 1, channels, 1], share), [-share], [share], narrow_range=True)
        return tf.nn.conv2d(x, kernel, 1, "SAME")

    def tensor_ranges(self):
        return {name: OBSERVED for name in ("mean", "centered", "squared", "variance",
                                            "reciprocal", "normalized", "scaled", "output")}

    def quantized_weights(self):
        return {"gamma": False, "beta": False}

    def quantized_config(self):
        return {**self.get_config(), "epsilon": 0.0}

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable("tfsqueeze")
class NoNorm(QuantizableLayer):
    """A learned scale and offset per channel in the place of layer normalization.

    Input and output float [..., channels] (MobileBERT, Sun et al. 2020, arXiv 2004.02984,
    section 3.3). It has no reductions, so that its int8 form is one product and one sum.
    """

    def build(self, input_shape):
        self.gamma = self.add_weight("gamma", (input_shape[-1],), initializer="ones")
        self.beta = self.add_weight("beta", (input_shape[-1],), initializer="zeros")
        super().build(input_shape)

    def call(self, inputs):
        return self._hold("output", self._hold("scaled", inputs * self.gamma) + self.beta)

    def tensor_ranges(self):
        return {"scaled": OBSERVED, "output": OBSERVED}

    def quantized_weights(self):
        return {"gamma": False, "beta": False}

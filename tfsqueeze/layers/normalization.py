"""Normalization over the channels, with and without reductions."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.quantizable import OBSERVED, QuantizableLayer


@tf.custom_gradient
def _reciprocal_root(x):
    """1/sqrt(x), with a finite gradient where a quantized x is 0 (its result is then clipped)."""
    root = tf.math.rsqrt(x)

    def gradient(upstream):
        finite = tf.math.rsqrt(tf.maximum(x, 1e-6))
        return -0.5 * upstream * finite * finite * finite

    return root, gradient


class _Normalization(QuantizableLayer):
    """The learned scale, and the offset unless the layers after it have it in their biases.

    center: whether an offset is added. The int8 twin has none where all that read it are products:
        see `tfsqueeze.quantization.bias_folding`.
    """

    def __init__(self, center=True, **kwargs):
        super().__init__(**kwargs)
        self.center = center

    def build(self, input_shape):
        gamma = self.gamma = self.add_weight("gamma", (input_shape[-1],), initializer="ones")
        beta = None
        if self.center:
            beta = self.beta = self.add_weight("beta", (input_shape[-1],), initializer="zeros")
        # Of the variables: quantization-aware training puts quantized tensors in the attributes.
        self._scales = lambda: not is_exporting() or np.any(gamma.numpy() != 1.0)
        self._shifts = lambda: (
            beta is not None and (not is_exporting() or np.any(beta.numpy() != 0.0))
        )
        super().build(input_shape)

    def _scale(self, x, hold, name=None):
        """Scales and shifts. name: of x as a tensor of this layer, or None for the layer's input.

        The converter removes a product with ones and a sum with zeros, as a new model's are, and
        could not give one tensor the ranges of two.
        """
        with tf.init_scope():
            scales, shifts = self._scales(), self._shifts()
        if scales:
            x = (hold(name, x) if name else x) * self.gamma
            name = "scaled"
        if shifts:
            x = (hold(name, x) if name else x) + self.beta
            name = "output"
        return self._fake_quant("output", x) if name else x

    def tensor_ranges(self):
        names = ("scaled", "output") if self.center else ("output",)
        return {name: OBSERVED for name in names}

    def quantized_weights(self):
        return {"gamma": False, "beta": False} if self.center else {"gamma": False}

    def get_config(self):
        return {**super().get_config(), "center": self.center}


@keras.saving.register_keras_serializable("tfsqueeze")
class LayerNorm(_Normalization):
    """Layer normalization over the last axis (Ba et al. 2016, arXiv 1607.06450).

    Input and output float [..., channels]. It is spelt as mean, add, multiply, mean, rsqrt,
    multiply: each is an int8 kernel that runtimes accelerate, where SquaredDifference is not, and
    tflite-runtime has no fast kernel for a difference with a broadcast operand.

    epsilon: added to the variance; 0 in the int8 twin, whose smallest step is far larger.
    """

    def __init__(self, epsilon=1e-12, **kwargs):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, inputs):
        # Runtimes have fast float32 kernels for each of these ops, faster than their int8 ones.
        hold = (lambda _, x: x) if is_exporting("mobile") else self._fake_quant
        negative_mean = hold("negative_mean", self._mean(inputs, negative=True))
        centered = hold("centered", inputs + negative_mean)
        squared = hold("squared", centered * centered)
        variance = hold("variance", self._mean(squared))
        if self.epsilon:
            variance = variance + self.epsilon
        reciprocal = hold("reciprocal", _reciprocal_root(variance))
        return self._scale(centered * reciprocal, hold, "normalized")

    @staticmethod
    def _mean(x, negative=False):
        if not is_exporting("int8"):
            mean = tf.reduce_mean(x, axis=-1, keepdims=True)
            return -mean if negative else mean
        # As a product, for which every runtime has a fast int8 kernel.
        channels = x.shape[-1]
        share = 1 / channels
        kernel = tf.fill([1, 1, channels, 1], -share if negative else share)
        kernel = tf.quantization.fake_quant_with_min_max_vars_per_channel(
            kernel, [-share], [share], narrow_range=True
        )
        return tf.nn.conv2d(x, kernel, 1, "SAME")

    def tensor_ranges(self):
        names = ("negative_mean", "centered", "squared", "variance", "reciprocal", "normalized")
        return {**{name: OBSERVED for name in names}, **super().tensor_ranges()}

    def quantized_config(self):
        return {**self.get_config(), "epsilon": 0.0}

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable("tfsqueeze")
class NoNorm(_Normalization):
    """A learned scale and offset per channel in the place of layer normalization.

    Input and output float [..., channels] (MobileBERT, Sun et al. 2020, arXiv 2004.02984,
    section 3.3). It has no reductions, so that its int8 form is one product.
    """

    def call(self, inputs):
        return self._scale(inputs, self._fake_quant)

"""Normalization over the channels, with and without reductions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.quantizable import OBSERVED, FakeQuant, QuantizableLayer, TensorRange


# TensorFlow never forgets a graph in which it traced a custom gradient. This one is small.
@tf.function(autograph=False, reduce_retracing=True)
@tf.custom_gradient
def _reciprocal_root(x: Any) -> Any:
    """Returns 1/sqrt(x), with a finite gradient where a quantized x is 0."""
    root = tf.math.rsqrt(x)

    def gradient(upstream: Any) -> Any:
        # The infinite result itself is clipped to its range.
        finite = tf.math.rsqrt(tf.maximum(x, 1e-6))
        return -0.5 * upstream * finite * finite * finite

    return root, gradient


class _Normalization(QuantizableLayer):
    """A learned scale (gamma), and an offset (beta) unless later layers have it in their biases.

    Args:
        center: whether to add the offset. A quantization-aware model has none where
            `tfsqueeze.quantization.bias_folding` could fold it.
    """

    def __init__(self, center: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.center = center

    def build(self, input_shape: Any) -> None:
        """Creates the scale and the offset."""
        gamma = self.gamma = self.add_weight("gamma", (input_shape[-1],), initializer="ones")
        beta = None
        if self.center:
            beta = self.beta = self.add_weight("beta", (input_shape[-1],), initializer="zeros")
        # These read the variables: quantization-aware training replaces the attributes by
        # fake-quantized tensors.
        self._needs_scale = lambda: np.any(gamma.numpy() != 1.0)
        self._needs_offset = lambda: beta is not None and np.any(beta.numpy() != 0.0)
        super().build(input_shape)

    def _normalize(
        self, function: Callable[..., Any], x: Any, training: Any, **settings: Any
    ) -> Any:
        """Computes a function of `x`, the scale and the offset, outside of an export."""
        return self._compute(
            function,
            [x],
            [self.gamma, self.beta] if self.center else [self.gamma],
            names=list(self.tensor_ranges()),
            training=training,
            **settings,
        )

    def _export_scale_and_offset(
        self,
        x: Any,
        fake_quant: Callable[[str, Any], Any],
        name: str | None = None,
        gamma: Any = None,
    ) -> Any:
        """Applies the scale and the offset in an exported graph.

        It leaves out a product with ones and a sum with zeros, which new models have: the converter
        would remove them, and could not give one tensor the ranges of two.

        Args:
            x: float [..., channels].
            fake_quant: fake-quantizes a tensor by its name.
            name: the name of `x` in `tensor_ranges`; None for the layer's input.
            gamma: another scale than the layer's, float [channels].
        """
        with tf.init_scope():
            needs_scale, needs_offset = self._needs_scale(), self._needs_offset()
        if needs_scale:
            x = (fake_quant(name, x) if name else x) * (self.gamma if gamma is None else gamma)
            name = "scaled"
        if needs_offset:
            x = (fake_quant(name, x) if name else x) + self.beta
            name = "output"
        return self._fake_quant("output", x) if name else x

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the ranges after the scale and after the offset."""
        names = ("scaled", "output") if self.center else ("output",)
        return {name: OBSERVED for name in names}

    def quantized_weights(self) -> dict[str, bool]:
        """Returns the names of the scale and the offset, each with one scale for the tensor."""
        return {"gamma": False, "beta": False} if self.center else {"gamma": False}

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "center": self.center}


@keras.saving.register_keras_serializable("tfsqueeze")
class LayerNorm(_Normalization):
    """Layer normalization over the last axis (Ba et al. 2016, arXiv 1607.06450).

    It is computed as mean, add, multiply, mean, rsqrt, multiply. Runtimes accelerate each of these
    in int8, but not SquaredDifference, and tflite-runtime has no fast kernel for a difference with
    a broadcast operand.

    Args:
        epsilon: a constant added to the variance; 0 in quantization-aware models, whose smallest
            step is far larger.
        center: as in the base class: whether to add an offset.
        channel_factors: whole numbers from 1 to 11, one a channel, for an input whose channels
            were divided by them; see `tfsqueeze.quantization.equalization`. The result then is
            that for the undivided input, with each channel divided likewise.
    """

    def __init__(
        self,
        epsilon: float = 1e-12,
        channel_factors: Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.channel_factors = channel_factors and tuple(channel_factors)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Returns float [..., channels].

        Args:
            inputs: float [..., channels].
            training: whether this is training.
        """
        if not is_exporting():
            return self._normalize(
                _layer_norm,
                inputs,
                training,
                epsilon=self.epsilon,
                channel_factors=self.channel_factors,
            )
        # For each of these ops, runtimes have a float32 kernel that is faster than the int8 one.
        fake_quant = (lambda _, x: x) if is_exporting("mobile") else self._fake_quant
        factors, gamma = self.channel_factors, None
        if factors and not is_exporting("int8"):
            # In float, undivided channels cost one product more, and divided ones three.
            undivided = tf.constant(factors, tf.float32)
            inputs, gamma, factors = inputs * undivided, self.gamma / undivided, None
        negative_mean = fake_quant("negative_mean", self._mean(inputs, factors, sign=-1))
        if factors:
            negative_mean = fake_quant("divided_mean", _divide_mean(negative_mean, factors))
        centered = fake_quant("centered", inputs + negative_mean)
        squared = fake_quant("squared", centered * centered)
        variance = fake_quant("variance", self._mean(squared, factors and np.square(factors)))
        if self.epsilon:
            variance = variance + self.epsilon
        reciprocal = fake_quant("reciprocal", tf.math.rsqrt(variance))
        return self._export_scale_and_offset(centered * reciprocal, fake_quant, "normalized", gamma)

    @staticmethod
    def _mean(x: Any, factors: Sequence[int] | None, sign: int = 1) -> Any:
        """Returns the mean of the channels times their factors and a sign."""
        if not is_exporting("int8"):
            mean = tf.reduce_mean(x, axis=-1, keepdims=True)
            return -mean if sign < 0 else mean
        # A convolution, for which every runtime has a fast int8 kernel.
        channels = x.shape[-1]
        share = 1 / channels
        if factors is None:
            kernel, most = tf.fill([1, 1, channels, 1], sign * share), share
        else:
            kernel = sign * share * tf.constant(factors, tf.float32, [1, 1, channels, 1])
            # Steps of which each factor is a whole number.
            most = share * (127 / (127 // max(factors)))
        kernel = tf.quantization.fake_quant_with_min_max_vars_per_channel(
            kernel, [-most], [most], narrow_range=True
        )
        return tf.nn.conv2d(x, kernel, 1, "SAME")

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the ranges of the steps, in their order."""
        names = ["negative_mean", "centered", "squared", "variance", "reciprocal", "normalized"]
        if self.channel_factors is not None:
            names.insert(1, "divided_mean")
        return {**{name: OBSERVED for name in names}, **super().tensor_ranges()}

    def quantized_config(self) -> dict[str, Any]:
        """Returns a config without `epsilon`."""
        return {**self.get_config(), "epsilon": 0.0}

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        config = {**super().get_config(), "epsilon": self.epsilon}
        if self.channel_factors is not None:
            config["channel_factors"] = self.channel_factors
        return config


def _layer_norm(
    fake_quant: FakeQuant,
    x: Any,
    *scale_and_offset: Any,
    epsilon: float,
    channel_factors: tuple[int, ...] | None,
) -> Any:
    """Normalizes as `LayerNorm.call` does, outside of an export."""
    squares = channel_factors and np.square(channel_factors)
    negative_mean = fake_quant("negative_mean", -_weighted_mean(x, channel_factors))
    if channel_factors:
        negative_mean = fake_quant("divided_mean", negative_mean * _inverse(channel_factors))
    centered = fake_quant("centered", x + negative_mean)
    squared = fake_quant("squared", centered * centered)
    variance = fake_quant("variance", _weighted_mean(squared, squares)) + epsilon
    x = centered * fake_quant("reciprocal", _reciprocal_root(variance))
    return _scale_and_offset(fake_quant, x, *scale_and_offset, name="normalized")


def _divide_mean(mean: Any, factors: Sequence[int]) -> Any:
    """Returns what to add to each channel in an int8 graph, given the mean of undivided ones."""
    # A product of one channel with as many: a product with a broadcast operand is slower.
    shares = tf.constant(_inverse(factors))[None, None, None]
    bounds = shares[0, 0, 0]
    shares = tf.quantization.fake_quant_with_min_max_vars_per_channel(
        shares, -bounds, bounds, narrow_range=True
    )
    return tf.nn.conv2d(mean, shares, 1, "SAME")


def _weighted_mean(x: Any, factors: Sequence[int] | np.ndarray | None) -> Any:
    if factors is not None:
        x = x * tf.constant(factors, tf.float32)
    return tf.reduce_mean(x, axis=-1, keepdims=True)


def _inverse(factors: Sequence[int]) -> np.ndarray:
    return 1 / np.asarray(factors, np.float32)


def _scale_and_offset(
    fake_quant: FakeQuant, x: Any, gamma: Any, beta: Any = None, name: str | None = None
) -> Any:
    x = (fake_quant(name, x) if name else x) * gamma
    if beta is not None:
        x = fake_quant("scaled", x) + beta
    return fake_quant("output", x)


@keras.saving.register_keras_serializable("tfsqueeze")
class NoNorm(_Normalization):
    """A learned scale and offset per channel instead of layer normalization.

    It has no reductions, so its int8 form is one product (MobileBERT, Sun et al. 2020, arXiv
    2004.02984, section 3.3).

    Args:
        scale: whether to scale. A quantization-aware model has no scale where
            `tfsqueeze.quantization.scale_folding` could fold it and the offset. The layer then
            returns its input, and holds what `restore` needs.
        center: whether to add the offset, as in `LayerNorm`.
    """

    def __init__(self, scale: bool = True, center: bool = True, **kwargs: Any) -> None:
        super().__init__(center=center and scale, **kwargs)
        self.scale = scale

    def build(self, input_shape: Any) -> None:
        """Creates the scale and the offset."""
        if self.scale:
            super().build(input_shape)
            return
        shape = (input_shape[-1],)
        self.folded_gamma = self.add_weight(
            "folded_gamma", shape, initializer="ones", trainable=False
        )
        self.folded_beta = self.add_weight(
            "folded_beta", shape, initializer="zeros", trainable=False
        )
        keras.layers.Layer.build(self, input_shape)

    def restore(self, outputs: Any) -> Any:
        """Returns what the outputs of a layer whose scale was folded were before.

        Args:
            outputs: float [..., channels].
        """
        gamma, beta = (tf.cast(x, outputs.dtype) for x in (self.folded_gamma, self.folded_beta))
        return outputs * gamma + beta

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Returns float [..., channels].

        Args:
            inputs: float [..., channels].
            training: whether this is training.
        """
        if not self.scale:
            return inputs
        if not is_exporting():
            return self._normalize(_scale_and_offset, inputs, training)
        return self._export_scale_and_offset(inputs, self._fake_quant)

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the ranges after the scale and after the offset."""
        return super().tensor_ranges() if self.scale else {}

    def quantized_weights(self) -> dict[str, bool]:
        """Returns the names of the scale and the offset, each with one scale for the tensor."""
        return super().quantized_weights() if self.scale else {}

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "scale": self.scale}

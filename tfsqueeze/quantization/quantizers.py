"""Fake quantization with ranges that calibration sets and training updates."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras
from tensorflow_model_optimization.quantization.keras import (  # pyright: ignore[reportMissingImports]
    quantizers,
)

from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.masks import INT8_MASK_VALUE
from tfsqueeze.layers.quantizable import TensorRange

_observing = contextvars.ContextVar("observing", default=False)


@contextlib.contextmanager
def observe_ranges() -> Iterator[None]:
    """Makes every quantizer that is called or traced inside update its range.

    This is calibration. It is not training mode, in which dropout would be on.
    """
    token = _observing.set(True)
    try:
        yield
    finally:
        _observing.reset(token)


class WeightQuantizer(quantizers.LastValueQuantizer):
    """Symmetric narrow-range int8 for constants: [-127, 127] steps, zero point 0.

    Args:
        per_axis: whether each channel of the last axis has a scale of its own (TensorFlow Lite
            8-bit quantization specification, per-axis weights).
    """

    def __init__(self, per_axis: bool) -> None:
        super().__init__(num_bits=8, per_axis=per_axis, symmetric=True, narrow_range=True)

    def __call__(self, inputs: Any, training: Any, weights: Any, **kwargs: Any) -> Any:
        """Returns the fake-quantized tensor, over the range of the current weights."""
        return super().__call__(inputs, training or _observing.get(), weights, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"per_axis": self.per_axis}


def exact_range(low: float, high: float) -> tuple[float, float]:
    """Returns the nearest int8 range whose scale has 12 significant bits.

    The scale and the bounds are then exact in float32. With other ranges the converter may compute
    scales that differ in the last bit before and after an op that it removes, such as a product
    with ones, and refuses the graph. The scale changes by at most 1/4096 of itself. The bounds move
    to whole steps, so that 0 is exact, as fake quantization moves those of any range.

    Args:
        low: the smallest value, at most 0.
        high: the largest value, at least 0.

    Returns:
        The bounds of the range.
    """
    mantissa, exponent = np.frexp((float(high) - float(low)) / 255)
    scale = np.ldexp(np.rint(np.ldexp(mantissa, 12)), exponent - 12)
    first_step = np.clip(np.rint(float(low) / scale), -255, 0)
    return float(first_step * scale), float((first_step + 255) * scale)


class ActivationQuantizer(quantizers.Quantizer):
    """Asymmetric int8 for one activation tensor, over a fixed range or an observed one.

    An observed range starts as that of the first batch and then is an exponential moving average
    (Jacob et al. 2018, arXiv 1712.05877, section 3.1).

    Args:
        tensor: the tensor's name within its layer.
        tensor_range: how its range is found.

    Attributes:
        DECAY: the decay of the moving average per batch.
    """

    DECAY = 0.99

    def __init__(self, tensor: str, tensor_range: TensorRange) -> None:
        self.tensor = tensor
        self.tensor_range = tensor_range

    def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
        """Creates the variables of an observed range in the layer, and returns them by name."""
        if self.tensor_range.is_fixed:
            return {}
        if self.tensor_range.limits_of:
            return layer.activation_ranges[self.tensor_range.limits_of]

        def scalar(suffix: str, value: Any) -> Any:
            return layer.add_weight(
                f"{self.tensor}_{suffix}",
                shape=(),
                trainable=False,
                initializer=keras.initializers.Constant(value),
            )

        weights = {
            "minimum": scalar("min", -6.0),
            "maximum": scalar("max", 6.0),
            "batches": scalar("batches", 0.0),
        }
        if not hasattr(layer, "activation_ranges"):
            layer.activation_ranges = {}
        layer.activation_ranges[self.tensor] = weights
        return weights

    def __call__(self, inputs: Any, training: Any, weights: Any, **kwargs: Any) -> Any:
        """Returns the fake-quantized tensor, after an update of an observed range."""
        if self.tensor_range.is_fixed:
            return tf.quantization.fake_quant_with_min_max_args(
                inputs, self.tensor_range.minimum, self.tensor_range.maximum
            )
        if is_exporting():
            with tf.init_scope():
                low, high = exact_range(weights["minimum"].numpy(), weights["maximum"].numpy())
            if self.tensor_range.limits_of:
                # Each layer has its own product: the converter would share one among layers, and
                # could not give it their different scales.
                beyond = 2 * max(-low, high)
                inputs *= tf.quantization.fake_quant_with_min_max_args(beyond, 0.0, beyond)
            return tf.quantization.fake_quant_with_min_max_args(inputs, low, high)
        if self.tensor_range.limits_of:
            inputs *= 2 * tf.maximum(-weights["minimum"], weights["maximum"])
        elif training or _observing.get():
            self._observe(tf.stop_gradient(inputs), weights)
        return tf.quantization.fake_quant_with_min_max_vars(
            inputs, weights["minimum"], weights["maximum"]
        )

    def _observe(self, x: Any, weights: dict[str, Any]) -> None:
        if self.tensor_range.clip_factor is not None:
            end = self.tensor_range.clip_factor * tf.reduce_mean(tf.abs(x))
            x = tf.clip_by_value(x, -end, end)
        margin = self.tensor_range.mask_margin
        if margin is None:
            low = tf.reduce_min(x)
        else:
            unmasked = tf.where(x > INT8_MASK_VALUE / 2, x, tf.reduce_max(x))
            low = tf.reduce_min(unmasked) - margin
        # A range must hold an exact 0 and must not be empty.
        low = tf.minimum(low, 0.0)
        high = tf.maximum(tf.reduce_max(tf.where(tf.math.is_finite(x), x, 0.0)), low + 1e-6)
        high = tf.maximum(high, 0.0)
        if self.tensor_range.symmetric:
            # [-128, 127] steps, so that the zero point is 0.
            high = tf.maximum(-low, high)
            low = -high * (128 / 127)
        weight = tf.where(weights["batches"] > 0, 1.0 - self.DECAY, 1.0)
        weights["minimum"].assign_add(weight * (low - weights["minimum"]))
        weights["maximum"].assign_add(weight * (high - weights["maximum"]))
        weights["batches"].assign_add(1.0)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"tensor": self.tensor, "tensor_range": self.tensor_range}

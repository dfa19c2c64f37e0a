"""Fake quantization whose ranges are calibrated first and then follow training."""

from __future__ import annotations

import contextlib
import contextvars

import numpy as np
import tensorflow as tf
import tf_keras as keras
from tensorflow_model_optimization.quantization.keras import quantizers

from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.masks import INT8_MASK_VALUE
from tfsqueeze.layers.quantizable import TensorRange

_observing = contextvars.ContextVar("observing", default=False)


@contextlib.contextmanager
def observe_ranges():
    """Lets every quantizer that is called or traced inside take in the ranges it sees.

    This is calibration: dropout stays off, which it would not be in training mode.
    """
    token = _observing.set(True)
    try:
        yield
    finally:
        _observing.reset(token)


class WeightQuantizer(quantizers.LastValueQuantizer):
    """Symmetric narrow-range int8 for constants: [-127, 127] steps, zero point 0.

    per_axis: whether each channel of the last axis has a scale of its own (TensorFlow Lite 8-bit
        quantization specification, per-axis weights).
    """

    def __init__(self, per_axis):
        super().__init__(num_bits=8, per_axis=per_axis, symmetric=True, narrow_range=True)

    def __call__(self, inputs, training, weights, **kwargs):
        return super().__call__(inputs, training or _observing.get(), weights, **kwargs)

    def get_config(self):
        return {"per_axis": self.per_axis}


def exact_range(low: float, high: float) -> tuple[float, float]:
    """Returns the nearest int8 range whose scale has 12 significant bits, for low <= 0 <= high.

    Scale and bounds are then exact in float32. Of other ranges the converter gets scales that
    may be a last bit apart before and after an op that it removes, as a product with ones, and
    refuses the graph for that. The scale changes by at most 1/4096 of itself; that the bounds move
    to whole steps, so that 0 is exact, is what fake quantization does with any range.
    """
    mantissa, exponent = np.frexp((float(high) - float(low)) / 255)
    scale = np.ldexp(np.rint(np.ldexp(mantissa, 12)), exponent - 12)
    first_step = np.clip(np.rint(float(low) / scale), -255, 0)
    return float(first_step * scale), float((first_step + 255) * scale)


class ActivationQuantizer(quantizers.Quantizer):
    """Asymmetric int8 for one activation tensor, over a fixed range or an observed one.

    An observed range starts as the first batch's and then moves as an average of the batches'
    (Jacob et al. 2018, arXiv 1712.05877, section 3.1), with this decay per batch.

    tensor: the tensor's name within its layer.
    tensor_range: how its range is found.
    """

    DECAY = 0.99

    def __init__(self, tensor: str, tensor_range: TensorRange):
        self.tensor = tensor
        self.tensor_range = tensor_range

    def build(self, tensor_shape, name, layer):
        if self.tensor_range.is_fixed:
            return {}
        if self.tensor_range.limits_of:
            return layer.activation_ranges[self.tensor_range.limits_of]

        def scalar(suffix, value):
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

    def __call__(self, inputs, training, weights, **kwargs):
        if self.tensor_range.is_fixed:
            return tf.quantization.fake_quant_with_min_max_args(
                inputs, self.tensor_range.minimum, self.tensor_range.maximum
            )
        if is_exporting():
            with tf.init_scope():
                low, high = exact_range(weights["minimum"].numpy(), weights["maximum"].numpy())
            if self.tensor_range.limits_of:
                # A product of its own for each layer: the converter would share one among them,
                # and could not give it their several scales.
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

    def _observe(self, x, weights):
        if self.tensor_range.reach is not None:
            end = self.tensor_range.reach * tf.reduce_mean(tf.abs(x))
            x = tf.clip_by_value(x, -end, end)
        margin = self.tensor_range.keep_margin
        if margin is None:
            low = tf.reduce_min(x)
        else:
            unmasked = tf.where(x > INT8_MASK_VALUE / 2, x, tf.reduce_max(x))
            low = tf.reduce_min(unmasked) - margin
        # A quantized tensor must be able to hold an exact 0; and a range must not be empty.
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

    def get_config(self):
        return {"tensor": self.tensor, "tensor_range": self.tensor_range}

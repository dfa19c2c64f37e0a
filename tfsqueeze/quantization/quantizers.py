"""Fake quantization with ranges that calibration sets and training updates."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras
from tensorflow_model_optimization.quantization.keras import (  # pyright: ignore[reportMissingImports]
    quantizers,
)
from tf_keras.src.mixed_precision.autocast_variable import enable_auto_cast_variables

from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.quantizable import FLOAT_MASK_VALUE, TensorRange

_observing = contextvars.ContextVar("observing", default=False)
_rounding = contextvars.ContextVar("rounding", default=True)
_recorder: contextvars.ContextVar[Callable[[ActivationQuantizer, Any], None] | None] = (
    contextvars.ContextVar("recorder", default=None)
)


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


@contextlib.contextmanager
def without_rounding() -> Iterator[None]:
    """Makes every quantizer that is called inside return its tensor as it is."""
    token = _rounding.set(False)
    try:
        yield
    finally:
        _rounding.reset(token)


@contextlib.contextmanager
def record_tensors(recorder: Callable[[ActivationQuantizer, Any], None]) -> Iterator[None]:
    """Gives a function every tensor that is quantized inside, before it is rounded.

    Args:
        recorder: takes the quantizer and the tensor.
    """
    token = _recorder.set(recorder)
    try:
        yield
    finally:
        _recorder.reset(token)


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
        if not _rounding.get():
            return tf.convert_to_tensor(inputs)
        # In float32 also where the policy of the layer would read the weights in another type.
        with enable_auto_cast_variables(None):
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
        self.weights = self._build(layer)
        return self.weights

    def _build(self, layer: Any) -> dict[str, Any]:
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
                experimental_autocast=False,
                # As Keras' batch normalization: each replica has ranges of its own until the model
                # is saved, which takes their mean.
                synchronization=tf.VariableSynchronization.ON_READ,
                aggregation=tf.VariableAggregation.MEAN,
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
        if not _rounding.get():
            # Beyond any range, as the limits of masked scores are.
            return -FLOAT_MASK_VALUE * inputs if self.tensor_range.limits_of else inputs
        if (recorder := _recorder.get()) is not None:
            recorder(self, inputs)
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
        if not self.tensor_range.limits_of and (training or _observing.get()):
            share = tf.where(weights["batches"] > 0, 1.0 - self.DECAY, 1.0)
            ends = tf.stack([weights["minimum"], weights["maximum"]])
            observed = self.tensor_range.observe(tf.stop_gradient(inputs))
            _assign(weights, ends + share * (observed - ends), weights["batches"] + 1.0)
        return self.tensor_range.fake_quant(inputs, (weights["minimum"], weights["maximum"]))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"tensor": self.tensor, "tensor_range": self.tensor_range}


class LayerQuantizers:
    """Fake-quantizes the tensors of one layer, each with its own quantizer.

    In training, the ranges of what a layer computes element by element follow every
    `TRAINING_STEPS`-th batch only: to find the ends of each tensor costs more than to quantize it.

    Args:
        activations: TF-MOT's quantize-aware activations of the layer, by the tensor's name.

    Attributes:
        TRAINING_STEPS: the number of training steps between two observations.
    """

    TRAINING_STEPS = 8

    def __init__(self, activations: dict[str, Any]) -> None:
        self._activations = activations

    def __call__(self, name: str, tensor: Any) -> Any:
        """Returns a tensor, fake-quantized; every batch of training or calibration moves its range.

        Args:
            name: the tensor's name.
            tensor: float32, of any shape.
        """
        return self._activations[name](tensor)

    def training_ranges(
        self, names: Sequence[str], observe: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    ) -> tf.Tensor:
        """Returns the ranges for a training step, after an update if this is due.

        Args:
            names: the tensors' names.
            observe: see `tfsqueeze.layers.quantizable.Quantizers`.

        Returns:
            float32 [names, 2].
        """
        quantizers = {name: self._activations[name].quantizer for name in names}
        observed = {
            index: quantizer.weights
            for index, quantizer in enumerate(quantizers.values())
            if not quantizer.tensor_range.is_fixed and not quantizer.tensor_range.limits_of
        }

        def ends() -> tf.Tensor:
            return tf.stack([_ends(quantizer) for quantizer in quantizers.values()])

        if observed:
            batches = next(iter(observed.values()))["batches"]
            count = batches + 1.0
            decay = ActivationQuantizer.DECAY**self.TRAINING_STEPS
            share = tf.where(batches > 0, 1.0 - decay, 1.0)

            def update() -> tf.Tensor:
                values = observe(ends(), share)
                for index, weights in observed.items():
                    _assign(weights, values[index], count)
                return count

            tf.cond(tf.equal(batches % self.TRAINING_STEPS, 0.0), update, lambda: count)
            batches.assign(count)
        return ends()


def _ends(quantizer: ActivationQuantizer) -> tf.Tensor:
    tensor_range, weights = quantizer.tensor_range, quantizer.weights
    if tensor_range.is_fixed:
        return tf.constant([tensor_range.minimum, tensor_range.maximum], tf.float32)
    return tf.stack([weights["minimum"], weights["maximum"]])


def _assign(weights: dict[str, Any], ends: tf.Tensor, batches: tf.Tensor) -> None:
    weights["minimum"].assign(ends[0])
    weights["maximum"].assign(ends[1])
    weights["batches"].assign(batches)

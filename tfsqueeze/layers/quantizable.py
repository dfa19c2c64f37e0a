"""The base class of layers that know their int8 form: their tensors, weights and ranges."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.fused import Fused

# In float, exp(-10000) is exactly 0. In int8 the same number would leave no steps for what it is
# added to; -100 is below any range and keeps the scales close.
FLOAT_MASK_VALUE = -10000.0
INT8_MASK_VALUE = -100.0


@dataclasses.dataclass(frozen=True)
class TensorRange:
    """How the range of one int8 tensor is found.

    Args:
        minimum: the smallest value, in the units of the tensor, of a range that is known
            beforehand, as that of a constant, or of the output of softmax, logistic and tanh,
            which TensorFlow Lite's kernels fix. None for a range that is observed in data.
        maximum: the largest value of such a range.
        mask_margin: for an observed tensor that holds masked positions: how far below the smallest
            unmasked value its range ends. Masked values are clipped to that end.
        clip_factor: for an observed tensor with outliers: the range ends at this many times the
            tensor's mean magnitude, and values beyond are clipped to the end.
        symmetric: whether an observed tensor needs zero point 0.
        limits_of: the name of an earlier tensor of the layer, whose range this tensor shares. This
            one holds 1 and -1, which become the largest and the smallest value of the range.
    """

    minimum: float | None = None
    maximum: float | None = None
    mask_margin: float | None = None
    clip_factor: float | None = None
    symmetric: bool = False
    limits_of: str | None = None

    @property
    def is_fixed(self) -> bool:
        """Whether the range is known beforehand."""
        return self.minimum is not None

    def observe(self, x: tf.Tensor) -> tf.Tensor:
        """Returns the range of one batch of an observed tensor: minimum and maximum, float32 [2].

        Args:
            x: the tensor, float32.
        """
        if self.clip_factor is not None:
            end = self.clip_factor * tf.reduce_mean(tf.abs(x))
            x = tf.clip_by_value(x, -end, end)
        if self.mask_margin is None:
            low = tf.reduce_min(x)
        else:
            unmasked = tf.where(x > INT8_MASK_VALUE / 2, x, tf.reduce_max(x))
            low = tf.reduce_min(unmasked) - self.mask_margin
        # A range must hold an exact 0 and must not be empty.
        low = tf.minimum(low, 0.0)
        high = tf.maximum(tf.reduce_max(tf.where(tf.math.is_finite(x), x, 0.0)), low + 1e-6)
        high = tf.maximum(high, 0.0)
        if self.symmetric:
            # [-128, 127] steps, so that the zero point is 0.
            high = tf.maximum(-low, high)
            low = -high * (128 / 127)
        return tf.stack([low, high])

    def fake_quant(self, x: tf.Tensor, ends: Any) -> tf.Tensor:
        """Returns a tensor whose values are rounded to those that int8 has in a range.

        Args:
            x: the tensor, float32.
            ends: the minimum and the maximum of the range, float32 [2].
        """
        low, high = ends[0], ends[1]
        if self.limits_of:
            x *= 2 * tf.maximum(-low, high)
        return tf.quantization.fake_quant_with_min_max_vars(x, low, high)


OBSERVED = TensorRange()
# Single channels of single tokens in a BERT's residual stream are 100 times as large as the rest
# (Bondarenko et al. 2021, arXiv 2109.12948, section 3), and after them the variance of ordinary
# tokens would be no more than a few steps.
CLIPPED = TensorRange(clip_factor=32.0)
SYMMETRIC = TensorRange(symmetric=True)
# The kernels' own output scales: 1/256 with zero point -128, and 1/128 with zero point 0
# (TensorFlow Lite 8-bit quantization specification, operators SOFTMAX, LOGISTIC and TANH).
UNIT_RANGE = TensorRange(0.0, 255 / 256)
TANH_RANGE = TensorRange(-1.0, 127 / 128)


FakeQuant = Callable[[str, Any], Any]


class Quantizers(Protocol):
    """What fake-quantizes the tensors of one layer."""

    def __call__(self, name: str, tensor: Any) -> Any:
        """Returns the tensor of a name, fake-quantized; observes its range if this is due."""
        ...

    def training_ranges(
        self, names: Sequence[str], observe: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    ) -> tf.Tensor:
        """Returns the ranges for a training step, after an update if this is due.

        Args:
            names: the tensors' names.
            observe: takes the ranges, float32 [names, 2], and the share by which they move
                towards those of the batch, float32 []; returns the new ranges.

        Returns:
            float32 [names, 2].
        """
        ...


class QuantizableLayer(keras.layers.Layer):
    """A layer that names every tensor of its int8 form.

    A subclass lists its activations in `tensor_ranges`, passes each through
    `_fake_quant(name, tensor)` where it computes it, and lists its constants in
    `quantized_weights`. In a float model `_fake_quant` does nothing; in a quantization-aware model
    it applies fake quantization. What a layer computes element by element it gives to `_compute`,
    which can make one loop of it in training.

    Attributes:
        fuses: whether training runs element-wise operations as compiled loops; see
            `tfsqueeze.models.fusion`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fuses = False
        self._quantizers: Quantizers | None = None

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns how the range of each activation is found, by name, in order of computation."""
        return {}

    def quantized_weights(self) -> dict[str, bool]:
        """Returns the names of the attributes that hold int8 constants.

        The value is True where each channel of the last axis has a scale of its own.
        """
        return {}

    def quantized_config(self) -> dict[str, Any]:
        """Returns the config of the layer's copy in a quantization-aware model."""
        return self.get_config()

    def set_quantizers(self, quantizers: Quantizers) -> None:
        """Sets what fake-quantizes the tensors in `tensor_ranges`.

        Args:
            quantizers: the quantizers of the layer.
        """
        self._quantizers = quantizers

    def _fake_quant(self, name: str, tensor: Any) -> Any:
        if self._quantizers is None:
            return tensor
        return tf.cast(self._quantizers(name, tf.cast(tensor, tf.float32)), tensor.dtype)

    def _compute(
        self,
        function: Callable[..., Any],
        rows: Sequence[Any],
        weights: Sequence[Any] = (),
        constants: Sequence[Any] = (),
        *,
        names: Sequence[str] = (),
        training: Any,
        element_wise: bool = False,
        **settings: Any,
    ) -> Any:
        """Computes a tensor of rows; a layer that fuses does it as one compiled loop in training.

        The function computes in float32, whatever the layer's precision is.

        Args:
            function: a function of a module: `function(fake_quant, *rows, *weights, *constants,
                **settings)`.
            rows: tensors whose first axis is that of the rows.
            weights: tensors that all rows share, and that have a gradient.
            constants: tensors that all rows share, and that have none.
            names: the tensors that the function fake-quantizes, in order of computation.
            training: whether this is training.
            element_wise: whether the function computes each value on its own; otherwise each vector
                along the last axis.
            **settings: hashable settings of the function.

        Returns:
            The function's result, of the shape of the first tensor.
        """
        if is_exporting() or not training or not self.fuses:
            compute = _in_float32(function)
            return compute(self._fake_quant, *rows, *weights, *constants, **settings)
        first = rows[0]
        rows = [tf.reshape(x, [-1] if element_wise else [-1, x.shape[-1]]) for x in rows]
        tensors = (*rows, *weights, *constants)
        fixed = tuple(sorted(settings.items()))
        if self._quantizers is None:
            fused = _float_form(function, len(rows), len(constants), fixed)
        else:
            ranges = self.tensor_ranges()
            named = tuple((name, ranges[name]) for name in names)
            observe = _observation(function, named, fixed)
            ends = self._quantizers.training_ranges(
                names, lambda *state: observe(*state, *map(tf.stop_gradient, tensors))
            )
            fused = _quantized_form(function, len(rows), len(constants), named, fixed)
            tensors = (*tensors, ends)
        result = tf.reshape(fused(*tensors), tf.shape(first))
        if not tf.executing_eagerly():
            result.set_shape(first.shape)
        return result


def _in_float32(function: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a function that computes in float32 and has a result of the first tensor's type."""

    def compute(fake_quant: FakeQuant, *tensors: Any, **settings: Any) -> Any:
        floats = [tf.cast(x, tf.float32) if x.dtype.is_floating else x for x in tensors]
        return tf.cast(function(fake_quant, *floats, **settings), tensors[0].dtype)

    return compute


@functools.cache
def _float_form(function: Any, rows: int, constants: int, settings: Any) -> Fused:
    def compute(*tensors: Any) -> Any:
        return _in_float32(function)(lambda _, x: x, *tensors, **dict(settings))

    return Fused(compute, rows, constants)


@functools.cache
def _quantized_form(function: Any, rows: int, constants: int, named: Any, settings: Any) -> Fused:
    def compute(*tensors: Any) -> Any:
        *tensors, values = tensors
        ends = {name: values[index] for index, (name, _) in enumerate(named)}
        ranges = dict(named)
        return _in_float32(function)(
            lambda name, x: ranges[name].fake_quant(x, ends[name]), *tensors, **dict(settings)
        )

    return Fused(compute, rows, constants + 1)


@functools.cache
def _observation(function: Any, named: Any, settings: Any) -> Any:
    """Returns a function of ranges, a share and the tensors, which returns the new ranges."""

    @tf.function(autograph=False, reduce_retracing=True)
    def observe(values: Any, share: Any, *tensors: Any) -> Any:
        ends = {name: values[index] for index, (name, _) in enumerate(named)}
        ranges = dict(named)

        def fake_quant(name: str, x: Any) -> Any:
            tensor_range = ranges[name]
            if tensor_range.limits_of:
                ends[name] = ends[tensor_range.limits_of]
            elif not tensor_range.is_fixed:
                ends[name] += share * (tensor_range.observe(x) - ends[name])
            return tensor_range.fake_quant(x, ends[name])

        _in_float32(function)(fake_quant, *tensors, **dict(settings))
        return tf.stack([ends[name] for name, _ in named])

    return observe

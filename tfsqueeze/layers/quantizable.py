"""The base class of layers that know their int8 form: their tensors, weights and ranges."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import tf_keras as keras


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


class QuantizableLayer(keras.layers.Layer):
    """A layer that names every tensor of its int8 form.

    A subclass lists its activations in `tensor_ranges`, passes each through
    `_fake_quant(name, tensor)` where it computes it, and lists its constants in
    `quantized_weights`. In a float model `_fake_quant` does nothing; in a quantization-aware model
    it applies fake quantization.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._quantizers: dict[str, Callable[[Any], Any]] = {}

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

    def set_quantizers(self, quantizers: dict[str, Callable[[Any], Any]]) -> None:
        """Sets the function that fake-quantizes each named tensor.

        Args:
            quantizers: functions from a tensor to a tensor of the same shape, by the names in
                `tensor_ranges`.
        """
        self._quantizers = quantizers

    def _fake_quant(self, name: str, tensor: Any) -> Any:
        return self._quantizers[name](tensor) if name in self._quantizers else tensor

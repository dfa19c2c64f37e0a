"""What a layer says about its int8 form."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import tf_keras as keras


@dataclasses.dataclass(frozen=True)
class TensorRange:
    """How the range of one int8 tensor is found.

    minimum, maximum: both given for a range that TensorFlow Lite's kernels fix (the output of
        softmax, logistic and tanh; constants), in the units of the tensor. None: observed from
        data.
    keep_margin: for an observed tensor with masked places, whose values are clipped to the smallest
        of the range: that one is this much below the smallest unmasked value.
    reach: for an observed tensor with rare values far beyond the rest: the range ends at this many
        times the tensor's mean magnitude, and what lies beyond becomes its end.
    symmetric: for an observed tensor whose zero point has to be 0.
    limits_of: the name of an earlier tensor of the layer, whose range is this one's too. This one
        holds 1 and -1, which become the range's largest and smallest value.
    """

    minimum: float | None = None
    maximum: float | None = None
    keep_margin: float | None = None
    reach: float | None = None
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
WITHOUT_OUTLIERS = TensorRange(reach=32.0)
SYMMETRIC = TensorRange(symmetric=True)
# The kernels' own output scales: 1/256 with zero point -128, and 1/128 with zero point 0
# (TensorFlow Lite 8-bit quantization specification, operators SOFTMAX, LOGISTIC and TANH).
UNIT_RANGE = TensorRange(0.0, 255 / 256)
TANH_RANGE = TensorRange(-1.0, 127 / 128)


class QuantizableLayer(keras.layers.Layer):
    """A layer that names every tensor that its int8 form holds.

    A subclass lists its tensors in `tensor_ranges`, passes each through `_fake_quant(name, tensor)` at
    the place where it is made, and lists its constants in `quantized_weights`. In a float model
    `_fake_quant` does nothing; quantization-aware training puts a fake quantization there.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._quantizers: dict[str, Callable] = {}

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the activations of the int8 form by name, in the order they are computed."""
        return {}

    def quantized_weights(self) -> dict[str, bool]:
        """Returns the attributes that hold int8 constants; True where each last-axis channel has
        its own scale."""
        return {}

    def quantized_config(self) -> dict[str, Any]:
        """Returns the config of the layer's int8 twin."""
        return self.get_config()

    def set_quantizers(self, quantizers: dict[str, Callable]) -> None:
        """Puts a function at each named tensor."""
        self._quantizers = quantizers

    def _fake_quant(self, name, tensor):
        return self._quantizers[name](tensor) if name in self._quantizers else tensor

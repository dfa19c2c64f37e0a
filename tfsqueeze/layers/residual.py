"""The sum at the end of a residual branch."""

from __future__ import annotations

from typing import Any

import tf_keras as keras

from tfsqueeze.layers.quantizable import CLIPPED, QuantizableLayer, TensorRange


@keras.saving.register_keras_serializable("tfsqueeze")
class ResidualAdd(QuantizableLayer):
    """Adds a residual branch to its input."""

    def call(self, inputs: Any) -> Any:
        """Returns the sum of two float tensors of the same shape.

        Args:
            inputs: the branch and the identity.
        """
        branch, identity = inputs
        return self._fake_quant("output", branch + identity)

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the range of the sum."""
        return {"output": CLIPPED}

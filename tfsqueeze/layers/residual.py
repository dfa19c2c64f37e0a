"""The sum at the end of a residual branch."""

from __future__ import annotations

from typing import Any

import tf_keras as keras

from tfsqueeze.layers.quantizable import CLIPPED, FakeQuant, QuantizableLayer, TensorRange


@keras.saving.register_keras_serializable("tfsqueeze")
class ResidualAdd(QuantizableLayer):
    """Adds a residual branch to its input."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Returns the sum of two float tensors of the same shape.

        Args:
            inputs: the branch and the identity.
            training: whether this is training.
        """
        if self._quantizers is None:
            branch, identity = inputs
            return branch + identity
        return self._compute(_add, inputs, names=["output"], training=training, element_wise=True)

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the range of the sum."""
        return {"output": CLIPPED}


def _add(fake_quant: FakeQuant, branch: Any, identity: Any) -> Any:
    return fake_quant("output", branch + identity)

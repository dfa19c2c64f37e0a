"""The sum at the end of a residual branch."""

from __future__ import annotations

import tf_keras as keras

from tfsqueeze.layers.quantizable import WITHOUT_OUTLIERS, QuantizableLayer


@keras.saving.register_keras_serializable("tfsqueeze")
class ResidualAdd(QuantizableLayer):
    """Adds a branch to its input: two float tensors of one shape in, their sum out."""

    def call(self, inputs):
        branch, identity = inputs
        return self._fake_quant("output", branch + identity)

    def tensor_ranges(self):
        return {"output": WITHOUT_OUTLIERS}

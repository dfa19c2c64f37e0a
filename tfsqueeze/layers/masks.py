"""Masks as table look-ups, the form that an int8 graph can hold."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.quantizable import QuantizableLayer, TensorRange

# In float, exp(-10000) is exactly 0. In int8 the same number would leave no steps for what it is
# added to; -100 is below any range and keeps the scales close.
FLOAT_MASK_VALUE = -10000.0
INT8_MASK_VALUE = -100.0


@keras.saving.register_keras_serializable("tfsqueeze")
class MaskLookup(QuantizableLayer):
    """Looks up one value for padding and another for tokens.

    Input int32 [batch, length]: token ids, or an attention mask of ones and zeros. Output float,
    shaped to broadcast over `axes`.

    padding_value, token_value: what to put at padding and at tokens.
    padding_id: the id that stands for padding (0 in an attention mask).
    table_size: how many ids there are (2 for an attention mask).
    axes: `scores` for [batch, 1, 1, length], `tokens` for [batch, length, 1], `row` for
        [batch, 1, length].
    """

    def __init__(self, padding_value, token_value, padding_id, table_size, axes, **kwargs):
        super().__init__(**kwargs)
        self.padding_value = padding_value
        self.token_value = token_value
        self.padding_id = padding_id
        self.table_size = table_size
        self.axes = axes

    def call(self, inputs):
        table = np.full(self.table_size, self.token_value, np.float32)
        table[self.padding_id] = self.padding_value
        values = tf.gather(self._fake_quant("table", tf.constant(table)), inputs)
        if self.axes == "scores":
            return values[:, None, None, :]
        if self.axes == "row":
            return values[:, None, None, :] if is_exporting() else values[:, None, :]
        return values[:, None, :, None] if is_exporting() else values[:, :, None]

    def tensor_ranges(self):
        low, high = sorted((self.padding_value, self.token_value))
        return {"table": TensorRange(min(low, 0.0), max(high, 0.0))}

    def quantized_config(self):
        config = self.get_config()
        if self.padding_value == FLOAT_MASK_VALUE:
            config["padding_value"] = INT8_MASK_VALUE
            if self.axes == "scores":  # signs of their limits; see `SelfAttention`
                config.update(padding_value=-1.0, token_value=1.0)
        return config

    def get_config(self):
        return {
            **super().get_config(),
            "padding_value": self.padding_value,
            "token_value": self.token_value,
            "padding_id": self.padding_id,
            "table_size": self.table_size,
            "axes": self.axes,
        }

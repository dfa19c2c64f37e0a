"""Masks as table look-ups, which an int8 graph can express."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.quantizable import (
    FLOAT_MASK_VALUE,
    INT8_MASK_VALUE,
    QuantizableLayer,
    TensorRange,
)


@keras.saving.register_keras_serializable("tfsqueeze")
class MaskLookup(QuantizableLayer):
    """Looks up one value for padding and another for tokens.

    Args:
        padding_value: the value at padding.
        token_value: the value at tokens.
        padding_id: the input that stands for padding; 0 in an attention mask.
        table_size: the number of different inputs; 2 for an attention mask.
        axes: the shape of the output: `scores` for [batch, 1, 1, length], `tokens` for
            [batch, length, 1], `row` for [batch, 1, length].

    Example:
        >>> import numpy as np
        >>> from tfsqueeze.layers import MaskLookup
        >>> lookup = MaskLookup(0.0, 1.0, padding_id=0, table_size=2, axes="row")
        >>> lookup(np.array([[1, 1, 0]])).numpy()
        array([[[1., 1., 0.]]], dtype=float32)
    """

    def __init__(
        self,
        padding_value: float,
        token_value: float,
        padding_id: int,
        table_size: int,
        axes: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.padding_value = padding_value
        self.token_value = token_value
        self.padding_id = padding_id
        self.table_size = table_size
        self.axes = axes

    def call(self, inputs: Any) -> Any:
        """Returns the mask.

        Args:
            inputs: int32 [batch, length]: token ids, or an attention mask with 1 at tokens and 0
                at padding.

        Returns:
            A float tensor of the shape that `axes` names.
        """
        table = np.full(self.table_size, self.token_value, np.float32)
        table[self.padding_id] = self.padding_value
        values = tf.gather(self._fake_quant("table", tf.constant(table)), inputs)
        if self.axes == "scores":
            return values[:, None, None, :]
        if self.axes == "row":
            return values[:, None, None, :] if is_exporting() else values[:, None, :]
        return values[:, None, :, None] if is_exporting() else values[:, :, None]

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the fixed range of the table."""
        low, high = sorted((self.padding_value, self.token_value))
        return {"table": TensorRange(min(low, 0.0), max(high, 0.0))}

    def quantized_config(self) -> dict[str, Any]:
        """Returns a config whose values int8 can hold."""
        config = self.get_config()
        if self.padding_value == FLOAT_MASK_VALUE:
            config["padding_value"] = INT8_MASK_VALUE
            if self.axes == "scores":  # the signs of the limits in `SelfAttention`
                config.update(padding_value=-1.0, token_value=1.0)
        return config

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "padding_value": self.padding_value,
            "token_value": self.token_value,
            "padding_id": self.padding_id,
            "table_size": self.table_size,
            "axes": self.axes,
        }

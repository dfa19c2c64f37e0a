"""Masks as table look-ups, which an int8 graph can express."""

from __future__ import annotations

from collections.abc import Iterable
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
    """Looks up one value for masked inputs, such as padding, and another for all others.

    Args:
        masked_value: the value at masked inputs.
        other_value: the value at others.
        masked_ids: the masked inputs, such as 0 in an attention mask.
        table_size: the number of different inputs; 2 for an attention mask.
        axes: the shape of the output: `scores` for [batch, 1, 1, length], `tokens` for
            [batch, length, 1], `row` for [batch, 1, length].

    Example:
        >>> import numpy as np
        >>> from tfsqueeze.layers import MaskLookup
        >>> lookup = MaskLookup(0.0, 1.0, masked_ids=[0], table_size=2, axes="row")
        >>> lookup(np.array([[1, 1, 0]])).numpy()
        array([[[1., 1., 0.]]], dtype=float32)
    """

    def __init__(
        self,
        masked_value: float,
        other_value: float,
        masked_ids: Iterable[int],
        table_size: int,
        axes: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.masked_value = masked_value
        self.other_value = other_value
        self.masked_ids = tuple(masked_ids)
        self.table_size = table_size
        self.axes = axes

    def call(self, inputs: Any) -> Any:
        """Returns the mask.

        Args:
            inputs: int32 [batch, length]: token ids, token types, or an attention mask with 1 at
                tokens and 0 at padding.

        Returns:
            A float tensor of the shape that `axes` names.
        """
        table = np.full(self.table_size, self.other_value, np.float32)
        table[list(self.masked_ids)] = self.masked_value
        values = tf.gather(self._fake_quant("table", tf.constant(table)), inputs)
        if self.axes == "scores":
            return values[:, None, None, :]
        if self.axes == "row":
            return values[:, None, None, :] if is_exporting() else values[:, None, :]
        return values[:, None, :, None] if is_exporting() else values[:, :, None]

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the fixed range of the table."""
        low, high = sorted((self.masked_value, self.other_value))
        return {"table": TensorRange(min(low, 0.0), max(high, 0.0))}

    def quantized_config(self) -> dict[str, Any]:
        """Returns a config whose values int8 can hold."""
        config = self.get_config()
        if self.masked_value == FLOAT_MASK_VALUE:
            config["masked_value"] = INT8_MASK_VALUE
            if self.axes == "scores":  # the signs of the limits in `SelfAttention`
                config.update(masked_value=-1.0, other_value=1.0)
        return config

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "masked_value": self.masked_value,
            "other_value": self.other_value,
            "masked_ids": list(self.masked_ids),
            "table_size": self.table_size,
            "axes": self.axes,
        }


@keras.saving.register_keras_serializable("tfsqueeze")
class SameTextMask(QuantizableLayer):
    """Masks the tokens of the other text of a pair, in addition to padding.

    Each token has a sign, which says of which text it is. The product of two tokens' signs is 1 if
    they are of one text, and -1 if not.

    Args:
        masks_by_minimum: whether the result is for a `SelfAttention` with `masks_by_minimum`.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze.layers import SameTextMask
        >>> signs = np.array([[1.0, 1.0, -1.0]], "float32")
        >>> bias = np.zeros((1, 1, 1, 3), "float32")
        >>> SameTextMask()([signs[:, :, None], signs[:, None], bias]).numpy()[0, 0]
        array([[     0.,      0., -10000.],
               [     0.,      0., -10000.],
               [-10000., -10000.,      0.]], dtype=float32)
    """

    def __init__(self, masks_by_minimum: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.masks_by_minimum = masks_by_minimum

    def call(self, inputs: Any) -> Any:
        """Returns the bias of `SelfAttention`, float [batch, 1, length, length].

        Args:
            inputs: the signs as float [batch, length, 1], the same as float [batch, 1, length], and
                the bias of padding, float [batch, 1, 1, length].
        """
        column, row, bias = inputs
        same = self._fake_quant("same", column * row)
        if not is_exporting():
            same = same[:, None]
        if self.masks_by_minimum:
            return tf.minimum(same, bias)
        return bias + 0.5 * FLOAT_MASK_VALUE * (1.0 - same)

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the fixed range of the products."""
        return {"same": TensorRange(-1.0, 1.0)}

    def quantized_config(self) -> dict[str, Any]:
        """Returns a config with `masks_by_minimum`."""
        return {**self.get_config(), "masks_by_minimum": True}

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "masks_by_minimum": self.masks_by_minimum}

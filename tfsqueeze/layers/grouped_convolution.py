"""The grouped pointwise convolution that replaces BERT's dense layers in SqueezeBERT."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.activations import activate, activation_ranges
from tfsqueeze.layers.export_form import is_exporting, join_groups, split_groups
from tfsqueeze.layers.quantizable import SYMMETRIC, QuantizableLayer, TensorRange


@keras.saving.register_keras_serializable("tfsqueeze")
class GroupedConvolution(QuantizableLayer):
    """A 1x1 convolution in groups: each group of output channels reads one group of inputs.

    It is SqueezeBERT's grouped convolution (Iandola et al. 2020, arXiv 2006.11316, section 3.2),
    computed as split, dense, concat: TensorFlow has no gradient for a grouped convolution on a
    CPU, and int8 kernels are several times faster on this form.

    Args:
        filters: the number of output channels, divisible by `groups`.
        groups: a divisor of the input channels; 1 makes a plain dense layer.
        activation: None, `relu`, `gelu`, `gelu_new`, `sigmoid_gelu` or `tanh`.
        output_scale: a constant factor on the result, as attention's 1/sqrt(head size) on its
            queries. Quantization-aware models have it folded into the weights.
        symmetric_output: whether the int8 output has zero point 0, as the second operand of a
            product of two activations must: the fast kernels support nothing else.
        initializer_range: the standard deviation of new weights.

    Example:
        >>> import numpy as np
        >>> from tfsqueeze.layers import GroupedConvolution
        >>> layer = GroupedConvolution(filters=8, groups=4, activation="gelu")
        >>> layer(np.zeros((2, 5, 12), "float32")).shape
        TensorShape([2, 5, 8])
        >>> layer.count_params()  # a dense layer has 12 * 8 + 8
        32
    """

    def __init__(
        self,
        filters: int,
        groups: int = 1,
        activation: str | None = None,
        output_scale: float = 1.0,
        symmetric_output: bool = False,
        initializer_range: float = 0.02,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.groups = groups
        self.activation = activation
        self.output_scale = output_scale
        self.symmetric_output = symmetric_output
        self.initializer_range = initializer_range

    def build(self, input_shape: Any) -> None:
        """Creates a kernel and a bias for each group.

        Raises:
            ValueError: the channels or the filters are not divisible by the groups.
        """
        channels = input_shape[-1]
        if channels % self.groups or self.filters % self.groups:
            raise ValueError(
                f"{self.name}: {channels} channels and {self.filters} filters must "
                f"both be divisible by {self.groups} groups"
            )
        shape = (1, 1, channels // self.groups, self.filters // self.groups)
        for group in range(self.groups):
            setattr(
                self,
                f"kernel_{group}",
                self.add_weight(
                    f"kernel_{group}",
                    shape,
                    initializer=keras.initializers.TruncatedNormal(stddev=self.initializer_range),
                ),
            )
        for group in range(self.groups):
            setattr(
                self,
                f"bias_{group}",
                self.add_weight(f"bias_{group}", (shape[-1],), initializer="zeros"),
            )
        super().build(input_shape)

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Returns float [..., filters].

        Args:
            inputs: float [..., channels].
            training: whether this is training.
        """
        groups = [
            self._product(x, getattr(self, f"kernel_{group}"), getattr(self, f"bias_{group}"))
            for group, x in enumerate(split_groups(inputs, self.groups))
        ]
        if is_exporting():
            # By group, so that the next layer of a runtime's graph can read the groups directly.
            return join_groups([activate(self._fake_quant, x, self.activation) for x in groups])
        if self._quantizers is None:
            if self.activation is not None:
                groups = [self._activate_rows(x, training) for x in groups]
            return join_groups(groups)
        return self._activate_rows(join_groups(groups), training)

    def _activate_rows(self, x: Any, training: bool | None) -> Any:
        return self._compute(
            activate,
            [x],
            names=list(self.tensor_ranges()),
            training=training,
            element_wise=True,
            activation=self.activation,
        )

    def _product(self, x: Any, kernel: Any, bias: Any) -> Any:
        if is_exporting():
            # The converter and all runtimes support per-channel weights in a CONV_2D.
            y = tf.nn.bias_add(tf.nn.conv2d(x, kernel, 1, "SAME"), bias)
            return y if self.output_scale == 1.0 else y * self.output_scale
        if self.output_scale != 1.0:
            kernel, bias = kernel * self.output_scale, bias * self.output_scale
        # One product for the whole batch: with a product per text, the gradient would first be one
        # kernel per text and then their sum.
        # In 16 bits TF-MOT's wrappers cast the inputs of float32 products, too, while it builds.
        rows = tf.cast(tf.reshape(x, [-1, x.shape[-1]]), kernel.dtype)
        y = tf.nn.bias_add(tf.matmul(rows, tf.squeeze(kernel, [0, 1])), bias)
        y = tf.reshape(y, tf.concat([tf.shape(x)[:-1], tf.shape(y)[-1:]], axis=0))
        y.set_shape([*x.shape[:-1], y.shape[-1]])
        return y

    def tensor_ranges(self) -> dict[str, TensorRange]:
        """Returns the ranges of the activation."""
        ranges = activation_ranges(self.activation)
        return {**ranges, "output": SYMMETRIC} if self.symmetric_output else ranges

    def quantized_weights(self) -> dict[str, bool]:
        """Returns the names of the kernels, with a scale for each filter."""
        return {f"kernel_{group}": True for group in range(self.groups)}

    def quantized_config(self) -> dict[str, Any]:
        """Returns a config without `output_scale`, which is folded into the weights."""
        return {**self.get_config(), "output_scale": 1.0}

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "groups": self.groups,
            "activation": self.activation,
            "output_scale": self.output_scale,
            "symmetric_output": self.symmetric_output,
            "initializer_range": self.initializer_range,
        }

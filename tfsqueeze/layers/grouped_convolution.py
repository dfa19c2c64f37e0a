"""The grouped pointwise convolution that SqueezeBERT puts in place of BERT's dense layers."""

from __future__ import annotations

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.activations import activation_ranges, apply_activation
from tfsqueeze.layers.export_form import is_exporting, join_groups, split_groups
from tfsqueeze.layers.quantizable import SYMMETRIC, QuantizableLayer


@keras.saving.register_keras_serializable("tfsqueeze")
class GroupedConvolution(QuantizableLayer):
    """A 1x1 convolution in groups: each group of output channels reads one group of inputs.

    Input float [..., channels], output float [..., filters] (Iandola et al. 2020, section 3.2).
    It is computed as split, dense, concat: TensorFlow has no gradient for a grouped convolution
    on a CPU, and the int8 kernels are several times faster on this form.

    filters: output channels, divisible by `groups`.
    groups: a divisor of the input channels; 1 is a plain dense layer.
    activation: None, `relu`, `gelu`, `gelu_new`, `sigmoid_gelu` or `tanh`.
    symmetric_output: whether the int8 output has zero point 0. A tensor needs that to be the
        second operand of a product: the fast kernels take no other.
    output_scale: constant factor on the result, as attention's 1/sqrt(head size) on its queries;
        the int8 twin has it folded into its weights.
    """

    def __init__(
        self,
        filters,
        groups=1,
        activation=None,
        output_scale=1.0,
        symmetric_output=False,
        initializer_range=0.02,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.groups = groups
        self.activation = activation
        self.output_scale = output_scale
        self.symmetric_output = symmetric_output
        self.initializer_range = initializer_range

    def build(self, input_shape):
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

    def call(self, inputs):
        outputs = []
        for group, piece in enumerate(split_groups(inputs, self.groups)):
            y = tf.nn.bias_add(
                self._product(piece, getattr(self, f"kernel_{group}")),
                getattr(self, f"bias_{group}"),
            )
            # Group by group, so that the next layer of a runtime's graph can go on with the groups.
            outputs.append(self._finish(y) if is_exporting() else y)
        x = join_groups(outputs)
        return x if is_exporting() else self._finish(x)

    def _finish(self, x):
        if self.output_scale != 1.0:
            x = x * self.output_scale
        return apply_activation(self.activation, x, self._fake_quant)

    @staticmethod
    def _product(x, kernel):
        if is_exporting():
            # A CONV_2D is the form whose per-channel weights the converter and all runtimes take.
            return tf.nn.conv2d(x, kernel, 1, "SAME")
        # One product for the whole batch: of a product per text, the gradient for the kernel would
        # be one kernel per text, then summed.
        return tf.tensordot(x, tf.squeeze(kernel, [0, 1]), 1)

    def tensor_ranges(self):
        ranges = activation_ranges(self.activation)
        return {**ranges, "output": SYMMETRIC} if self.symmetric_output else ranges

    def quantized_weights(self):
        return {f"kernel_{group}": True for group in range(self.groups)}

    def quantized_config(self):
        return {**self.get_config(), "output_scale": 1.0}

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "groups": self.groups,
            "activation": self.activation,
            "output_scale": self.output_scale,
            "symmetric_output": self.symmetric_output,
            "initializer_range": self.initializer_range,
        }

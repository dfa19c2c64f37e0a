"""The grouped pointwise convolution that SqueezeBERT puts in place of BERT's dense layers."""

from __future__ import annotations

import tensorflow as tf
import tf_keras as keras

from tfsqueeze.layers.activations import activation_ranges, apply_activation
from tfsqueeze.layers.quantizable import QuantizableLayer, is_exporting


@keras.saving.register_keras_serializable("tfsqueeze")
class GroupedConvolution(QuantizableLayer):
    """A 1x1 convolution in groups: each group of output channels reads one group of inputs.

    Input float [..., channels], output float [..., filters] (Iandola et al. 2020, section 3.2).
    It is computed as split, dense, concat: TensorFlow has no gradient for a grouped convolution
    on a CPU, and the int8 kernels are several times faster on this form.

    filters: output channels, divisible by `groups`.
    groups: a divisor of the input channels; 1 is a plain dense layer.
    activation: None, `relu`, `gelu`, `sigmoid_gelu` or `tanh`.
    output_scale: constant factor on the result, as attention's 1/sqrt(head size) on its queries;
        the int8 twin has it folded into its weights.
    """

    def __init__(self, filters, groups=1, activation=None, output_scale=1.0,
                 initializer_range=0.02, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.groups = groups
        self.activation = activation
        self.output_scale = output_scale
        self.initializer_range = initializer_range

    def build(self, input_shape):
        channels = input_shape[-1]
        if channels % self.groups or self.filters % self.groups:
            raise ValueError(f"{self.name}: {channels} channels and {self.filters} filters must "
                             f"both be divisible by {self.groups} groups")
        shape = (1, 1, channels // self.groups, self.filters // self.groups)
        for group in range(self.groups):
            setattr(self, f"kernel_{group}", self.add_weight(
                f"kernel_{group}", shape,
                initializer=keras.initializers.TruncatedNormal(stddev=self.initializer_range)))
        for group in range(self.groups):
            setattr(self, f"bias_{group}", self.add_weight(
                f"bias_{group}", (shape[-1],), initializer="zeros"))
        super().build(input_shape)

    def call(self, inputs):
        pieces = tf.split(inputs, self.groups, axis=-1) if self.groups > 1 else [inputs]
        outputs = []
        for group, piece in enumerate(pieces):
            y = tf.nn.bias_add(self._product(piece, getattr(self, f"kernel_{group}")),
                               getattr(self, f"bias_{group}"))
            # Before the concat, where int8 kernels have it for free.
            outputs.append(tf.nn.relu(y) if self.activation == "relu" else y)
        x = tf.concat(outputs, axis=-1) if self.groups > 1 else outputs[0]
        if self.output_scale != 1.0:
            x = x * self.output_scale
        return apply_activation(None if self.activation == "relu" else self.activation, x,
                                self._hold)

    @staticmethod
    def _product(x, kernel):
        if not is_exporting():
            return tf.matmul(x, kernel[0, 0])
        # A CONV_2D is the form whose per-channel weights the converter and all runtimes take.
        ones = [1, 2] if len(x.shape) == 2 else [1]
        for axis in ones:
            x = tf.expand_dims(x, axis)
        return tf.squeeze(tf.nn.conv2d(x, kernel, 1, "SAME"), ones)

    def tensor_ranges(self):
        return activation_ranges(self.activation)

    def quantized_weights(self):
        return {f"kernel_{group}": True for group in range(self.groups)}

    def quantized_config(self):
        return {**self.get_config(), "output_scale": 1.0}

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "groups": self.groups,
                "activation": self.activation, "output_scale": self.output_scale,
                "initializer_range": self.initializer_range}

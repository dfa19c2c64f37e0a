"""Activations in the formulations that int8 runtimes have kernels for."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tfsqueeze.layers.quantizable import (
    OBSERVED,
    TANH_RANGE,
    UNIT_RANGE,
    WITHOUT_OUTLIERS,
    TensorRange,
)

# Hendrycks and Gimpel 2016 (arXiv 1606.08415), section 2: GELU(x) is close to x sigmoid(1.702 x).
SIGMOID_GELU_SLOPE = 1.702


def activation_ranges(name: str | None) -> dict[str, TensorRange]:
    """Returns the int8 tensors of an activation; a fused one has only its output."""
    return {
        None: {"output": WITHOUT_OUTLIERS},
        "relu": {"output": OBSERVED},
        "gelu": {"pre_activation": OBSERVED, "output": OBSERVED},
        "gelu_new": {"pre_activation": OBSERVED, "output": OBSERVED},
        "tanh": {"pre_activation": OBSERVED, "output": TANH_RANGE},
        "sigmoid_gelu": {
            "pre_activation": OBSERVED,
            "sloped": OBSERVED,
            "gate": UNIT_RANGE,
            "output": OBSERVED,
        },
    }[name]


def apply_activation(name: str | None, x: tf.Tensor, hold: Callable) -> tf.Tensor:
    """Applies an activation to a float tensor of any shape.

    hold: `hold(tensor_name, tensor)`, called with each int8 tensor that `activation_ranges`
        names.
    """
    if name == "relu":
        x = tf.nn.relu(x)
    elif name is not None:
        x = hold("pre_activation", x)
        if name in ("gelu", "gelu_new"):
            # Hugging Face's `gelu_new` is the approximation by tanh (same paper, section 2).
            x = tf.nn.gelu(x, approximate=name == "gelu_new")
        elif name == "tanh":
            x = tf.tanh(x)
        else:
            x = x * hold("gate", tf.sigmoid(hold("sloped", SIGMOID_GELU_SLOPE * x)))
    return hold("output", x)

"""Activations in the formulations that int8 runtimes have kernels for."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tfsqueeze.layers.export_form import is_exporting
from tfsqueeze.layers.quantizable import (
    CLIPPED,
    OBSERVED,
    TANH_RANGE,
    UNIT_RANGE,
    FakeQuant,
    TensorRange,
)

# Hendrycks and Gimpel 2016 (arXiv 1606.08415), section 2: GELU(x) is close to x sigmoid(1.702 x).
SIGMOID_GELU_SLOPE = 1.702


def activation_ranges(name: str | None) -> dict[str, TensorRange]:
    """Returns the ranges of an activation's int8 tensors, by name.

    ReLU is fused into the product before it and has an output only.

    Args:
        name: None, `relu`, `gelu`, `gelu_new`, `tanh` or `sigmoid_gelu`.
    """
    ranges: dict[str | None, dict[str, TensorRange]] = {
        None: {"output": CLIPPED},
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
    }
    return ranges[name]


def activate(fake_quant: FakeQuant, x: Any, activation: str | None) -> Any:
    """Applies an activation.

    Args:
        fake_quant: `fake_quant(tensor_name, tensor)` fake-quantizes one of the tensors that
            `activation_ranges` names.
        x: float tensor of any shape.
        activation: as in `activation_ranges`.

    Returns:
        A float tensor of the shape of `x`.
    """
    if activation == "relu":
        x = tf.nn.relu(x)
    elif activation is not None:
        x = fake_quant("pre_activation", x)
        if activation == "gelu" and not is_exporting():
            # A compiled loop computes erf faster than erfc, which `tf.nn.gelu` has.
            x = x * (0.5 + 0.5 * tf.math.erf(x * 0.5**0.5))
        elif activation in ("gelu", "gelu_new"):
            # Hugging Face's `gelu_new` is the approximation by tanh (same paper, section 2).
            x = tf.nn.gelu(x, approximate=activation == "gelu_new")
        elif activation == "tanh":
            x = tf.tanh(x)
        else:
            x = x * fake_quant("gate", tf.sigmoid(fake_quant("sloped", SIGMOID_GELU_SLOPE * x)))
    return fake_quant("output", x)

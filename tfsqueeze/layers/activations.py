"""Activations in the formulations that int8 runtimes have kernels for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tfsqueeze.layers.quantizable import CLIPPED, OBSERVED, TANH_RANGE, UNIT_RANGE, TensorRange

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


def apply_activation(name: str | None, x: Any, fake_quant: Callable[[str, Any], Any]) -> Any:
    """Applies an activation.

    Args:
        name: as in `activation_ranges`.
        x: float tensor of any shape.
        fake_quant: `fake_quant(tensor_name, tensor)` fake-quantizes one of the tensors that
            `activation_ranges` names.

    Returns:
        A float tensor of the shape of `x`.
    """
    if name == "relu":
        x = tf.nn.relu(x)
    elif name is not None:
        x = fake_quant("pre_activation", x)
        if name in ("gelu", "gelu_new"):
            # Hugging Face's `gelu_new` is the approximation by tanh (same paper, section 2).
            x = tf.nn.gelu(x, approximate=name == "gelu_new")
        elif name == "tanh":
            x = tf.tanh(x)
        else:
            x = x * fake_quant("gate", tf.sigmoid(fake_quant("sloped", SIGMOID_GELU_SLOPE * x)))
    return fake_quant("output", x)

"""Single matrix products for ONNX Runtime, to find its best rate."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper

_OPSET = 20


def matrix_product(rows: int, inputs: int, outputs: int, dtype: str) -> bytes:
    """An ONNX file of x [rows, inputs] times random weights.

    dtype: `float32`, a MatMul; or `int8`, a QLinearMatMul of uint8 activations and int8 weights
        per channel, the pair that ONNX Runtime's x86 kernels are fastest on.
    """
    generator = np.random.default_rng(0)
    if dtype == "float32":
        constants = {"weights": generator.standard_normal((inputs, outputs), np.float32)}
        operator, names, element = "MatMul", ["x", "weights"], TensorProto.FLOAT
    else:
        constants = {
            "scale": np.float32(0.02),
            "zero_point": np.uint8(128),
            "weights": generator.integers(-127, 128, (inputs, outputs)).astype(np.int8),
            "weight_scales": np.full(outputs, 0.01, np.float32),
            "weight_zero_points": np.zeros(outputs, np.int8),
        }
        operator, element = "QLinearMatMul", TensorProto.UINT8
        names = [
            "x",
            "scale",
            "zero_point",
            "weights",
            "weight_scales",
            "weight_zero_points",
            "scale",
            "zero_point",
        ]
    graph = helper.make_graph(
        [helper.make_node(operator, names, ["y"])],
        "product",
        [helper.make_tensor_value_info("x", element, [rows, inputs])],
        [helper.make_tensor_value_info("y", element, [rows, outputs])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(
        graph, ir_version=9, opset_imports=[helper.make_opsetid("", _OPSET)]
    ).SerializeToString()

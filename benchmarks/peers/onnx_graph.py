"""A small builder of ONNX graphs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 20  # the first with Gelu
_CONTRIB = "com.microsoft"  # onnxruntime's own operators
_CONTRIB_OPERATORS = {"MultiHeadAttention"}


class GraphBuilder:
    """Collects nodes and constants; every method takes and returns names of tensors."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, values: Any) -> str:
        """Adds a constant tensor once and returns its name."""
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.asarray(values), name)
        return name

    def node(self, operator: str, *inputs: str, count: int = 1, **attributes: Any) -> Any:
        """Adds an operator and returns its output's name, or a list of `count` names."""
        number = len(self._nodes)
        outputs = [f"{operator.lower()}_{number}_{index}" for index in range(count)]
        self._nodes.append(
            helper.make_node(
                operator,
                inputs,
                outputs,
                name=f"{operator}_{number}",
                domain=_CONTRIB if operator in _CONTRIB_OPERATORS else "",
                **attributes,
            )
        )
        return outputs[0] if count == 1 else outputs

    def reshape(self, x: str, shape: Sequence[int]) -> str:
        """Reshapes to a constant shape."""
        name = "shape_" + "_".join(map(str, shape))
        return self.node("Reshape", x, self.constant(name, np.array(shape, np.int64)))

    def transpose(self, x: str, axes: Sequence[int]) -> str:
        """Permutes the axes."""
        return self.node("Transpose", x, perm=list(axes))

    def scale(self, x: str, factor: float) -> str:
        """Multiplies by a number."""
        return self.node("Mul", x, self.constant(f"factor_{factor}", np.float32(factor)))

    def dense(self, x: str, name: str, kernel: np.ndarray, bias: np.ndarray) -> str:
        """Adds the product of x [..., m] and the kernel [m, n], plus the bias [n]."""
        product = self.node("MatMul", x, self.constant(f"{name}_kernel", kernel))
        return self.node("Add", product, self.constant(f"{name}_bias", bias))

    def layer_norm(
        self, x: str, name: str, gamma: np.ndarray, beta: np.ndarray, epsilon: float
    ) -> str:
        """Layer normalization over the last axis."""
        return self.node(
            "LayerNormalization",
            x,
            self.constant(f"{name}_gamma", gamma),
            self.constant(f"{name}_beta", beta),
            axis=-1,
            epsilon=epsilon,
        )

    def build(self, length: int, num_labels: int, logits: str) -> onnx.ModelProto:
        """The model of input_ids int32 [1, length] and logits float [1, num_labels]."""
        self._nodes.append(helper.make_node("Identity", [logits], ["logits"], name="logits"))
        graph = helper.make_graph(
            self._nodes,
            "classifier",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT32, [1, length])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, num_labels])],
            list(self._constants.values()),
        )
        return helper.make_model(
            graph,
            ir_version=9,
            opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(_CONTRIB, 1)],
        )

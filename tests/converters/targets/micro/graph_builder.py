"""Builds small int8 .tflite files of chosen operators, which read rows of random tables."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from converters.tflite.flatbuffer import serialize_model

ROWS = 7  # token ids of one input
VOCABULARY = 40
_TYPES = {
    np.dtype(np.int8): schema.TensorType.INT8,
    np.dtype(np.int32): schema.TensorType.INT32,
}
# The versions that have int8, where it is not the second.
_VERSIONS = {"RESHAPE": 1, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 5, "GELU": 1}


class GraphBuilder:
    """A graph of one input `input_ids`, int32 [1, ROWS]. Tensors are numbers of tensors."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self._graph = schema.SubGraphT()
        self._graph.tensors, self._graph.operators = [], []
        self._buffers, self._codes = [schema.BufferT()], []
        self.shapes: list[tuple[int, ...]] = []
        self._ids = self._tensor((1, ROWS), np.int32, "input_ids")

    def _tensor(self, shape, dtype, name="", scales=(), zero_point=0, axis=0, data=None) -> int:
        tensor = schema.TensorT()
        tensor.name = (name or f"tensor_{len(self.shapes)}").encode()
        tensor.shape, tensor.type, tensor.buffer = list(shape), _TYPES[np.dtype(dtype)], 0
        if scales:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = np.array(scales, np.float32)
            tensor.quantization.zeroPoint = np.full(len(scales), zero_point, np.int64)
            tensor.quantization.quantizedDimension = axis
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            tensor.buffer = len(self._buffers)
            self._buffers.append(buffer)
        self._graph.tensors.append(tensor)
        self.shapes.append(tuple(shape))
        return len(self.shapes) - 1

    def scale(self) -> float:
        return float(np.float32(2.0 ** self.random.uniform(-8, -3)))

    def zero_point(self) -> int:
        return int(self.random.integers(-128, 128))

    def constant(self, values, scales=(), zero_point=0, axis=0) -> int:
        values = np.asarray(values)
        return self._tensor(
            values.shape, values.dtype, scales=scales, zero_point=zero_point, axis=axis, data=values
        )

    def int8_constant(self, *shape: int) -> int:
        values = self.random.integers(-128, 128, shape).astype(np.int8)
        return self.constant(values, (self.scale(),), self.zero_point())

    def operator(
        self, name, inputs, shape, scale=None, zero_point=None, outputs=1, **options
    ) -> int:
        """Adds an operator; returns its first output. Without a scale it has a random one."""
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = _VERSIONS.get(name, 2)
        self._codes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs = len(self._codes) - 1, list(inputs)
        title = {"CONV_2D": "Conv2D", "DEPTHWISE_CONV_2D": "DepthwiseConv2D"}.get(
            name, "".join(word.capitalize() for word in name.split("_"))
        )
        title = {
            "BatchMatmul": "BatchMatMul",
            "ReduceMax": "Reducer",
            "L2Normalization": "L2Norm",
        }.get(title, title)
        title += "Options"
        if hasattr(schema.BuiltinOptions, title):
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, title)
            operator.builtinOptions = getattr(schema, f"{title}T")()
            for key, value in options.items():
                setattr(operator.builtinOptions, key, value)
        quantization = (
            (self.scale() if scale is None else scale,),
            self.zero_point() if zero_point is None else zero_point,
        )
        operator.outputs = [self._tensor(shape, np.int8, "", *quantization) for _ in range(outputs)]
        self._graph.operators.append(operator)
        return operator.outputs[0]

    def like(self, tensor: int) -> dict:
        """The quantization of a tensor, for an operator that keeps it."""
        quantization = self._graph.tensors[tensor].quantization
        return {
            "scale": float(quantization.scale[0]),
            "zero_point": int(quantization.zeroPoint[0]),
        }

    def look_up(self, *shape: int, lowest=-128, **quantization) -> int:
        """int8 [1, ROWS, *shape]: rows of a random table."""
        values = self.random.integers(lowest, 128, (VOCABULARY, int(np.prod(shape))))
        scale, zero = (
            quantization.get("scale", self.scale()),
            quantization.get("zero_point", self.zero_point()),
        )
        table = self.constant(values.astype(np.int8), (scale,), zero)
        rows = self.operator(
            "GATHER", [table, self._ids], (1, ROWS, int(np.prod(shape))), scale, zero, axis=0
        )
        return self.reshape(rows, 1, ROWS, *shape)

    def reshape(self, tensor: int, *shape: int) -> int:
        target = self.constant(np.array(shape, np.int32))
        return self.operator("RESHAPE", [tensor, target], shape, **self.like(tensor))

    def set_zero_point(self, tensor: int, zero_point: int) -> None:
        self._graph.tensors[tensor].quantization.zeroPoint[:] = zero_point

    def dense(
        self,
        tensor,
        channels,
        name="CONV_2D",
        per_channel=True,
        group_depth=None,
        activation=0,
        factor=None,
        scale=None,
    ) -> int:
        """A product with random weights along the last axis."""
        depth = group_depth or self.shapes[tensor][-1]
        shape = (channels, 1, 1, depth) if name == "CONV_2D" else (channels, depth)
        count = channels if per_channel else 1
        scales = tuple(self.scale() for _ in range(count))
        weights = self.constant(self.random.integers(-127, 128, shape).astype(np.int8), scales)
        source = self.like(tensor)["scale"]
        bias = self.constant(
            self.random.integers(-5000, 5000, channels).astype(np.int32),
            tuple(source * scale for scale in scales),
        )
        options = {"fusedActivationFunction": activation}
        if name == "CONV_2D":
            options |= {"strideH": 1, "strideW": 1, "padding": 1}
        else:
            options |= {"keepNumDims": len(self.shapes[tensor]) > 2}
        # A factor that lets the sums reach most of int8, and a zero point away from the ends.
        product = float(np.mean(scales)) * source
        wide = product / (factor or 1 / (76 * depth**0.5))
        return self.operator(
            name,
            [tensor, weights, bias],
            (*self.shapes[tensor][:-1], channels),
            scale or float(np.float32(wide)),
            int(self.random.integers(-40, 40)),
            **options,
        )

    def build(self, output: int) -> bytes:
        """The file, whose output is int8 [1, n]."""
        elements = int(np.prod(self.shapes[output]))
        logits = self.reshape(output, 1, elements)
        self._graph.tensors[logits].name = b"logits"
        self._graph.inputs, self._graph.outputs = [self._ids], [logits]
        model = schema.ModelT()
        model.version, model.subgraphs = 3, [self._graph]
        model.operatorCodes, model.buffers = self._codes, self._buffers
        return serialize_model(model)

"""Reading .tflite files so that a damaged one is an error and never a crash."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tfsqueeze.utils.errors import UserError

Model = bytes | str | os.PathLike
_IDENTIFIER = b"TFL3"  # bytes 4 to 8 of every .tflite, from TensorFlow Lite's schema
# Above any activation of a text model (512 positions of 250,000 logits), and quick to run still.
_MAX_ELEMENTS = 2**27


def read_model(model: Model) -> bytes:
    """Returns the bytes of a .tflite file, given as bytes or a path, once they are known sound.

    LiteRT checks every offset of the flatbuffer here: tflite-runtime and the Python schema
    classes follow them unchecked, and a truncated file would crash the process. Then come the
    numbers that crash or stall even LiteRT. A change within the weights cannot be seen here;
    `converters.tflite.metadata.read_metadata` finds it by checksum.

    Raises:
        UserError: the file cannot be read, is no .tflite file, is truncated or damaged, or has
            operators that the installed LiteRT does not know.
    """
    if isinstance(model, bytes):
        name, content = "the model", model
    else:
        name = os.fspath(model)
        try:
            content = Path(model).read_bytes()
        except OSError as error:
            raise UserError(f"{name} cannot be read: {error.strerror or error}") from error
    if content[4:8] != _IDENTIFIER:
        raise UserError(
            f"{name} is not a .tflite file ({len(content):,} bytes without the identifier TFL3); "
            "name one that `tfsqueeze convert` wrote"
        )
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.interpreter import Interpreter

    try:
        Interpreter(model_content=content)
    except (ValueError, RuntimeError) as error:
        raise UserError(
            f"{name} is truncated or damaged, or made for a newer LiteRT "
            f"({one_line(error)}); copy or convert it again"
        ) from error
    for fault in _faults(schema.ModelT.InitFromPackedBuf(content)):
        raise UserError(f"{name} is damaged: {fault}; copy or convert it again")
    return content


def one_line(error: BaseException) -> str:
    """The text of a runtime's error as one line without its full stop."""
    return " ".join(str(error).split()).rstrip(".")


def listed(vector: Any) -> Any:
    """A vector of the schema's objects, which have None or 0 in place of an empty one."""
    return [] if vector is None or isinstance(vector, int) else vector


def _faults(graph: Any) -> Iterator[str]:
    """What is wrong with the numbers in a ModelT."""
    from ai_edge_litert import schema_py_generated as schema

    ranges = {
        schema.TensorType.INT8: np.iinfo(np.int8),
        schema.TensorType.UINT8: np.iinfo(np.uint8),
    }
    codes, buffers = len(listed(graph.operatorCodes)), listed(graph.buffers)
    for subgraph in listed(graph.subgraphs):
        tensors = listed(subgraph.tensors)
        for index, tensor in enumerate(tensors):
            if tensor.buffer >= len(buffers):
                yield f"tensor {index} names a buffer that is not there"
                return
            constant = len(listed(buffers[tensor.buffer].data)) > 0
            shape = [int(size) for size in listed(tensor.shape)]
            if min(shape, default=1) < 0 or (not constant and math.prod(shape) > _MAX_ELEMENTS):
                yield f"tensor {index} has the shape {shape}"
            allowed = ranges.get(tensor.type)
            zero_points = listed(tensor.quantization.zeroPoint) if tensor.quantization else []
            if allowed and any(not allowed.min <= zero <= allowed.max for zero in zero_points):
                yield f"tensor {index} has a zero point outside its dtype"
        for index, operator in enumerate(listed(subgraph.operators)):
            operands = [*listed(operator.inputs), *listed(operator.outputs)]
            if operator.opcodeIndex >= codes or max(operands, default=-1) >= len(tensors):
                yield f"operator {index} names a tensor or kind that is not there"

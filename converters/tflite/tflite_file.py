"""A .tflite file that is known to be sound, so that a damaged one is an error and never a crash."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from converters.tflite.flatbuffer import listed
from converters.tflite.metadata_sizes import check_sizes
from converters.tflite.model_metadata import ModelMetadata, unpack_metadata
from converters.tflite.tflite_operators import Operator, read_operators
from tfsqueeze.utils.errors import UserError

_IDENTIFIER = b"TFL3"  # bytes 4 to 8 of every .tflite, from TensorFlow Lite's schema
# Above any activation of a text model (512 positions of 250,000 logits), and quick to run still.
_MAX_ELEMENTS = 2**27


class TFLiteFile:
    """The bytes of a .tflite file, checked once, and what can be read out of them.

    LiteRT checks every offset of the flatbuffer: tflite-runtime and the Python schema classes
    follow them unchecked, and a truncated file would crash the process. Then come the numbers
    that crash or stall even LiteRT. A change within the weights cannot be seen so; `metadata`
    finds it by checksum.

    Args:
        content: the file's bytes.
        name: what an error message calls the file.

    Attributes:
        content: as given.
        name: as given.

    Raises:
        UserError: the file is no .tflite file, is truncated or damaged, or has operators that the
            installed LiteRT does not know.

    Example:
        >>> file = TFLiteFile.open("model.tflite")  # doctest: +SKIP
        >>> file.metadata.labels, {operator.name for operator in file.operators}  # doctest: +SKIP
    """

    def __init__(self, content: bytes, name: str = "the model") -> None:
        if content[4:8] != _IDENTIFIER:
            raise UserError(
                f"{name} is not a .tflite file ({len(content):,} bytes without the identifier "
                "TFL3); name one that `tfsqueeze convert` wrote"
            )
        from ai_edge_litert.interpreter import Interpreter

        try:
            Interpreter(model_content=content)
        except (ValueError, RuntimeError) as error:
            raise UserError(
                f"{name} is truncated or damaged, or made for a newer LiteRT "
                f"({one_line(error)}); copy or convert it again"
            ) from error
        for fault in _faults(content):
            raise UserError(f"{name} is damaged: {fault}; copy or convert it again")
        self.content = content
        self.name = name

    @classmethod
    def open(cls, model: Model) -> TFLiteFile:
        """Returns a file given by its path or bytes; one that is open already is returned as is.

        Args:
            model: the file's path, its bytes, or a `TFLiteFile`.

        Raises:
            UserError: the file cannot be read, or is not sound.
        """
        if isinstance(model, TFLiteFile):
            return model
        if isinstance(model, bytes):
            return cls(model)
        name = os.fspath(model)
        try:
            content = Path(model).read_bytes()
        except OSError as error:
            raise UserError(f"{name} cannot be read: {error.strerror or error}") from error
        return cls(content, name)

    @cached_property
    def model(self) -> Any:
        """The unpacked model, the schema's `ModelT`; `unpack_model` gives one to change."""
        return _unpack(self.content)

    @cached_property
    def operators(self) -> tuple[Operator, ...]:
        """The operators of every subgraph, in the order in which they run."""
        return read_operators(self.model)

    @cached_property
    def metadata(self) -> ModelMetadata:
        """What `pack_metadata` put into the file.

        Raises:
            UserError: the file is damaged (the checksums of network and files are verified), has
                no metadata of tfsqueeze, or has metadata of another format or for another network.
        """
        metadata = unpack_metadata(self.content, self.name)
        check_sizes(self.content, metadata, self.name)
        return metadata


Model = TFLiteFile | bytes | str | os.PathLike


def unpack_model(model: Model | Any) -> Any:
    """Returns an unpacked model (`ModelT`) that a pass may change.

    Args:
        model: a .tflite file: its path, its bytes, or a `TFLiteFile`; or an unpacked model, which
            is returned as is, so that several passes change one model before it is packed.

    Raises:
        UserError: the file cannot be read, or is not sound.
    """
    if isinstance(model, Model):
        return _unpack(TFLiteFile.open(model).content)
    return model


def one_line(error: BaseException) -> str:
    """Returns the text of a runtime's error as one line without its full stop."""
    return " ".join(str(error).split()).rstrip(".")


def _unpack(content: bytes) -> Any:
    from ai_edge_litert.tools.flatbuffer_utils import convert_bytearray_to_object

    return convert_bytearray_to_object(content)


def _faults(content: bytes) -> Iterator[str]:
    """Says what is wrong with the numbers of a file whose offsets are sound.

    It reads them in place: unpacking takes several times as long.
    """
    from ai_edge_litert import schema_py_generated as schema

    ranges = {
        schema.TensorType.INT8: np.iinfo(np.int8),
        schema.TensorType.UINT8: np.iinfo(np.uint8),
    }
    model = schema.Model.GetRootAs(content)
    codes, buffers = model.OperatorCodesLength(), model.BuffersLength()
    for subgraph in _items(model.Subgraphs, model.SubgraphsLength()):
        tensors = subgraph.TensorsLength()
        for index, tensor in enumerate(_items(subgraph.Tensors, tensors)):
            if tensor.Buffer() >= buffers:
                yield f"tensor {index} names a buffer that is not there"
                return
            constant = model.Buffers(tensor.Buffer()).DataLength() > 0
            shape = [int(size) for size in listed(tensor.ShapeAsNumpy())]
            if min(shape, default=1) < 0 or (not constant and math.prod(shape) > _MAX_ELEMENTS):
                yield f"tensor {index} has the shape {shape}"
            allowed, quantization = ranges.get(tensor.Type()), tensor.Quantization()
            if quantization is not None:
                scales = np.asarray(listed(quantization.ScaleAsNumpy()), np.float32)
                if not (np.isfinite(scales) & (scales > 0)).all():
                    yield f"tensor {index} has a scale that is not a positive number"
            if allowed and quantization is not None:
                zero_points = np.asarray(listed(quantization.ZeroPointAsNumpy()))
                if ((zero_points < allowed.min) | (zero_points > allowed.max)).any():
                    yield f"tensor {index} has a zero point outside its dtype"
        operators = _items(subgraph.Operators, subgraph.OperatorsLength())
        for index, operator in enumerate(operators):
            operands = [*listed(operator.InputsAsNumpy()), *listed(operator.OutputsAsNumpy())]
            if operator.OpcodeIndex() >= codes or max(operands, default=-1) >= tensors:
                yield f"operator {index} names a tensor or kind that is not there"


def _items(read: Callable[[int], Any], count: int) -> Iterator[Any]:
    """The items of a packed vector, which the generated classes read by index."""
    return map(read, range(count))

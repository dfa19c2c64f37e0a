"""A .tflite file that is known to be sound, so that a damaged one is an error and never a crash."""

from __future__ import annotations

import hashlib
import os
import struct
from functools import cached_property
from pathlib import Path
from typing import Any

from converters.tflite.data_flow import check_data_flow
from converters.tflite.graph_reader import read_graphs, unknown_metadata
from converters.tflite.metadata_sizes import check_sizes
from converters.tflite.model_metadata import ModelMetadata, unpack_metadata
from converters.tflite.operator_checks import check_operators
from converters.tflite.tflite_operators import DamagedGraphError, Operator
from tfsqueeze.utils.errors import UserError

_IDENTIFIER = b"TFL3"  # bytes 4 to 8 of every .tflite, from TensorFlow Lite's schema


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
        graphs: the subgraphs.
        unknown: the names of operators and metadata that the checks do not know, as other
            converters write them. `open_model` tries such a file in a process of its own.

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
        try:
            self.graphs = read_graphs(content)
            check_data_flow(self.graphs)
            self.unknown = (*check_operators(self.graphs), *unknown_metadata(content))
        except (DamagedGraphError, struct.error) as error:
            # LiteRT's check knows the fields of its own schema alone.
            what = "an offset leads out of it" if isinstance(error, struct.error) else error
            raise UserError(f"{name} is damaged: {what}; copy or convert it again") from error
        self.content = content
        self.name = name

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the bytes."""
        return hashlib.sha256(self.content).hexdigest()

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
    def operators(self) -> tuple[Operator, ...]:
        """The operators of every subgraph, in the order in which they run."""
        return tuple(operator for graph in self.graphs for operator in graph.operators)

    @cached_property
    def metadata(self) -> ModelMetadata:
        """What `pack_metadata` put into the file.

        Raises:
            UserError: the file is damaged (the checksums of network and files are verified), has
                no metadata of tfsqueeze, or has metadata of another format or for another network.
        """
        metadata = unpack_metadata(self.content, self.name)
        check_sizes(self.graphs, metadata, self.name)
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
    return " ".join(str(error).split()).rstrip(".") or "it gives no reason"


def _unpack(content: bytes) -> Any:
    from ai_edge_litert.tools.flatbuffer_utils import convert_bytearray_to_object

    return convert_bytearray_to_object(content)

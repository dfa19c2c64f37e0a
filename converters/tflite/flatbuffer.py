"""Unpacked models (`ModelT` of the schema's object API): their vectors, and writing them."""

from __future__ import annotations

import copy
from typing import Any

import flatbuffers
import numpy as np

_IDENTIFIER = b"TFL3"
_ALIGNMENT = 16


class _Builder(flatbuffers.Builder):
    """Writes vectors with the same content once, except for the bytes of buffers.

    Most are the zero points, all 0, that an int8 file has for each channel of every product; a
    file for several lengths has the same scales for each.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._written: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: np.ndarray) -> int:  # noqa: N802, called by the objects' Pack
        """Writes a vector, or finds an equal one.

        Args:
            x: the numbers, of one dimension.

        Returns:
            The vector's offset.
        """
        if x.dtype == np.uint8:
            return super().CreateNumpyVector(x)
        key = x.dtype.char, x.tobytes()
        if key not in self._written:
            self._written[key] = super().CreateNumpyVector(x)
        return self._written[key]


class _AlignedBuffer:
    """A BufferT that packs its data at a multiple of 16 bytes, which BufferT itself does not."""

    def __init__(self, buffer: Any) -> None:
        self._buffer = buffer

    def Pack(self, builder: flatbuffers.Builder) -> int:  # noqa: N802, called by ModelT.Pack
        """Writes the buffer and returns its offset."""
        if self._buffer.data is not None:
            builder.Prep(_ALIGNMENT, len(self._buffer.data))
        return self._buffer.Pack(builder)


def serialize_model(model: Any) -> bytes:
    """Returns the .tflite file of an unpacked model, which stays as it is.

    `ai_edge_litert.tools.flatbuffer_utils` writes files too, but neither aligns the buffers, as
    the schema asks (`force_align: 16`), nor writes equal vectors once.

    Args:
        model: a `ModelT`.

    Returns:
        The file's bytes.
    """
    aligned = copy.copy(model)
    aligned.buffers = [_AlignedBuffer(buffer) for buffer in model.buffers]
    # The builder's memory grows by copying, so it starts with room for the largest part.
    builder = _Builder(1024 + sum(len(listed(buffer.data)) for buffer in model.buffers))
    builder.Finish(aligned.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


def listed(vector: Any) -> Any:
    """Returns a vector of the schema's objects, which have None or 0 in place of an empty one."""
    return [] if vector is None or isinstance(vector, int) else vector

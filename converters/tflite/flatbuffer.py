"""Writing .tflite flatbuffers."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np

_ALIGNMENT = 16


class _Builder(flatbuffers.Builder):
    """Writes vectors of like content once, but for the bytes of buffers.

    Most are the zero points, all 0, that an int8 file has for each channel of every product; a
    file for several lengths has the same scales for each.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._written: dict[tuple[str, bytes], int] = {}

    def CreateNumpyVector(self, x: np.ndarray) -> int:  # noqa: N802, called by the objects' Pack
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
        if self._buffer.data is not None:
            builder.Prep(_ALIGNMENT, len(self._buffer.data))
        return self._buffer.Pack(builder)


def serialize_model(graph: Any, size: int) -> bytes:
    """The bytes of a ModelT of the schema's object API; `size` is roughly what they need."""
    graph.buffers = [_AlignedBuffer(buffer) for buffer in graph.buffers]
    builder = _Builder(size)
    builder.Finish(graph.Pack(builder), b"TFL3")
    return bytes(builder.Output())

"""Writing .tflite flatbuffers."""

from __future__ import annotations

from typing import Any

import flatbuffers

_ALIGNMENT = 16


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
    builder = flatbuffers.Builder(size)
    builder.Finish(graph.Pack(builder), b"TFL3")
    return bytes(builder.Output())

"""One table of a flatbuffer, whose fields are read by their numbers in the schema."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

_OFFSET, _SIGNED, _SIZE = struct.Struct("<I"), struct.Struct("<i"), struct.Struct("<H")
_EMPTY = np.zeros(0, np.uint8)


class PackedTable:
    """A table of a flatbuffer whose offsets are sound.

    The classes that flatc generates look into the table of offsets three times for each field,
    and take four times as long for a whole file.

    Args:
        content: the bytes of the flatbuffer.
        position: where the table begins.

    Attributes:
        content: as given.
        position: as given.
    """

    __slots__ = ("_offsets", "content", "position")

    def __init__(self, content: bytes, position: int) -> None:
        self.content, self.position = content, position
        start = position - _SIGNED.unpack_from(content, position)[0]
        size = _SIZE.unpack_from(content, start)[0]
        # A damaged table may state a size below that of its own header.
        self._offsets = struct.unpack_from(f"<{max(size // 2 - 2, 0)}H", content, start + 4)

    @classmethod
    def root(cls, content: bytes) -> PackedTable:
        """Returns the table that a flatbuffer begins with."""
        return cls(content, _OFFSET.unpack_from(content)[0])

    def number(self, field: int, kind: str) -> int:
        """Returns an integer; 0 where it is not there, the default of all that this project reads.

        Args:
            field: the field's number.
            kind: the letter of its type in `struct`.
        """
        place = self._place(field)
        return struct.unpack_from(f"<{kind}", self.content, place)[0] if place else 0

    def numbers(self, field: int, kind: str) -> tuple[Any, ...]:
        """Returns a vector of numbers, empty where it is not there; see `number`."""
        start, count = self._vector(field)
        return struct.unpack_from(f"<{count}{kind}", self.content, start)

    def bytes(self, field: int) -> np.ndarray:
        """Returns a vector of bytes, uint8, without copying it."""
        start, count = self._vector(field)
        return np.frombuffer(self.content, np.uint8, count, start) if count else _EMPTY

    def text(self, field: int) -> bytes:
        """Returns a string's bytes, empty where it is not there."""
        start, count = self._vector(field)
        return self.content[start : start + count]

    def length(self, field: int) -> int:
        """Returns the length of a vector or string without reading it."""
        return self._vector(field)[1]

    def table(self, field: int) -> PackedTable | None:
        """Returns a table, or None where it is not there."""
        position = self.table_position(field)
        return PackedTable(self.content, position) if position else None

    def table_position(self, field: int) -> int:
        """Returns where a table begins, 0 where it is not there.

        That of a union of an unknown kind may lead anywhere: no one checks what it is.
        """
        place = self._place(field)
        return place + _OFFSET.unpack_from(self.content, place)[0] if place else 0

    def tables(self, field: int) -> list[PackedTable]:
        """Returns a vector of tables."""
        start, count = self._vector(field)
        offsets = struct.unpack_from(f"<{count}I", self.content, start)
        return [
            PackedTable(self.content, start + 4 * index + offset)
            for index, offset in enumerate(offsets)
        ]

    def _place(self, field: int) -> int:
        """Where a field is; 0 where it is not there."""
        if field >= len(self._offsets) or not self._offsets[field]:
            return 0
        return self.position + self._offsets[field]

    def _vector(self, field: int) -> tuple[int, int]:
        """Where the items of a vector begin, and how many there are."""
        place = self._place(field)
        if not place:
            return 0, 0
        start = place + _OFFSET.unpack_from(self.content, place)[0]
        return start + 4, _OFFSET.unpack_from(self.content, start)[0]

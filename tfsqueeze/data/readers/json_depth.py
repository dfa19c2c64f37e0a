"""A limit to how deeply a stream of JSON nests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

from tfsqueeze.utils.errors import UserError

MAX_DEPTH = 100
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_STRING = re.compile(rb'"[^"]*"')
_NO_MARKS = bytes(set(range(256)).difference(b'"[]{}'))


class _Reader(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class ShallowJson:
    """A stream of JSON whose lists and objects stand at most `MAX_DEPTH` deep in each other.

    A parser of streams keeps the path to each value: 30,000 brackets alone fill 2 GB.

    Args:
        file: gives the JSON in UTF-8.
        path: the file, for messages.
    """

    def __init__(self, file: _Reader, path: Path) -> None:
        self._file, self._path = file, path
        self._depth, self._in_string, self._backslash = 0, False, b""

    def read(self, size: int = -1) -> bytes:
        """Returns the next bytes, about as many as are asked for; none at the end.

        Raises:
            UserError: in these bytes the JSON nests too deeply.
        """
        content = self._file.read(size)
        for bracket in self._brackets(content):
            self._depth += 1 if bracket in b"[{" else -1
            if self._depth > MAX_DEPTH:
                raise UserError(
                    f"{self._path} nests lists and objects more than {MAX_DEPTH} deep, as no file "
                    "of this format does; remove what nests so deeply"
                )
        return content

    def _brackets(self, content: bytes) -> bytes:
        """Returns the brackets in some bytes that stand outside of strings."""
        content = _ESCAPED.sub(b"", self._backslash + content)
        # What it escapes comes with the next bytes.
        self._backslash = b"\\" if content.endswith(b"\\") else b""
        marks = content.translate(None, _NO_MARKS)
        if self._in_string:
            marks = b'"' + marks
        brackets, quote, _ = _STRING.sub(b"", marks).partition(b'"')
        self._in_string = bool(quote)
        return brackets

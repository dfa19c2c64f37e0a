"""The lines of standard input, as they come."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from converters.inference.prediction_rows import decode_line

_BYTES_PER_READ = 65_536


def input_lines(most: int) -> Iterator[list[str]]:
    """Yields the lines of standard input that are there, and waits where there is none.

    Only a line break ends a line: `str.splitlines` splits at other characters of a text, too.
    Bytes that are not UTF-8 become U+FFFD.

    Args:
        most: the largest number of lines to yield together.

    Yields:
        At least one line and at most `most`, without their line breaks.
    """
    # The parts of a line whose end is still to come.
    parts: list[bytes] = []
    # `read1` returns what is there, where `read` and iteration wait for a full buffer.
    while chunk := sys.stdin.buffer.read1(_BYTES_PER_READ):
        first, *others = chunk.split(b"\n")
        parts.append(first)
        if others:
            lines = [b"".join(parts), *others[:-1]]
            parts = [others[-1]]
            for start in range(0, len(lines), most):
                yield [decode_line(line) for line in lines[start : start + most]]
    last = b"".join(parts)
    if last:
        yield [decode_line(last)]

"""Columns of large datasets whose texts or lists are in a file."""

from __future__ import annotations

import array
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any

import numpy as np

from tfsqueeze.data.datasets.column import Column

# Texts are read in one piece where at least this share of it is wanted.
_WANTED_SHARE = 0.25


class TextsOnDisk(Column[str]):
    """Texts in a temporary file, which reads like a list of them.

    It takes 16 bytes of memory for each text. The file is gone when nothing refers to it any more,
    however the process ends.

    Args:
        file: holds the texts in UTF-8.
        starts: int64 [texts], where each text begins.
        ends: int64 [texts], where each text ends.

    Example:
        >>> texts = TextsOnDisk.write(["one", "two", "three"])
        >>> texts[1], texts[1:], len(texts.take([0, 2]))
        ('two', ['two', 'three'], 2)
    """

    def __init__(self, file: IO[bytes], starts: np.ndarray, ends: np.ndarray) -> None:
        self._file, self._starts, self._ends = file, starts, ends

    @classmethod
    def write(cls, texts: Iterable[str]) -> TextsOnDisk:
        """Writes texts to a temporary file."""
        writer = TextsWriter()
        for text in texts:
            writer.append(text)
        return writer.finish()

    def __len__(self) -> int:
        return len(self._starts)

    def __repr__(self) -> str:
        return f"<{len(self):,} texts on disk>"

    def take(self, indices: Sequence[int]) -> TextsOnDisk:
        """Returns the texts at some indices, in the same file."""
        numbers = np.asarray(indices, np.int64)
        return TextsOnDisk(self._file, self._starts[numbers], self._ends[numbers])

    def of_same_kind(self, values: Iterable[str]) -> TextsOnDisk:
        """Returns other texts in another file."""
        return self.write(values)

    def _at(self, places: slice | list[int]) -> list[str]:
        starts, ends = self._starts[places], self._ends[places]
        if not len(starts):
            return []
        first, last = int(starts.min()), int(ends.max())
        descriptor = self._file.fileno()
        if (ends - starts).sum() >= _WANTED_SHARE * (last - first):
            content = _read_at(descriptor, first, last)
            pieces = (
                content[start - first : end - first]
                for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
            )
        else:
            pieces = (
                _read_at(descriptor, start, end)
                for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
            )
        return [piece.decode("utf-8", "surrogatepass") for piece in pieces]


class TextsWriter:
    """Writes texts one after the other to a temporary file.

    A text that is the same as the one before is not written again, such as the context of several
    questions.
    """

    def __init__(self) -> None:
        # Closed, and so removed, with the last column that refers to it.
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._starts, self._ends = array.array("q"), array.array("q")
        self._last: str | None = None

    def append(self, text: str) -> None:
        """Writes a text.

        Args:
            text: the text.
        """
        if text == self._last:
            self._starts.append(self._starts[-1])
            self._ends.append(self._ends[-1])
            return
        start = self._ends[-1] if self._ends else 0
        self._starts.append(start)
        self._ends.append(start + self._file.write(text.encode("utf-8", "surrogatepass")))
        self._last = text

    def finish(self) -> TextsOnDisk:
        """Returns the texts that were written."""
        self._file.flush()
        return TextsOnDisk(
            self._file, np.frombuffer(self._starts, np.int64), np.frombuffer(self._ends, np.int64)
        )


class ValuesOnDisk(Column[Any]):
    """Values in a temporary file, as JSON, which read like a list of them.

    Args:
        texts: the values as JSON.
        encode: returns JSON-able values of a value.
        decode: returns a value, given what `encode` returned.

    Example:
        >>> sentences = ValuesOnDisk.of([["to", "Paris"], ["home"]])
        >>> sentences[1], sentences.take([1, 0])[:]
        (['home'], [['home'], ['to', 'Paris']])
    """

    def __init__(
        self,
        texts: TextsOnDisk,
        encode: Callable[[Any], Any] = list,
        decode: Callable[[Any], Any] = list,
    ) -> None:
        self._texts, self._encode, self._decode = texts, encode, decode

    @classmethod
    def of(
        cls,
        values: Iterable[Any],
        encode: Callable[[Any], Any] = list,
        decode: Callable[[Any], Any] = list,
    ) -> ValuesOnDisk:
        """Writes values, by default lists of what JSON can hold, to a temporary file."""
        return cls(TextsOnDisk.write(json.dumps(encode(value)) for value in values), encode, decode)

    def __len__(self) -> int:
        return len(self._texts)

    def __repr__(self) -> str:
        return f"<{len(self):,} values on disk>"

    def take(self, indices: Sequence[int]) -> ValuesOnDisk:
        """Returns the values at some indices, in the same file."""
        return ValuesOnDisk(self._texts.take(indices), self._encode, self._decode)

    def of_same_kind(self, values: Iterable[Any]) -> ValuesOnDisk:
        """Returns other values in another file."""
        return self.of(values, self._encode, self._decode)

    def _at(self, places: slice | list[int]) -> list[Any]:
        return [self._decode(json.loads(text)) for text in self._texts._at(places)]


class ValuesWriter:
    """Writes values one after the other to a temporary file; see `ValuesOnDisk`.

    Args:
        encode: returns JSON-able values of a value.
        decode: returns a value, given what `encode` returned.
    """

    def __init__(
        self, encode: Callable[[Any], Any] = list, decode: Callable[[Any], Any] = list
    ) -> None:
        self._texts, self._encode, self._decode = TextsWriter(), encode, decode

    def append(self, value: Any) -> None:
        """Writes a value.

        Args:
            value: the value.
        """
        self._texts.append(json.dumps(self._encode(value)))

    def finish(self) -> ValuesOnDisk:
        """Returns the values that were written."""
        return ValuesOnDisk(self._texts.finish(), self._encode, self._decode)


def _read_at(descriptor: int, start: int, end: int) -> bytes:
    pieces = []
    # The system reads at most 2 GB at a time.
    while start < end and (piece := os.pread(descriptor, end - start, start)):
        pieces.append(piece)
        start += len(piece)
    return b"".join(pieces)

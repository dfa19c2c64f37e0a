"""Columns of large datasets: texts in a file, and labels as numbers."""

from __future__ import annotations

import array
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any, overload

import numpy as np

_BLOCK = 4096
# Texts are read in one piece where at least this share of it is wanted.
_WANTED_SHARE = 0.25


class _Column(Sequence[str]):
    """Strings that are read a block at a time."""

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> list[str]: ...

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return self._at(index)
        (value,) = self._at([index])
        return value

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _BLOCK):
            yield from self[start : start + _BLOCK]

    def _at(self, places: slice | list[int]) -> list[str]:
        """Returns the strings at some places."""
        raise NotImplementedError


class TextsOnDisk(_Column):
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
        """Returns the texts at some indices, in the same file.

        Args:
            indices: indices of texts, from 0, in the order of the result.
        """
        numbers = np.asarray(indices, np.int64)
        return TextsOnDisk(self._file, self._starts[numbers], self._ends[numbers])

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
    """Writes texts one after the other to a temporary file."""

    def __init__(self) -> None:
        # Closed, and so removed, with the last column that refers to it.
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._ends = array.array("q", [0])

    def append(self, text: str) -> None:
        """Writes a text.

        Args:
            text: the text.
        """
        self._ends.append(self._ends[-1] + self._file.write(text.encode("utf-8", "surrogatepass")))

    def finish(self) -> TextsOnDisk:
        """Returns the texts that were written."""
        self._file.flush()
        limits = np.frombuffer(self._ends, np.int64)
        return TextsOnDisk(self._file, limits[:-1], limits[1:])


class NumberedLabels(_Column):
    """Labels that are kept as numbers, and read like a list of names.

    Args:
        names: the distinct labels.
        numbers: int32 [examples], the index in `names` of each example's label.

    Attributes:
        names: the distinct labels.
        numbers: the index of each example's label.

    Example:
        >>> labels = NumberedLabels.of(["b", "a", "b"])
        >>> labels[0], labels.numbers.tolist(), list(labels.take([1]))
        ('b', [1, 0, 1], ['a'])
    """

    def __init__(self, names: Sequence[str], numbers: np.ndarray) -> None:
        self.names, self.numbers = list(names), numbers

    @classmethod
    def of(cls, labels: Iterable[str]) -> NumberedLabels:
        """Numbers labels in the order of their sorted names."""
        writer = LabelsWriter()
        for label in labels:
            writer.append(label)
        return writer.finish()

    def __len__(self) -> int:
        return len(self.numbers)

    def __repr__(self) -> str:
        return f"<{len(self):,} labels of {len(self.names)} names>"

    def take(self, indices: Sequence[int]) -> NumberedLabels:
        """Returns the labels at some indices.

        Args:
            indices: indices of examples, from 0, in the order of the result.
        """
        return NumberedLabels(self.names, self.numbers[np.asarray(indices, np.int64)])

    def _at(self, places: slice | list[int]) -> list[str]:
        return [self.names[number] for number in self.numbers[places].tolist()]

    def present_names(self) -> list[str]:
        """Returns the names that an example has as its label."""
        return [self.names[number] for number in np.unique(self.numbers)]

    def ids(self, ids_of_names: dict[str, int], unknown: Any) -> np.ndarray:
        """Returns an id for each label.

        Args:
            ids_of_names: the id of each name.
            unknown: the id of other names.

        Returns:
            int32 [examples].
        """
        table = [ids_of_names.get(name, unknown) for name in self.names]
        return np.array(table, np.int32)[self.numbers]


class LabelsWriter:
    """Numbers labels one after the other. Labels of other types than names are kept as they are."""

    def __init__(self) -> None:
        self._numbers = array.array("i")
        self._seen: dict[Any, int] = {}

    def append(self, label: Any) -> None:
        """Numbers a label.

        Args:
            label: a name, or any value that can be a key.
        """
        self._numbers.append(self._seen.setdefault(label, len(self._seen)))

    def finish(self) -> Any:
        """Returns the labels: `NumberedLabels` of names, and a list of other values."""
        distinct, numbers = list(self._seen), np.frombuffer(self._numbers, np.int32)
        if not all(isinstance(label, str) for label in distinct):
            return [distinct[number] for number in numbers.tolist()]
        order = sorted(range(len(distinct)), key=distinct.__getitem__)
        ranks = np.empty(len(distinct), np.int32)
        ranks[order] = np.arange(len(distinct), dtype=np.int32)
        return NumberedLabels([distinct[number] for number in order], ranks[numbers])


def _read_at(descriptor: int, start: int, end: int) -> bytes:
    pieces = []
    # The system reads at most 2 GB at a time.
    while start < end and (piece := os.pread(descriptor, end - start, start)):
        pieces.append(piece)
        start += len(piece)
    return b"".join(pieces)

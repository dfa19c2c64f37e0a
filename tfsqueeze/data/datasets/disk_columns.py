"""Columns of large datasets: texts and lists in a file, labels and tags as numbers."""

from __future__ import annotations

import abc
import array
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Generic, TypeVar, overload

import numpy as np

if TYPE_CHECKING:
    from typing import Self

_BLOCK = 4096
# Texts are read in one piece where at least this share of it is wanted.
_WANTED_SHARE = 0.25

_Value = TypeVar("_Value")


class DiskColumn(Sequence[_Value], Generic[_Value]):
    """The base of the columns, whose values are read a block at a time, like those of a list."""

    @overload
    def __getitem__(self, index: int) -> _Value: ...

    @overload
    def __getitem__(self, index: slice) -> list[_Value]: ...

    def __getitem__(self, index: int | slice) -> _Value | list[_Value]:
        if isinstance(index, slice):
            return self._at(index)
        (value,) = self._at([index])
        return value

    def __iter__(self) -> Iterator[_Value]:
        for start in range(0, len(self), _BLOCK):
            yield from self[start : start + _BLOCK]

    @abc.abstractmethod
    def take(self, indices: Sequence[int]) -> Self:
        """Returns the values at some indices, as a column.

        Args:
            indices: indices of values, from 0, in the order of the result.
        """

    @abc.abstractmethod
    def of_same_kind(self, values: Iterable[_Value]) -> Self:
        """Returns a column of the same kind that holds other values."""

    @abc.abstractmethod
    def _at(self, places: slice | list[int]) -> list[_Value]:
        """Returns the values at some places."""


class TextsOnDisk(DiskColumn[str]):
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


class ValuesOnDisk(DiskColumn[Any]):
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


class NumberedNames(DiskColumn[_Value]):
    """The base of the columns of names that are kept as numbers.

    Args:
        names: the distinct names.
        numbers: int32, the index in `names` of each name.
    """

    def __init__(self, names: Sequence[str], numbers: np.ndarray) -> None:
        self.names, self.numbers = list(names), numbers

    def present_names(self) -> list[str]:
        """Returns the names that an example has."""
        return [self.names[number] for number in np.unique(self.numbers)]

    @abc.abstractmethod
    def renamed(self, names: Mapping[str, str]) -> Self:
        """Returns the column with other names.

        Args:
            names: the new name of each name; others stay.
        """

    def _new_names(self, names: Mapping[str, str]) -> list[str]:
        return [names.get(name, name) for name in self.names]


class NumberedLabels(NumberedNames[str]):
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
        """Returns the labels at some indices."""
        return NumberedLabels(self.names, self.numbers[np.asarray(indices, np.int64)])

    def of_same_kind(self, values: Iterable[str]) -> NumberedLabels:
        """Returns other labels, numbered anew."""
        return self.of(values)

    def renamed(self, names: Mapping[str, str]) -> NumberedLabels:
        """Returns the labels with other names."""
        return NumberedLabels(self._new_names(names), self.numbers)

    def _at(self, places: slice | list[int]) -> list[str]:
        return [self.names[number] for number in self.numbers[places].tolist()]

    def ids(self, ids_of_names: Mapping[str, int], unknown: Any) -> np.ndarray:
        """Returns an id for each label.

        Args:
            ids_of_names: the id of each name.
            unknown: the id of other names.

        Returns:
            int32 [examples].
        """
        table = [ids_of_names.get(name, unknown) for name in self.names]
        return np.array(table, np.int32)[self.numbers]


class NumberedTags(NumberedNames[list[str]]):
    """The tags of words, kept as numbers, which read like a list of the tags of each sentence.

    Args:
        names: the distinct tags.
        numbers: int32 [words], the index in `names` of each word's tag.
        limits: int64 [sentences + 1], where each sentence begins, and where the last one ends.

    Example:
        >>> tags = NumberedTags.of([["O", "B-city"], ["O"]])
        >>> tags[0], tags[0:2], tags.take([1])[0], tags.names
        (['O', 'B-city'], [['O', 'B-city'], ['O']], ['O'], ['B-city', 'O'])
    """

    def __init__(self, names: Sequence[str], numbers: np.ndarray, limits: np.ndarray) -> None:
        super().__init__(names, numbers)
        self._limits = limits

    @classmethod
    def of(cls, tags: Iterable[Sequence[str]]) -> NumberedTags:
        """Numbers the tags of sentences in the order of their sorted names."""
        writer = TagsWriter()
        for row in tags:
            writer.append(row)
        return writer.finish()

    def __len__(self) -> int:
        return len(self._limits) - 1

    def __repr__(self) -> str:
        return f"<the tags of {len(self):,} sentences, of {len(self.names)} names>"

    def take(self, indices: Sequence[int]) -> NumberedTags:
        """Returns the tags of some sentences."""
        numbers = np.asarray(indices, np.int64)
        lengths = np.diff(self._limits)[numbers]
        limits = np.concatenate([[0], np.cumsum(lengths)])
        places = np.arange(limits[-1]) + np.repeat(self._limits[numbers] - limits[:-1], lengths)
        return NumberedTags(self.names, self.numbers[places], limits)

    def of_same_kind(self, values: Iterable[Sequence[str]]) -> NumberedTags:
        """Returns the tags of other sentences, numbered anew."""
        return self.of(values)

    def renamed(self, names: Mapping[str, str]) -> NumberedTags:
        """Returns the tags with other names."""
        return NumberedTags(self._new_names(names), self.numbers, self._limits)

    def _at(self, places: slice | list[int]) -> list[list[str]]:
        starts, ends = self._limits[:-1][places], self._limits[1:][places]
        return [
            [self.names[number] for number in self.numbers[start:end].tolist()]
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        ]


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
        return NumberedLabels(*_in_order(distinct, numbers))


class TagsWriter:
    """Numbers the tags of words, a sentence after the other."""

    def __init__(self) -> None:
        self._numbers, self._limits = array.array("i"), array.array("q", [0])
        self._seen: dict[str, int] = {}

    def append(self, tags: Sequence[str]) -> None:
        """Numbers the tags of a sentence.

        Args:
            tags: the tag of each word.
        """
        self._numbers.extend(self._seen.setdefault(tag, len(self._seen)) for tag in tags)
        self._limits.append(len(self._numbers))

    def finish(self) -> NumberedTags:
        """Returns the tags of all sentences."""
        numbers = np.frombuffer(self._numbers, np.int32)
        names, ranks = _in_order(list(self._seen), numbers)
        return NumberedTags(names, ranks, np.frombuffer(self._limits, np.int64))


def finished(column: Any) -> Any:
    """Returns the column that a writer wrote, and a list as it is.

    Args:
        column: a writer, such as `TextsWriter`, or a list.
    """
    return column if isinstance(column, list) else column.finish()


def _in_order(names: list[str], numbers: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Returns names in order, and for each number that of the same name then."""
    order = sorted(range(len(names)), key=names.__getitem__)
    ranks = np.empty(len(names), np.int32)
    ranks[order] = np.arange(len(names), dtype=np.int32)
    return [names[number] for number in order], ranks[numbers]


def _read_at(descriptor: int, start: int, end: int) -> bytes:
    pieces = []
    # The system reads at most 2 GB at a time.
    while start < end and (piece := os.pread(descriptor, end - start, start)):
        pieces.append(piece)
        start += len(piece)
    return b"".join(pieces)

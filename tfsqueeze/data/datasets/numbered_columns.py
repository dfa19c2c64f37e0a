"""Columns of large datasets whose labels or tags are numbers."""

from __future__ import annotations

import abc
import array
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tfsqueeze.data.datasets.column import Column

if TYPE_CHECKING:
    from typing import Self

_Value = TypeVar("_Value")


class NumberedNames(Column[_Value]):
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


def _in_order(names: list[str], numbers: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Returns names in order, and for each number that of the same name then."""
    order = sorted(range(len(names)), key=names.__getitem__)
    ranks = np.empty(len(names), np.int32)
    ranks[order] = np.arange(len(names), dtype=np.int32)
    return [names[number] for number in order], ranks[numbers]

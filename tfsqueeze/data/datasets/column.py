"""The base of the columns of large datasets."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from typing import Self

_BLOCK = 4096

_Value = TypeVar("_Value")


class Column(Sequence[_Value], Generic[_Value]):
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


def finished(column: Any) -> Any:
    """Returns the column that a writer wrote, and a list as it is.

    Args:
        column: a writer, such as `tfsqueeze.data.datasets.disk_columns.TextsWriter`, or a list.
    """
    return column if isinstance(column, list) else column.finish()

"""The concatenation of datasets of one kind."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any, TypeVar

from tfsqueeze.data.datasets.column import Column
from tfsqueeze.data.datasets.column_dataset import ColumnDataset
from tfsqueeze.utils.errors import UserError

DatasetT = TypeVar("DatasetT", bound=ColumnDataset)


def concatenate(parts: Sequence[DatasetT], name: str | None = None) -> DatasetT:
    """Returns the examples of all parts in one dataset.

    Args:
        parts: datasets of one class, at least one.
        name: the name of the result; that of the first part by default.

    Raises:
        UserError: a part has a column, such as labels, that another part lacks.

    Example:
        >>> from tfsqueeze.data.datasets.text_dataset import TextDataset
        >>> concatenate([TextDataset("a", ["x"]), TextDataset("b", ["y"])])
        TextDataset(name='a', texts=['x', 'y'], labels=None, text_pairs=None)
    """
    first = parts[0]
    columns: dict[str, Any] = {}
    for column in first.columns():
        values = [getattr(part, column) for part in parts]
        missing = [part.name for part, value in zip(parts, values, strict=True) if value is None]
        if 0 < len(missing) < len(parts):
            raise UserError(
                f"{missing[0]} has no {column}, and other parts of the data have; "
                "give them to all or to none"
            )
        columns[column] = None if missing else _joined(values)
    return dataclasses.replace(first, name=name or first.name, **columns)


def _joined(columns: Sequence[Any]) -> Any:
    """Returns the values of columns in one; on disk, if one of them is there."""
    values = itertools.chain.from_iterable(columns)
    on_disk = next((column for column in columns if isinstance(column, Column)), None)
    return list(values) if on_disk is None else on_disk.of_same_kind(values)

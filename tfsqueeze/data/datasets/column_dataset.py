"""The base class of the datasets, which consist of columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfsqueeze.data.datasets.column import Column
from tfsqueeze.data.datasets.disk_columns import TextsOnDisk, ValuesOnDisk
from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from typing import Self


@dataclasses.dataclass(frozen=True)
class ColumnDataset:
    """A name and columns, each of which has one value per example or is None.

    A subclass is a dataclass; each of its fields is a column. The first one is never None. A column
    is a list, an array, or, in large datasets, a `Column`.

    Args:
        name: the name that messages and reports call the dataset by.

    Raises:
        UserError: the columns differ in length.
    """

    name: str

    def __post_init__(self) -> None:
        """Checks that all columns have the same length."""
        (first, values), *others = self.columns().items()
        for column, other in others:
            if other is not None and len(other) != len(values):
                raise UserError(
                    f"{self.name} has {len(values):,} {first} but {len(other):,} {column}"
                )

    def __len__(self) -> int:
        """Returns the number of examples."""
        return len(next(iter(self.columns().values())))

    @property
    def is_on_disk(self) -> bool:
        """Whether the texts are in a file, since they may not fit into memory."""
        return any(
            isinstance(column, (TextsOnDisk, ValuesOnDisk)) for column in self.columns().values()
        )

    def columns(self) -> dict[str, Any]:
        """Returns the columns by name, in the order of the fields."""
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name != "name"
        }

    def sample(self, n: int, seed: int) -> Self:
        """Returns examples drawn at random without replacement.

        Args:
            n: the largest number of examples.
            seed: fixes the examples and their order.
        """
        order = np.random.default_rng(seed).permutation(len(self))
        return self.take(order[:n].tolist())

    def take(self, indices: Sequence[int]) -> Self:
        """Returns the examples at some indices.

        Args:
            indices: indices of examples, from 0, in the order of the result.
        """
        columns = {
            name: _taken(values, indices)
            for name, values in self.columns().items()
            if values is not None
        }
        return dataclasses.replace(self, **columns)


def _taken(values: Any, indices: Sequence[int]) -> Any:
    if isinstance(values, np.ndarray):
        return values[list(indices)]
    if isinstance(values, Column):
        return values.take(indices)
    return [values[i] for i in indices]

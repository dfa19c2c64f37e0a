"""What the datasets in memory share."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from typing import Self


class InMemoryDataset:
    """A dataclass of a `name` and columns with a value for each example, or None."""

    def sample(self, n: int, seed: int) -> Self:
        """At most `n` examples drawn without replacement, in a random order fixed by `seed`."""
        order = np.random.default_rng(seed).permutation(len(self))
        return self.take(order[:n].tolist())

    def take(self, indices: Sequence[int]) -> Self:
        """The examples at `indices`, in that order."""
        columns = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name != "name"
        }
        return dataclasses.replace(
            self,
            **{
                name: values[list(indices)]
                if isinstance(values, np.ndarray)
                else [values[i] for i in indices]
                for name, values in columns.items()
                if values is not None
            },
        )


def check_column_lengths(dataset, rows: str, columns: Sequence[str]) -> None:
    """Raises UserError where a column of a dataset is there and is not as long as its rows.

    rows, columns: names of fields of the dataset.
    """
    count = len(getattr(dataset, rows))
    for column in columns:
        values = getattr(dataset, column)
        if values is not None and len(values) != count:
            raise UserError(f"{dataset.name} has {count:,} {rows} but {len(values):,} {column}")

"""What the datasets in memory share."""

from __future__ import annotations

from collections.abc import Sequence

from tfsqueeze.errors import UserError


def require_as_many(dataset, rows: str, columns: Sequence[str]) -> None:
    """Raises UserError where a column of a dataset is there and is not as long as its rows.

    rows, columns: names of fields of the dataset.
    """
    count = len(getattr(dataset, rows))
    for column in columns:
        values = getattr(dataset, column)
        if values is not None and len(values) != count:
            raise UserError(f"{dataset.name} has {count:,} {rows} but {len(values):,} {column}")

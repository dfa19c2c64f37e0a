"""Datasets of one kind one after the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TypeVar

from tfsqueeze.utils.errors import UserError

Dataset = TypeVar("Dataset")


def concatenate(parts: Sequence[Dataset], name: str | None = None) -> Dataset:
    """Returns the examples of all parts in one dataset, such as a `TextDataset`.

    name: that of the first part by default.

    Raises UserError where one part has a column, such as labels, that another lacks.
    """
    first, columns = parts[0], {}
    for field in dataclasses.fields(first):
        if field.name == "name":
            continue
        values = [getattr(part, field.name) for part in parts]
        missing = [part.name for part, value in zip(parts, values, strict=True) if value is None]
        if 0 < len(missing) < len(parts):
            raise UserError(
                f"{missing[0]} has no {field.name}, and other parts of the data have; "
                "give them to all or to none"
            )
        columns[field.name] = None if missing else [x for value in values for x in value]
    return dataclasses.replace(first, name=name or first.name, **columns)

"""The names of labels: their order, and which of a model's names each of the data's stands for."""

from __future__ import annotations

import dataclasses
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from tfsqueeze.data.datasets.in_memory_dataset import InMemoryDataset

_Dataset = TypeVar("_Dataset", bound=InMemoryDataset)

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def sorted_names(names: Iterable[str]) -> list[str]:
    """Returns the distinct names in their order: by value if all of them are numbers.

    Args:
        names: any names.

    Example:
        >>> sorted_names(["10", "2", "2"]), sorted_names(["b", "10", "2"])
        (['2', '10'], ['10', '2', 'b'])
    """
    distinct = set(names)
    if all(map(_NUMBER.fullmatch, distinct)):
        return sorted(distinct, key=lambda name: (float(name), name))
    return sorted(distinct)


def listed(names: Iterable[str]) -> str:
    """Returns the names for a message, as many as fit."""
    return textwrap.shorten(", ".join(names), 80, placeholder=" ...")


def match_names(names: Iterable[str], known: Sequence[str]) -> dict[str, str] | None:
    """Returns which of a model's names each name of data stands for.

    Args:
        names: the names in the data.
        known: the names of the model's classes, in the order of their numbers.

    Returns:
        The same names, if the model knows them all; the model's names by their numbers, if the
        names of the data are the numbers of all classes from 0; otherwise None.

    Example:
        >>> match_names(["refund"], ["refund", "account"])
        {'refund': 'refund'}
        >>> match_names(["0", "1"], ["refund", "account"])
        {'0': 'refund', '1': 'account'}
        >>> match_names(["1", "2"], ["refund", "account"]) is None
        True
    """
    distinct = set(names)
    if distinct <= set(known):
        return {name: name for name in distinct}
    numbers = [str(number) for number in range(len(known))]
    return dict(zip(numbers, known, strict=True)) if distinct == set(numbers) else None


def names_in(dataset: InMemoryDataset, column: str) -> set[str]:
    """Returns the distinct names in a column of a name, or a list of names, for each example.

    Args:
        dataset: any dataset.
        column: the name of the column; a dataset may lack it.
    """
    values = getattr(dataset, column, None) or ()
    return {name for value in values for name in ([value] if isinstance(value, str) else value)}


def rename(dataset: _Dataset, column: str, names: Mapping[str, str]) -> _Dataset:
    """Returns a dataset with other names in a column.

    Args:
        dataset: any dataset.
        column: the name of the column; a dataset may lack it.
        names: the new name of each name in the column.
    """
    values = getattr(dataset, column, None)
    if values is None or all(old == new for old, new in names.items()):
        return dataset
    renamed = [
        names[value] if isinstance(value, str) else [names[name] for name in value]
        for value in values
    ]
    return dataclasses.replace(dataset, **{column: renamed})

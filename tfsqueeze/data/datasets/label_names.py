"""The names of labels: their order, and which of a model's names each of the data's stands for."""

from __future__ import annotations

import dataclasses
import re
import textwrap
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from tfsqueeze.data.datasets.column_dataset import ColumnDataset
from tfsqueeze.data.datasets.numbered_columns import NumberedNames
from tfsqueeze.utils.errors import UserError

_Dataset = TypeVar("_Dataset", bound=ColumnDataset)

# The share of the examples of a part whose names may be missing in the training examples.
_MOST_UNKNOWN = 0.05
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


def check_known_names(
    part: ColumnDataset,
    column: str,
    names: Iterable[str],
    known: Iterable[str],
    *,
    of_model: bool = False,
) -> None:
    """Checks that few examples of a part have a name that a model does not know or cannot learn.

    Such examples count as errors. Many of them, more than 1 in 20, are a sign of data that do not
    belong together.

    Args:
        part: the examples to validate or to test on.
        column: their column of names.
        names: the names in it.
        known: the names that the model knows, or can learn from the training examples.
        of_model: whether `known` are those of a model.

    Raises:
        UserError: more than 1 in 20 examples have another name.
    """
    unknown = set(names).difference(known)
    if not unknown:
        return
    count = sum(
        not unknown.isdisjoint([value] if isinstance(value, str) else value)
        for value in getattr(part, column)
    )
    what = (
        f"{count:,} of the {len(part):,} examples of {part.name} have the {column} "
        f"{listed(sorted_names(unknown))}, which "
        + ("the model does not know" if of_model else "no training example has")
    )
    if count > _MOST_UNKNOWN * len(part):
        who, remedy = (
            ("it knows", "give them the names of the model or remove them")
            if of_model
            else ("those have", "add training examples of them or remove them")
        )
        raise UserError(f"{what} ({who} {listed(sorted_names(known))}); {remedy}")
    warnings.warn(f"{what}; they will count as errors", stacklevel=4)


def names_in(dataset: ColumnDataset, column: str) -> set[str]:
    """Returns the distinct names in a column of a name, or a list of names, for each example.

    Args:
        dataset: any dataset.
        column: the name of the column; a dataset may lack it.
    """
    values = getattr(dataset, column, None) or ()
    if isinstance(values, NumberedNames):
        return set(values.present_names())
    return {name for value in values for name in ([value] if isinstance(value, str) else value)}


def rename(dataset: _Dataset, column: str, names: Mapping[str, str]) -> _Dataset:
    """Returns a dataset with other names in a column.

    Args:
        dataset: any dataset.
        column: the name of the column; a dataset may lack it.
        names: the new name of each name in the column; others stay.
    """
    values = getattr(dataset, column, None)
    if values is None or all(old == new for old, new in names.items()):
        return dataset
    if isinstance(values, NumberedNames):
        return dataclasses.replace(dataset, **{column: values.renamed(names)})
    renamed = [
        names.get(value, value)
        if isinstance(value, str)
        else [names.get(name, name) for name in value]
        for value in values
    ]
    return dataclasses.replace(dataset, **{column: renamed})

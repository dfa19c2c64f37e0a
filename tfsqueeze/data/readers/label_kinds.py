"""Whether labels that are read as classes are rather several labels each, or numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from tfsqueeze.utils.errors import UserError

# The least share of labels that hold the separator, where it separates labels.
_COMBINED_SHARE = 0.1
# More ratings than this have no names.
_MOST_RATINGS = 20


LabelKind = Literal["classes", "several", "numbers"]


def find_label_kind(labels: Sequence[str], separator: str) -> LabelKind:
    """Returns what labels are: names of classes, several such names each, or numbers.

    Labels are several each if many hold the separator, and most of those consist of parts that
    also stand in other combinations. Labels are numbers if all are, and either some have a
    fraction or there are more than 20 distinct ones. Classes that are numbered without a gap, from
    0 or 1, are classes all the same.

    Args:
        labels: the label of each example.
        separator: what would stand between two labels.

    Example:
        >>> find_label_kind(["1", "5", "3"], "|"), find_label_kind(["0.25", "0.5"], "|")
        ('classes', 'numbers')
    """
    counts = Counter(labels)
    if _combined(counts, separator) is not None:
        return "several"
    return "numbers" if _are_numbers(counts) else "classes"


def check_classes(labels: Iterable[str], name: str, separator: str, tasks: tuple[str, str]) -> None:
    """Checks that each label is the name of one class, as `find_label_kind` finds.

    Args:
        labels: the label of each example.
        name: the name of the dataset, for messages.
        separator: what would stand between two labels.
        tasks: the names of the tasks for several labels and for numbers.

    Raises:
        UserError: the labels are of another kind. The message names the task for them.

    Example:
        >>> check_classes(["1", "5", "3"], "stars.csv", "|", ("several", "numbers"))
        >>> check_classes(["0.25", "0.5"], "train.csv", "|", ("several", "numbers"))
        Traceback (most recent call last):
        tfsqueeze.utils.errors.UserError: train.csv: the labels are numbers, such as '0.25'; train \
with --task numbers, or give the classes names such as 'class 0.25'
    """
    several, number = tasks
    counts = Counter(labels)
    combined = _combined(counts, separator)
    if combined is not None:
        raise UserError(
            f"{name}: labels such as {combined[:40]!r} are several labels each; train with --task "
            f"{several}, or name another --label-separator than {separator!r}"
        )
    if _are_numbers(counts):
        example = next((label for label in counts if not _is_whole(label)), next(iter(counts)))[:40]
        raise UserError(
            f"{name}: the labels are numbers, such as {example!r}; train with --task {number}, or "
            f"give the classes names such as 'class {example}'"
        )


def _combined(counts: Counter[str], separator: str) -> str | None:
    """Returns an example of several labels in one, or None."""
    parts = {
        label: [part.strip() for part in label.split(separator)]
        for label in counts
        if separator in label
    }
    if sum(counts[label] for label in parts) < _COMBINED_SHARE * sum(counts.values()):
        return None
    seen = Counter(part for split in parts.values() for part in set(split))
    seen.update(label for label in counts if label in seen)
    recurring = [
        label for label, split in parts.items() if all(part and seen[part] > 1 for part in split)
    ]
    return recurring[0] if 2 * len(recurring) > len(parts) else None


def _are_numbers(counts: Counter[str]) -> bool:
    if not all(map(_is_number, counts)):
        return False
    if not all(map(_is_whole, counts)):
        return True
    numbers = {int(float(label)) for label in counts}
    first = min(numbers, default=0)
    is_numbered = first in (0, 1) and numbers == set(range(first, first + len(numbers)))
    return len(numbers) > _MOST_RATINGS and not is_numbered


def _is_number(label: str) -> bool:
    try:
        # Python reads 1_000 as a number, too.
        return "_" not in label and math.isfinite(float(label))
    except ValueError:
        return False


def _is_whole(label: str) -> bool:
    return float(label).is_integer()

"""Labels as class ids, and splits that keep the share of each label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfsqueeze.data.datasets.label_names import listed
from tfsqueeze.data.datasets.numbered_columns import NumberedLabels
from tfsqueeze.utils.errors import UserError

# The id of a label or a tag that a model lacks: that of no class, so no prediction is right.
UNKNOWN_ID = -1


def label_ids(
    name: str,
    labels: Sequence[str],
    label_names: Sequence[str],
    examples: Sequence[int] | None = None,
    *,
    unknown: int | None = None,
) -> np.ndarray:
    """Returns the class id of each label, its index in `label_names`.

    Args:
        name: the name of the dataset, for messages.
        labels: the label of each example, or of several labels of an example each one.
        label_names: the label of each class id.
        examples: the example that each label is of, from 0; by default a label an example.
        unknown: the id of labels that `label_names` lacks; None refuses them.

    Returns:
        int32 [labels].

    Raises:
        UserError: a label is not among `label_names`, and `unknown` is None.

    Example:
        >>> label_ids("letters", ["b", "a"], ["a", "b"]).tolist()
        [1, 0]
    """
    ids = {label: index for index, label in enumerate(label_names)}
    names = labels.present_names() if isinstance(labels, NumberedLabels) else labels
    if unknown is None and not ids.keys() >= set(names):
        rows = range(len(labels)) if examples is None else examples
        row, label = next(
            (row, label) for row, label in zip(rows, labels, strict=True) if label not in ids
        )
        raise UserError(
            f"{name} has the label {label!r} (example {row + 1:,}), which is not among "
            f"the {len(ids)} known labels ({listed(label_names)}); add training "
            "examples of it or remove it"
        )
    if isinstance(labels, NumberedLabels):
        return labels.ids(ids, unknown)
    return np.array([ids.get(label, unknown) for label in labels], np.int32)


def stratified_split(
    name: str, size: int, labels: Sequence[str] | None, fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Divides example indices into the rest and a held-out part.

    Every label keeps its share in both parts (a label with a single example stays in the rest). If
    the held-out part is too small to hold every label, or there are no labels, it is drawn at
    random.

    Args:
        name: the name of the dataset, for messages.
        size: the number of examples.
        labels: the label of each example, or None.
        fraction: the size of the held-out part as a fraction of the whole, in 0..1.
        seed: fixes which examples are held out.

    Returns:
        The indices of the rest, ascending, and those of the held-out part, in random order: int64.

    Raises:
        UserError: one of the parts would be empty.

    Example:
        >>> rest, held_out = stratified_split("letters", 4, ["a", "a", "b", "b"], 0.5, seed=0)
        >>> len(rest), len(held_out)
        (2, 2)
    """
    from sklearn.model_selection import train_test_split

    held_out_size = round(fraction * size)
    if not 0 < held_out_size < size:
        raise UserError(f"{name} has {size:,} examples: too few to hold out {fraction:.0%}")
    rows = np.arange(size)
    strata = None
    if labels is not None:
        numbered = labels if isinstance(labels, NumberedLabels) else NumberedLabels.of(labels)
        numbers = numbered.numbers
        counts = np.bincount(numbers)
        common = rows[counts[numbers] > 1]
        classes = int((counts > 1).sum())
        if min(held_out_size, len(common) - held_out_size) >= classes > 0:
            rows, strata = common, numbers[common]
    _, held_out = train_test_split(
        rows, test_size=held_out_size, random_state=seed, stratify=strata
    )
    is_rest = np.ones(size, bool)
    is_rest[held_out] = False
    return np.flatnonzero(is_rest), held_out

"""Labels as numbers, and examples divided by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from tfsqueeze.utils.errors import UserError


def label_ids(name: str, labels: Sequence[str], label_names: Sequence[str]) -> np.ndarray:
    """Each label of the dataset `name` as its place in `label_names`: int32 [len(labels)].

    Raises:
        UserError: a label is not among `label_names`.
    """
    ids = {label: index for index, label in enumerate(label_names)}
    for row, label in enumerate(labels, start=1):
        if label not in ids:
            raise UserError(
                f"{name} has the label {label!r} (example {row:,}), which is not among "
                f"the {len(ids)} known labels; add training examples of it or remove it"
            )
    return np.array([ids[label] for label in labels], np.int32)


def stratified_split(
    name: str, size: int, labels: Sequence[str] | None, fraction: float, seed: int
) -> tuple[list[int], list[int]]:
    """Divides the examples 0 to `size` - 1 into a rest, in order, and a held-out `fraction`.

    Every label keeps its share in both (a label with a single example stays in the rest). A
    held-out part that is too small to hold every label, or one without labels, is drawn at
    random.

    Raises:
        UserError: one of the parts would be empty.
    """
    from sklearn.model_selection import train_test_split

    held_out_size = round(fraction * size)
    if not 0 < held_out_size < size:
        raise UserError(f"{name} has {size:,} examples: too few to hold out {fraction:.0%}")
    counts = Counter(labels or ())
    common = [i for i in range(size) if labels is None or counts[labels[i]] > 1]
    classes = sum(count > 1 for count in counts.values())
    parts = (held_out_size, len(common) - held_out_size)
    if labels is not None and min(parts) >= classes > 0:
        candidates, strata = common, [labels[i] for i in common]
    else:
        candidates, strata = list(range(size)), None
    _, held_out = train_test_split(
        candidates, test_size=held_out_size, random_state=seed, stratify=strata
    )
    chosen = set(held_out)
    return [i for i in range(size) if i not in chosen], held_out

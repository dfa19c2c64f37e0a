"""Classes of few texts: their weights in the loss, and what is said of them."""

from __future__ import annotations

import warnings
from collections import Counter

import numpy as np

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.training.training_options import ClassWeight, TrainingOptions
from tfsqueeze.utils.errors import UserError

# A class of a smaller share of the texts is rare, if it has not half of an even share either.
_RARE_SHARE = 0.01
_MAX_LISTED = 3


def check_classes_to_learn(
    train: TextDataset, options: TrainingOptions, *, keeps_head: bool = False
) -> None:
    """Checks that there are classes to tell apart, and warns if some are rare.

    Args:
        train: the training texts.
        options: the settings of the run. Classes with weights need no warning.
        keeps_head: whether the model keeps a pretrained head, which may know further classes.

    Raises:
        UserError: all texts have one label, and neither such a head nor the logits of a teacher
            know others; or the classes have weights, and such logits take the place of the labels.
    """
    is_taught = getattr(train, "teacher_logits", None) is not None
    if options.class_weight is not None and is_taught:
        raise UserError(
            f"class_weight is for training on labels, and {train.name} has a teacher's logits; "
            "leave it out"
        )
    counts = Counter(train.labels)
    if len(counts) == 1 and not keeps_head and not is_taught:
        raise UserError(
            f"{train.name} has one label for all texts, {next(iter(counts))!r}; add texts of "
            "another, or there is nothing to tell apart"
        )
    few = min(_RARE_SHARE, 0.5 / len(counts)) * len(train)
    rare = sorted((count, label) for label, count in counts.items() if count < few)
    if rare and options.class_weight is None:
        listed = ", ".join(f"{label!r} {count:,}" for count, label in rare[:_MAX_LISTED])
        more = f" and {len(rare) - _MAX_LISTED} more" if len(rare) > _MAX_LISTED else ""
        warnings.warn(
            f"under 1 % of the {len(train):,} texts of {train.name} have the label {listed}{more}: "
            "the model may never answer it; add texts of it, or train with --class-weight balanced",
            stacklevel=2,
        )


def class_weights(
    train: TextDataset, label_names: list[str], class_weight: ClassWeight
) -> dict[int, float] | None:
    """Returns the weight of each class in the loss, by its id.

    Args:
        train: the training texts.
        label_names: the name of each class id.
        class_weight: as `TrainingOptions` has it.

    Returns:
        A weight for each of `label_names`, 1 for a class without texts; None without weights.

    Raises:
        UserError: a weight is for a class that is not among `label_names`.

    Example:
        >>> train = TextDataset("mail", list("abcd"), labels=["ok", "ok", "ok", "fraud"])
        >>> class_weights(train, ["fraud", "ok"], "balanced")
        {0: 2.0, 1: 0.6666666666666666}
    """
    if class_weight is None:
        return None
    if isinstance(class_weight, dict):
        unknown = [name for name in class_weight if name not in label_names]
        if unknown:
            raise UserError(
                f"class_weight names {unknown[0]!r}, which is no label of {train.name}; labels: "
                f"{', '.join(label_names[:20])}"
            )
        return {index: class_weight.get(name, 1.0) for index, name in enumerate(label_names)}
    counts = np.bincount(train.label_ids(label_names), minlength=len(label_names))
    classes = int((counts > 0).sum())
    return {
        index: len(train) / (classes * int(count)) if count else 1.0
        for index, count in enumerate(counts)
    }

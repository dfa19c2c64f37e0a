"""Data that models are measured on, and how they are divided."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.readers.folders import VALIDATION_FRACTION
from tfsqueeze.tasks import Task


@dataclasses.dataclass(frozen=True)
class MeasuredData:
    """Data with the scores that count.

    title: what they are. note: what a reader must know of them.
    task: what is trained. folder: where they are, below the folder of all data.
    load: reads that; its training part is divided anew for each seed, and its test part is
        what counts.
    scores: headings of columns, by the name of the metric; the first is the one that is drawn.
    """

    title: str
    note: str
    task: Task
    folder: str
    load: Callable[[Path], Any]
    scores: dict[str, str]


def published(load: Callable[[Path], Any]) -> Callable[[Path], Any]:
    """Returns a reader of the parts as published, where validation is what is measured.

    load: reads the parts of a folder.
    """

    def read(folder):
        splits = load(folder)
        return splits.train, splits.validation

    return read


def divide(data: MeasuredData, folder: Path, seed: int, examples: int | None):
    """Returns training, validation and test part of data.

    folder: of all data. seed: draws the validation part from the training part. examples: at
        most so many of the whole training part and of the test part, drawn by seed 0; None for
        all.

    A label or tag that only the validation part would have stays in the training part. Examples of
    the test part with others than the whole training part has are left out.

    Raises UserError where the data cannot be read.
    """
    whole, test = data.load(folder / data.folder)
    if examples is not None:
        whole = whole.sample(examples, 0)
    train, validation = whole.split(VALIDATION_FRACTION, seed)
    known = _known(validation, train)
    if len(known) < len(validation):
        others = sorted(set(range(len(validation))).difference(known))
        train = concatenate([train, validation.take(others)])
        validation = validation.take(known)
    test = test.take(_known(test, train))
    return train, validation, test if examples is None else test.sample(examples, 0)


def _known(part, train) -> list[int]:
    """The numbers of the examples of a part whose labels and tags a training part has."""
    # Numbers and questions have no names of labels.
    labels = set(getattr(train, "labels", None) or ()) if hasattr(train, "label_ids") else set()
    tags = set(train.tag_names()) if hasattr(train, "tags") else set()
    return [
        row
        for row in range(len(part))
        if (not labels or part.labels[row] in labels)
        and (not tags or tags.issuperset(part.tags[row]))
    ]

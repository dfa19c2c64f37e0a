"""What the training of the tasks that tag words shares."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfsqueeze.data.datasets.labels import UNKNOWN_ID
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.decoding.bio import repair_bio
from tfsqueeze.tasks.encodings import IGNORE_INDEX, Encodings
from tfsqueeze.tasks.outputs import OUTSIDE_TAG
from tfsqueeze.tasks.task_training import TaskTraining
from tfsqueeze.utils.errors import UserError


class WordTaskTraining(TaskTraining):
    """The base of what trains taggers of words."""

    def vocabulary_texts(self, dataset):
        return (" ".join(words) for words in dataset.sentences)

    def check_head_names(self, names, column):
        super().check_head_names(names, column)
        if column == "tags":
            repair_bio(names)
            if OUTSIDE_TAG not in names:
                raise UserError(f"no class has the name {OUTSIDE_TAG}; give it to that of no span")


def word_targets(dataset: TokenDataset, encodings: Encodings, names: Sequence[str]) -> np.ndarray:
    """Returns the ids of the tags, as `repair_bio` repairs them, at the first token of each word.

    Args:
        dataset: sentences with tags.
        encodings: the same sentences, tokenized.
        names: the names of the tags.

    Returns:
        int32 [sentences, length], `UNKNOWN_ID` where `names` lacks the tag, and `IGNORE_INDEX` at
        all other tokens.

    Raises:
        UserError: the dataset has no tags.
    """
    targets = np.full_like(encodings.word_ids, IGNORE_INDEX)
    dataset.tag_ids(names, UNKNOWN_ID)  # Refuses sentences without tags.
    tags = dataset.tags or []
    repaired = dataclasses.replace(dataset, tags=[repair_bio(row) for row in tags])
    for row, word_ids, tag_ids in zip(
        targets, encodings.word_ids, repaired.tag_ids(names, UNKNOWN_ID), strict=True
    ):
        first = word_ids >= 0
        row[first] = tag_ids[word_ids[first]]
    return targets


def tag_names(splits: Any) -> list[str]:
    """Returns the tags of a dataset's training part, with O among them.

    Raises:
        UserError: a tag is neither O nor B- or I- with a type.
    """
    names = splits.tag_names
    try:
        repair_bio(names)
    except UserError as error:
        raise UserError(f"{splits.train.name}: {error}; only spans can be learned") from None
    return names if OUTSIDE_TAG in names else sorted([*names, OUTSIDE_TAG])

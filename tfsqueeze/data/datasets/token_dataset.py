"""Sentences of words with a tag for each word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfsqueeze.data.datasets.column_dataset import ColumnDataset
from tfsqueeze.data.datasets.label_names import (
    check_known_names,
    listed,
    names_in,
    sorted_names,
)
from tfsqueeze.data.datasets.labels import label_ids, stratified_split
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class TokenDataset(ColumnDataset):
    """Sentences, each a list of words, with or without one tag per word.

    Args:
        name: the name that messages and reports call the dataset by.
        sentences: the words of each sentence.
        tags: the tag of each word of each sentence by name; None for sentences without tags.
        labels: the label of each sentence by name, such as the intent whose slots the tags are;
            None for sentences without labels.
        languages: the language of each sentence; None if the source does not say it.

    Raises:
        UserError: the columns, or the words and tags of a sentence, differ in length.

    Example:
        >>> dataset = TokenDataset("places", [["to", "Paris"]], tags=[["O", "B-city"]])
        >>> dataset.tag_names()
        ['B-city', 'I-city', 'O']
        >>> [ids.tolist() for ids in dataset.tag_ids(dataset.tag_names())]
        [[2, 0]]
    """

    sentences: Sequence[list[str]]
    tags: Sequence[list[str]] | None = None
    labels: Sequence[str] | None = None
    languages: Sequence[str] | None = None

    def __post_init__(self) -> None:
        """Checks the lengths of the columns and of the tags of each sentence."""
        super().__post_init__()
        if self.is_on_disk:
            # It would take long for each part; what reads a file gives each word its tag.
            return
        for row, (words, tags) in enumerate(zip(self.sentences, self.tags or (), strict=False), 1):
            if len(words) != len(tags):
                raise UserError(
                    f"{self.name} has {len(words)} words but {len(tags)} tags in sentence {row:,}"
                )

    def tag_names(self) -> list[str]:
        """Returns the distinct tags, sorted; a tag's index in this list is its id.

        A type with B- or I- tags gets both: if all of its examples have one word, they hold no I-
        tag, but another text may need it. Types that are numbers are sorted by value.

        Raises:
            UserError: the dataset has no tags.
        """
        self._require("tags")
        return _tag_names(names_in(self, "tags"))

    def tag_ids(self, tag_names: Sequence[str], unknown: int | None = None) -> list[np.ndarray]:
        """Returns the id of each word's tag.

        Args:
            tag_names: the tag of each id.
            unknown: the id of tags that `tag_names` lacks; None refuses them.

        Returns:
            For each sentence int32 [words].

        Raises:
            UserError: the dataset has no tags, or `unknown` is None and it has one that
                `tag_names` lacks.
        """
        ids = {name: index for index, name in enumerate(tag_names)}
        all_tags = self._require("tags")
        for row, tags in enumerate(all_tags, start=1):
            for tag in tags:
                if tag not in ids and unknown is None:
                    raise UserError(
                        f"{self.name} has the tag {tag!r} (sentence {row:,}), which is not among "
                        f"the {len(ids)} known tags ({listed(tag_names)}); add training "
                        "examples of it or remove it"
                    )
        return [np.array([ids.get(tag, unknown) for tag in tags], np.int32) for tags in all_tags]

    def label_names(self) -> list[str]:
        """Returns the distinct labels of the sentences, sorted; a label's index is its class id.

        Numbers are sorted by value.

        Raises:
            UserError: the dataset has no labels.
        """
        self._require("labels")
        return sorted_names(names_in(self, "labels"))

    def label_ids(self, label_names: Sequence[str], unknown: int | None = None) -> np.ndarray:
        """Returns the class id of each sentence's label.

        Args:
            label_names: the label of each class id.
            unknown: the id of labels that `label_names` lacks; None refuses them.

        Returns:
            int32 [sentences].

        Raises:
            UserError: the dataset has no labels, or `unknown` is None and it has one that
                `label_names` lacks.
        """
        return label_ids(self.name, self._require("labels"), label_names, unknown=unknown)

    def split(self, fraction: float, seed: int) -> tuple[TokenDataset, TokenDataset]:
        """Divides the sentences into the rest and a held-out part.

        The split is stratified by label, or by language if there are no labels, as
        `TextDataset.split` does it.

        Args:
            fraction: the size of the held-out part as a fraction of the whole, in 0..1.
            seed: fixes which sentences are held out.

        Returns:
            The rest and the held-out part.

        Raises:
            UserError: one of the parts would be empty.
        """
        strata = self.languages if self.labels is None else self.labels
        rest, held_out = stratified_split(self.name, len(self), strata, fraction, seed)
        return self.take(rest), self.take(held_out)

    def _require(self, column: str) -> Sequence:
        values = getattr(self, column)
        if values is None:
            raise UserError(f"{self.name} has no {column}")
        return values


@dataclass(frozen=True)
class TokenDatasetSplits:
    """The splits of a tagged dataset.

    Args:
        train: the sentences to train on.
        validation: the sentences that choose among epochs and settings.
        test: the sentences to report scores on; None if the authors publish none.

    Raises:
        UserError: a part has no tags or labels, or more than 1 in 20 sentences of `validation` or
            `test` have a tag or a label that `train` lacks.

    Example:
        >>> part = TokenDataset("places", [["to", "Paris"]], tags=[["O", "B-city"]])
        >>> TokenDatasetSplits(part, part).tag_names
        ['B-city', 'I-city', 'O']
    """

    train: TokenDataset
    validation: TokenDataset
    test: TokenDataset | None = None

    def __post_init__(self) -> None:
        """Checks that `train` has nearly every tag and every label."""
        for part in self._parts[1:]:
            check_known_names(part, "tags", names_in(part, "tags"), self.train.tag_names())
            if self.train.labels is not None:
                check_known_names(part, "labels", part.label_names(), self.train.label_names())

    @property
    def tag_names(self) -> list[str]:
        """The tags of all parts, sorted; a tag's index is its id."""
        return _tag_names({name for part in self._parts for name in part.tag_names()})

    @property
    def label_names(self) -> list[str] | None:
        """The labels of the sentences, sorted; None if those of `train` have none."""
        if self.train.labels is None:
            return None
        return sorted_names(name for part in self._parts for name in part.label_names())

    @property
    def _parts(self) -> list[TokenDataset]:
        parts = (self.train, self.validation, self.test)
        return [part for part in parts if part is not None]


def _tag_names(names: set[str]) -> list[str]:
    """Returns the tags in their order: B- and I- of each type, then the others."""
    types = sorted_names(name[2:] for name in names if name[:2] in ("B-", "I-"))
    tags = [prefix + kind for prefix in ("B-", "I-") for kind in types]
    return [*tags, *sorted_names(names.difference(tags))]

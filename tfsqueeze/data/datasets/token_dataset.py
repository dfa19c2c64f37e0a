"""Sentences of words in memory, with a tag on every word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfsqueeze.data.datasets.in_memory_dataset import InMemoryDataset, check_column_lengths
from tfsqueeze.data.datasets.labels import label_ids, stratified_split
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class TokenDataset(InMemoryDataset):
    """Sentences, each a list of words, with one tag a word or without tags.

    labels: one label a sentence, such as the intent whose slots the tags are.
    languages: the language of each sentence, where the file says it.

    Raises:
        UserError: the columns differ in length, or a sentence's words and tags do.
    """

    name: str
    sentences: list[list[str]]
    tags: list[list[str]] | None = None
    labels: list[str] | None = None
    languages: list[str] | None = None

    def __post_init__(self) -> None:
        check_column_lengths(self, "sentences", ("tags", "labels", "languages"))
        for row, (words, tags) in enumerate(zip(self.sentences, self.tags or (), strict=False), 1):
            if len(words) != len(tags):
                raise UserError(
                    f"{self.name} has {len(words)} words but {len(tags)} tags in sentence {row:,}"
                )

    def __len__(self) -> int:
        return len(self.sentences)

    def tag_names(self) -> list[str]:
        """The distinct tags, sorted; a tag's place in this list is its id.

        Of a type that occurs in B- or I- tags both are there: a type whose examples are all of
        one word has no I- tag in them, but another text may need it.

        Raises:
            UserError: the dataset has no tags.
        """
        names = {tag for tags in self._require("tags") for tag in tags}
        types = {name[2:] for name in names if name[:2] in ("B-", "I-")}
        return sorted(names | {prefix + kind for kind in types for prefix in ("B-", "I-")})

    def tag_ids(self, tag_names: Sequence[str]) -> list[np.ndarray]:
        """Each tag as its place in `tag_names`: for each sentence int32 [words].

        Raises:
            UserError: the dataset has no tags, or one that `tag_names` lacks.
        """
        ids = {name: index for index, name in enumerate(tag_names)}
        for row, tags in enumerate(self._require("tags"), start=1):
            for tag in tags:
                if tag not in ids:
                    raise UserError(
                        f"{self.name} has the tag {tag!r} (sentence {row:,}), which is not among "
                        f"the {len(ids)} known tags; add training examples of it or remove it"
                    )
        return [np.array([ids[tag] for tag in tags], np.int32) for tags in self.tags]

    def label_names(self) -> list[str]:
        """The distinct labels of sentences, sorted; UserError where there are none."""
        return sorted(set(self._require("labels")))

    def label_ids(self, label_names: Sequence[str]) -> np.ndarray:
        """Each sentence's label as its place in `label_names`: int32 [len(self)].

        Raises:
            UserError: the dataset has no labels, or one that `label_names` lacks.
        """
        return label_ids(self.name, self._require("labels"), label_names)

    def split(self, fraction: float, seed: int) -> tuple[TokenDataset, TokenDataset]:
        """Divides into a rest and a held-out `fraction`, shuffled by `seed`.

        Every label, and without labels every language, keeps its share in both, as
        `TextDataset.split` does it.

        Raises:
            UserError: one of the parts would be empty.
        """
        strata = self.languages if self.labels is None else self.labels
        rest, held_out = stratified_split(self.name, len(self), strata, fraction, seed)
        return self.take(rest), self.take(held_out)

    def _require(self, column: str) -> list:
        values = getattr(self, column)
        if values is None:
            raise UserError(f"{self.name} has no {column}")
        return values


@dataclass(frozen=True)
class TokenDatasetSplits:
    """The parts of a tagged dataset; `test` is None where its authors publish none.

    Raises:
        UserError: `validation` or `test` has a tag or a label that `train` lacks.
    """

    train: TokenDataset
    validation: TokenDataset
    test: TokenDataset | None = None

    def __post_init__(self) -> None:
        for part in (self.validation, self.test):
            if part is not None:
                part.tag_ids(self.tag_names)
                if self.label_names is not None:
                    part.label_ids(self.label_names)

    @property
    def tag_names(self) -> list[str]:
        """The tags of `train`, sorted: tag id to name."""
        return self.train.tag_names()

    @property
    def label_names(self) -> list[str] | None:
        """The labels of the sentences of `train`, sorted: class id to name; None without."""
        return None if self.train.labels is None else self.train.label_names()

"""Further examples made of those at hand, as variants in which words give way to words that a model
takes for their like."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Sequence

import numpy as np

from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.utils.errors import UserError

_WORD = re.compile(r"[^\W\d_]+")
_NEIGHBOURS = 10


class NeighbourWords:
    """Replaces words by near ones in a table of word embeddings (TinyBERT, Jiao et al. 2020,
    arXiv 1909.10351, section 4.2, with the teacher's own table in place of GloVe's).

    vocabulary: the tokens of the table's rows; words are those of letters alone that are whole in
        it, so that no piece of a word is taken for one.
    table: float [tokens, channels].
    """

    def __init__(self, vocabulary: Sequence[str], table: np.ndarray):
        rows = [
            row for row, token in enumerate(vocabulary) if len(token) > 1 and _WORD.fullmatch(token)
        ]
        self._words = [vocabulary[row] for row in rows]
        self._rows = {word: row for row, word in enumerate(self._words)}
        vectors = np.asarray(table, np.float32)[rows]
        self._vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        self._found: dict[str, list[str]] = {}

    def neighbours(self, word: str) -> list[str]:
        """Returns the words of the nearest directions, the nearest first; none for an unknown
        word."""
        word = word.lower()
        if word not in self._rows:
            return []
        if word not in self._found:
            similarity = self._vectors @ self._vectors[self._rows[word]]
            similarity[self._rows[word]] = -2.0
            count = min(_NEIGHBOURS, len(similarity) - 1)
            nearest = np.argpartition(-similarity, count)[:count] if count else np.array([], int)
            self._found[word] = [
                self._words[row] for row in nearest[np.argsort(-similarity[nearest], kind="stable")]
            ]
        return self._found[word]

    def replace(self, texts: Sequence[str], share: float, seed: int) -> list[str]:
        """Returns the texts with about a `share` of their words replaced, each by one of its
        neighbours, the same for the same seed."""
        draw = np.random.default_rng(seed)

        def other(match):
            if draw.random() >= share:
                return match[0]
            near = self.neighbours(match[0])
            return near[draw.integers(len(near))] if near else match[0]

        return [_WORD.sub(other, text) for text in texts]


def augment(
    dataset: TextDataset | TokenDataset, copies: int, edit: Callable[[Sequence[str]], Sequence[str]]
) -> TextDataset | TokenDataset:
    """Returns edited copies of all examples, one copy of all after the other, with their labels.

    edit: takes the texts and second texts of a `TextDataset`, or the words of a `TokenDataset`;
        returns `copies` of all of them, one after the other. A word that it leaves nothing of
        stays, so that words and tags remain one to one.

    Raises UserError for another kind of dataset, and where there would be no copy.
    """
    if copies < 1:
        raise UserError(f"copies must be at least 1, not {copies}")
    if isinstance(dataset, TextDataset):
        strings = [*dataset.texts, *(dataset.text_pairs or ())]
    elif isinstance(dataset, TokenDataset):
        strings = [word for words in dataset.sentences for word in words]
    else:
        raise UserError(
            f"{dataset.name} is a {type(dataset).__name__}, of which no variants can "
            "be made; train without copies"
        )
    edited = edit(strings)
    return concatenate(
        [
            _with_strings(dataset, edited[start : start + len(strings)], strings)
            for start in range(0, copies * len(strings), len(strings))
        ]
    )


def _with_strings(dataset, edited, strings):
    if isinstance(dataset, TextDataset):
        count = len(dataset)
        pairs = {} if dataset.text_pairs is None else {"text_pairs": list(edited[count:])}
        return dataclasses.replace(dataset, texts=list(edited[:count]), **pairs)
    words = iter([new or old for new, old in zip(edited, strings, strict=True)])
    return dataclasses.replace(
        dataset,
        sentences=[list(itertools.islice(words, len(sentence))) for sentence in dataset.sentences],
    )

"""Data augmentation: variants of examples in which similar words replace words."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.datasets.text_examples import TextExamples
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.utils.errors import UserError

_WORD = re.compile(r"[^\W\d_]+")
_NEIGHBOURS = 10

TextsOrSentences = TypeVar("TextsOrSentences", bound=TextExamples | TokenDataset)


class NeighbourWords:
    """The nearest neighbours of words in a table of word embeddings.

    Only tokens that are words count: those of two letters or more and nothing but letters. So no
    piece of a word is taken for a word. Source: TinyBERT's data augmentation (Jiao et al. 2020,
    arXiv 1909.10351, section 4.2), with the teacher's own table in place of GloVe's.

    Args:
        vocabulary: the tokens in order of their ids.
        table: the embedding of each token, float [tokens, channels].

    Example:
        >>> words = NeighbourWords(
        ...     ["good", "great", "bad"], np.array([[1, 0.1], [1, 0.2], [-1, 0.1]])
        ... )
        >>> words.neighbours("good")
        ['great', 'bad']
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

    @classmethod
    def of_model(cls, vocabulary: Sequence[str], model: Any) -> NeighbourWords:
        """Returns the neighbours of words in the word embeddings of a Keras model.

        Args:
            vocabulary: the tokens in order of their ids.
            model: the model, with the layer `embeddings` of this package.
        """
        return cls(vocabulary, model.get_layer("embeddings").word_embeddings.numpy())

    def neighbours(self, word: str) -> list[str]:
        """Returns the ten words with the highest cosine similarity, the most similar first.

        Args:
            word: a word in any case.

        Returns:
            Words as the vocabulary spells them; none for an unknown word.
        """
        word = word.lower()
        if word not in self._rows:
            return []
        if word not in self._found:
            similarity = self._vectors @ self._vectors[self._rows[word]]
            # Below every cosine, so that a word is not its own neighbour.
            similarity[self._rows[word]] = -2.0
            count = min(_NEIGHBOURS, len(similarity) - 1)
            nearest = np.argpartition(-similarity, count)[:count] if count else np.array([], int)
            self._found[word] = [
                self._words[row] for row in nearest[np.argsort(-similarity[nearest], kind="stable")]
            ]
        return self._found[word]

    def replace(self, texts: Sequence[str], share: float, seed: int) -> list[str]:
        """Returns the texts with some words replaced by random neighbours.

        Args:
            texts: any texts.
            share: the probability that a word is replaced, in 0..1.
            seed: fixes the words and their replacements.
        """
        generator = np.random.default_rng(seed)

        def replacement(match: re.Match[str]) -> str:
            if generator.random() >= share:
                return match[0]
            neighbours = self.neighbours(match[0])
            return neighbours[generator.integers(len(neighbours))] if neighbours else match[0]

        return [_WORD.sub(replacement, text) for text in texts]


def augment(
    dataset: TextsOrSentences, copies: int, edit: Callable[[Sequence[str]], Sequence[str]]
) -> TextsOrSentences:
    """Returns edited copies of all examples, with their labels or tags.

    Args:
        dataset: the examples to copy.
        copies: the number of copies, at least 1.
        edit: takes all texts and then all second texts of `TextExamples`, or all words of a
            `TokenDataset`, and returns `copies` versions of that list, one after the other. A word
            that it reduces to nothing stays as it was, so that words and tags remain one to one.

    Returns:
        The first copy of all examples, then the second copy, and so on.

    Raises:
        UserError: the dataset is of another kind, or `copies` is below 1.

    Example:
        >>> dataset = TextExamples("greetings", ["hi", "hello"])
        >>> augment(dataset, 1, lambda texts: [text.upper() for text in texts]).texts
        ['HI', 'HELLO']
    """
    if copies < 1:
        raise UserError(f"copies must be at least 1, not {copies}")
    if isinstance(dataset, TextExamples):
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


def _with_strings(
    dataset: TextsOrSentences, edited: Sequence[str], strings: Sequence[str]
) -> TextsOrSentences:
    if isinstance(dataset, TextExamples):
        count = len(dataset)
        pairs = {} if dataset.text_pairs is None else {"text_pairs": list(edited[count:])}
        return dataclasses.replace(dataset, texts=list(edited[:count]), **pairs)
    words = iter([new or old for new, old in zip(edited, strings, strict=True)])
    return dataclasses.replace(
        dataset,
        sentences=[list(itertools.islice(words, len(sentence))) for sentence in dataset.sentences],
    )

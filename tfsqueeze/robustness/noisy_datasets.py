"""Noise in the examples of any task."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.decoding.bio import tag_type
from tfsqueeze.robustness.changed_columns import SENTENCES
from tfsqueeze.robustness.noises import NOISES, NoiseFunction, noisy_texts
from tfsqueeze.utils.errors import UserError

# No noise touches it, and no word holds it.
_BETWEEN_WORDS = "\n"


def fitting_noises(dataset: Any) -> tuple[str, ...]:
    """Returns the noises that leave the labels of a dataset right.

    Each word of a tagged sentence has a tag, so that words must neither vanish nor be joined nor
    be divided. All noises fit other datasets.

    Args:
        dataset: a dataset of any task.

    Returns:
        Names in `NOISES`, in their order.

    Example:
        >>> "lost_spaces" in fitting_noises(TokenDataset("places", [["to", "Paris"]]))
        False
    """
    is_tagged = isinstance(dataset, TokenDataset)
    return tuple(name for name, noise in NOISES.items() if noise.keeps_words or not is_tagged)


def check_noises(dataset: Any, names: Iterable[str]) -> None:
    """Checks that noises fit a dataset; see `fitting_noises`.

    Raises:
        UserError: one does not.
    """
    fitting = fitting_noises(dataset)
    for name in names:
        if name not in fitting:
            raise UserError(
                f"the noise {name} changes the number of words, of which each has a tag; choose "
                f"some of {', '.join(fitting)}"
            )


def noisy_dataset(
    dataset: Any,
    columns: Sequence[str],
    noise: str,
    function: NoiseFunction,
    level: float,
    seed: int,
) -> Any:
    """Returns a dataset with a noise in some of its columns.

    Args:
        dataset: a dataset of any task.
        columns: what `changed_columns` returned for it.
        noise: the name of the noise, one of `fitting_noises`.
        function: its function.
        level: the share of the letters, words or spaces to edit, in 0..1.
        seed: fixes the noise of each example, whatever the other examples are.

    Returns:
        The same examples with the same labels. Words that the noise empties stay as they are. The
        words of tagged spans stay if the noise replaces words by others, since their tags may not
        be those of the others.

    Example:
        >>> from tfsqueeze.robustness.noises import noise_functions
        >>> dataset = TokenDataset("places", [["to", "Paris"]], tags=[["O", "B-city"]])
        >>> functions = noise_functions(["uppercase"])
        >>> noisy_dataset(
        ...     dataset, ("sentences",), "uppercase", functions["uppercase"], 1.0, 0
        ... ).sentences
        [['TO', 'PARIS']]
    """
    changed = {}
    for number, column in enumerate(columns):
        values = getattr(dataset, column)
        if column == SENTENCES:
            fixed = fixed_words(dataset, NOISES[noise].needs_words)
            changed[column] = _noisy_sentences(values, fixed, function, level, seed)
        else:
            # The second texts have noise of their own.
            changed[column] = noisy_texts(values, function, level, seed + number)
    return dataclasses.replace(dataset, **changed)


def fixed_words(dataset: TokenDataset, keep_spans: bool) -> list[list[bool]]:
    """Returns which words of each sentence must stay as they are.

    Args:
        dataset: the sentences.
        keep_spans: whether the words of tagged spans must stay; if not, no word must.
    """
    tags = dataset.tags if keep_spans else None
    if tags is None:
        return [[False] * len(words) for words in dataset.sentences]
    return [[tag_type(tag, index) is not None for index, tag in enumerate(row)] for row in tags]


def _noisy_sentences(
    sentences: Sequence[Sequence[str]],
    fixed: Sequence[Sequence[bool]],
    function: NoiseFunction,
    level: float,
    seed: int,
) -> list[list[str]]:
    noisy = []
    for index, (words, stay) in enumerate(zip(sentences, fixed, strict=True)):
        row = list(words)
        places = [place for place, stays in enumerate(stay) if not stays]
        if places:
            text = _BETWEEN_WORDS.join(words[place] for place in places)
            edited = function(text, level, np.random.default_rng([seed, index]))
            for place, word in zip(places, edited.split(_BETWEEN_WORDS), strict=True):
                row[place] = word or row[place]
        noisy.append(row)
    return noisy

"""The noises by name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.robustness import (
    reading_noise,
    speech_noise,
    typing_noise,
    unicode_noise,
    word_noise,
    writing_noise,
)
from tfsqueeze.robustness.selection import select_by_name

# (text, level in 0..1, generator) -> noisy text. The level is the share of the letters, words or
# spaces that the noise edits, of those that it can edit. Level 0 leaves the text unchanged.
NoiseFunction = Callable[[str, float, np.random.Generator], str]


@dataclass(frozen=True)
class Noise:
    """A noise.

    Args:
        function: a `NoiseFunction`, which also takes `words` if the noise needs them.
        description: what the noise does, in a few words.
        needs_words: whether it needs the neighbours of words.
        keeps_words: whether a text has as many words after it, so that each word keeps its tag.
    """

    function: Callable[..., str]
    description: str
    needs_words: bool = False
    keeps_words: bool = False


NOISES: dict[str, Noise] = {
    "keyboard": Noise(
        typing_noise.keyboard, "letters become neighbours on a QWERTY keyboard", keeps_words=True
    ),
    "swap": Noise(typing_noise.swap, "adjacent letters are swapped", keeps_words=True),
    "drop": Noise(typing_noise.drop, "letters and digits are deleted", keeps_words=True),
    "insert": Noise(typing_noise.insert, "random letters are inserted", keeps_words=True),
    "repeat": Noise(typing_noise.repeat, "letters and digits are doubled", keeps_words=True),
    "ocr": Noise(
        reading_noise.ocr, "shapes are misread: 0 and O, 1 and l, rn and m", keeps_words=True
    ),
    "asr": Noise(speech_noise.asr, "homophones, spelled-out numbers, no punctuation"),
    "lowercase": Noise(writing_noise.lowercase, "words in small letters", keeps_words=True),
    "uppercase": Noise(writing_noise.uppercase, "words in capitals", keeps_words=True),
    "random_case": Noise(writing_noise.random_case, "letters change their case", keeps_words=True),
    "punctuation_removed": Noise(writing_noise.punctuation_removed, "punctuation is deleted"),
    "punctuation_added": Noise(writing_noise.punctuation_added, "punctuation follows words"),
    "extra_spaces": Noise(writing_noise.extra_spaces, "spaces are doubled, or exotic ones added"),
    "lost_spaces": Noise(writing_noise.lost_spaces, "words run together"),
    "homoglyphs": Noise(
        unicode_noise.homoglyphs, "letters become look-alikes of other scripts", keeps_words=True
    ),
    "zero_width": Noise(
        unicode_noise.zero_width, "invisible characters are inserted", keeps_words=True
    ),
    "word_drop": Noise(word_noise.word_drop, "words are deleted"),
    "synonyms": Noise(
        word_noise.synonyms,
        "neighbours in the embeddings replace words",
        needs_words=True,
        keeps_words=True,
    ),
}


def noise_functions(
    names: Sequence[str], words: NeighbourWords | None = None
) -> dict[str, NoiseFunction]:
    """Returns noise functions by name.

    Args:
        names: names in `NOISES`.
        words: the neighbours of words, for `synonyms`.

    Raises:
        UserError: a name is unknown, or `synonyms` lacks `words`.
    """
    return {
        name: (
            functools.partial(noise.function, words=words) if noise.needs_words else noise.function
        )
        for name, noise in select_by_name("noise", NOISES, names, words).items()
    }


def noisy_texts(texts: Sequence[str], noise: NoiseFunction, level: float, seed: int) -> list[str]:
    """Returns each text with a noise.

    Args:
        texts: any texts.
        noise: a function of `noise_functions`.
        level: the share of the letters, words or spaces to edit, in 0..1.
        seed: fixes the noise of each text, whatever the other texts are.

    Raises:
        UserError: the level is not in 0..1.

    Example:
        >>> noise = noise_functions(["uppercase"])["uppercase"]
        >>> noisy_texts(["play some jazz"], noise, 1.0, seed=0)
        ['PLAY SOME JAZZ']
    """
    return [
        noise(text, level, np.random.default_rng([seed, index])) for index, text in enumerate(texts)
    ]

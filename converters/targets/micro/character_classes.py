"""Classifies every Unicode character by the behaviour of the tokenizer itself."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text

from tfsqueeze.tokenizers.text_normalization import normalize
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

CODE_POINTS = 0x110000
_SURROGATES = range(0xD800, 0xE000)
# Hangul syllables decompose by arithmetic (The Unicode Standard, section 3.12).
HANGUL_SYLLABLES = range(0xAC00, 0xD7A4)

# The classes of characters.
DELETED, SPACE, ISOLATED, WORD = range(4)
# How `split_words` reads characters; `tokenizer.c` has the same numbers.
_LETTER, _BETWEEN_WORDS, _WORD_BY_ITSELF = range(3)
_CHARACTERS_AT_ONCE = 8192


@dataclass(frozen=True)
class CharacterClasses:
    """How a tokenizer normalizes texts and splits them into words, by character.

    Attributes:
        classes: uint8 [0x110000], the class of each code point: `DELETED`; `SPACE`, which
            separates words; `ISOLATED`, a word by itself (punctuation, Chinese characters); or
            `WORD`, a part of a word.
        normalized: the normalized form of each code point, a string of any length.
    """

    classes: np.ndarray
    normalized: list[str]


@functools.lru_cache(maxsize=2)
def classify_characters(lowercase: bool) -> CharacterClasses:
    """Classifies every code point by tokenizing it between two letters.

    The tables of TensorFlow's ICU and RE2 differ in their Unicode versions from each other and
    from Python's, so only the tokenizer itself is a reliable source.

    Args:
        lowercase: whether the tokenizer lowercases texts and strips accents.
    """
    characters = [chr(c) if c not in _SURROGATES else "" for c in range(CODE_POINTS)]
    normalized = normalize(tf.constant([c.encode() for c in characters]), lowercase).numpy()
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "a", "##a"], lowercase=lowercase, max_length=5)
    cls, sep, unknown, pad = (
        tokenizer.cls_token_id,
        tokenizer.sep_token_id,
        tokenizer.unk_token_id,
        tokenizer.pad_token_id,
    )
    start, continuation = tokenizer.vocab_size - 2, tokenizer.vocab_size - 1
    class_of_ids = {
        (cls, start, continuation, sep, pad): DELETED,
        (cls, start, start, sep, pad): SPACE,
        (cls, start, unknown, start, sep): ISOLATED,
        (cls, unknown, sep, pad, pad): WORD,
        (cls, start, continuation, continuation, sep): WORD,
    }
    ids = tokenizer([f"a{c}a" for c in characters])["input_ids"].numpy()
    distinct, inverse = np.unique(ids, axis=0, return_inverse=True)
    classes = np.array([class_of_ids[tuple(row)] for row in distinct.tolist()], np.uint8)
    return CharacterClasses(classes[inverse.reshape(-1)], [text.decode() for text in normalized])


def are_reordered(pairs: list[str]) -> list[bool]:
    """Returns for each pair of characters whether NFD swaps them.

    NFD sorts combining marks by their combining classes (The Unicode Standard, section 3.11),
    and the tokenizer does not strip all of them afterwards.

    Args:
        pairs: strings of two characters.
    """
    ordered = tf_text.normalize_utf8(tf.constant([p.encode() for p in pairs], tf.string), "NFD")
    return [
        text.decode() == pair[::-1] != pair
        for pair, text in zip(pairs, ordered.numpy(), strict=True)
    ]


@functools.cache
def word_ranges() -> tuple[tuple[int, int], ...]:
    """Returns how `tfsqueeze.tokenizers.words.split_words` reads characters, as ranges.

    It reads them before they are normalized, and its library has Unicode tables of its own.

    Returns:
        (first code point, number), ascending: 0 for a part of a word, 1 for a character between
        words, 2 for a word by itself. A range ends where the next begins.
    """
    from tokenizers.pre_tokenizers import BertPreTokenizer

    pre_tokenizer = BertPreTokenizer()
    kind_of_count = np.array([_LETTER, _LETTER, _BETWEEN_WORDS, _WORD_BY_ITSELF])
    kinds = np.empty(CODE_POINTS, np.int64)
    for start in range(0, CODE_POINTS, _CHARACTERS_AT_ONCE):
        part = range(start, min(start + _CHARACTERS_AT_ONCE, CODE_POINTS))
        # Four characters for each, in which it makes one, two or three words.
        text = " ".join(f"a{chr(c) if c not in _SURROGATES else 'a'}a" for c in part)
        words = pre_tokenizer.pre_tokenize_str(text)
        counts = np.bincount([begin // 4 for _, (begin, _) in words], minlength=len(part))
        kinds[start : part.stop] = kind_of_count[counts]
    return tuple(
        (int(first), int(kinds[first])) for first in np.flatnonzero(np.diff(kinds, prepend=-1))
    )

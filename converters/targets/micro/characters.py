"""What the tokenizer makes of each Unicode character, asked of the tokenizer itself."""

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

# Kinds of characters.
DELETED, SPACE, ISOLATED, WORD = range(4)


@dataclass(frozen=True)
class Characters:
    """How texts are split into words, character by character.

    kinds: uint8 [0x110000]; per code point whether it is deleted, separates words, is a word on
        its own (punctuation, Chinese) or is part of a word.
    normalized: per code point what normalization makes of it, a string of any length.
    """

    kinds: np.ndarray
    normalized: list[str]


@functools.lru_cache(maxsize=2)
def classify_characters(lowercase: bool) -> Characters:
    """Probes `WordPieceTokenizer` with every code point between two letters.

    The tables of TensorFlow's ICU and RE2 differ in their Unicode versions from each other and
    from Python's, so what counts is asked of the tokenizer and not looked up elsewhere.
    """
    every = [chr(c) if c not in _SURROGATES else "" for c in range(CODE_POINTS)]
    normalized = normalize(tf.constant([c.encode() for c in every]), lowercase).numpy()
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "a", "##a"], lowercase=lowercase, max_length=5)
    cls, sep, unknown, pad = (
        tokenizer.cls_token_id,
        tokenizer.sep_token_id,
        tokenizer.unk_token_id,
        tokenizer.pad_token_id,
    )
    start, rest = tokenizer.vocab_size - 2, tokenizer.vocab_size - 1
    kinds_of_rows = {
        (cls, start, rest, sep, pad): DELETED,
        (cls, start, start, sep, pad): SPACE,
        (cls, start, unknown, start, sep): ISOLATED,
        (cls, unknown, sep, pad, pad): WORD,
        (cls, start, rest, rest, sep): WORD,
    }
    rows = tokenizer([f"a{c}a" for c in every])["input_ids"].numpy()
    distinct, which = np.unique(rows, axis=0, return_inverse=True)
    kinds = np.array([kinds_of_rows[tuple(row)] for row in distinct.tolist()], np.uint8)
    return Characters(kinds[which.reshape(-1)], [text.decode() for text in normalized])


def swapped(pairs: list[str]) -> list[bool]:
    """Per pair of characters whether normalization turns it around: it sorts combining marks by
    their classes (NFD), and not all are stripped after it."""
    ordered = tf_text.normalize_utf8(tf.constant([p.encode() for p in pairs], tf.string), "NFD")
    return [
        text.decode() == pair[::-1] != pair
        for pair, text in zip(pairs, ordered.numpy(), strict=True)
    ]

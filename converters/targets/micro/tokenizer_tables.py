"""The tables of the C tokenizer: the characters and tokens of one vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from converters.targets.micro.characters import (
    CODE_POINTS,
    DELETED,
    HANGUL_SYLLABLES,
    ISOLATED,
    SPACE,
    WORD,
    Characters,
    classify_characters,
    swapped,
)
from tfsqueeze.tokenizers.tokenizer_settings import CONTINUATION_PREFIX
from tfsqueeze.utils.errors import UserError

# Symbols with a meaning of their own; `tokenizer.c` knows them by these numbers.
UNKNOWN, UNKNOWN_ISOLATED, SEPARATOR, NOTHING, FIRST_KNOWN = range(5)
_SYMBOL_OF_KIND = {WORD: UNKNOWN, ISOLATED: UNKNOWN_ISOLATED, SPACE: SEPARATOR, DELETED: NOTHING}
_ASCII_ALPHANUMERIC = 0x80
_HANGUL_JAMO = range(0x1100, 0x1200)
# Marks a code point that the ranges need not cover.
_MAPPED = -1


@dataclass(frozen=True)
class TokenizerTables:
    """What the C tokenizer looks up.

    Characters of the vocabulary are numbered as symbols from `FIRST_KNOWN` on, those that are a
    word on their own from `first_isolated` on. A character that the vocabulary lacks makes its
    word [UNK] whatever it is, so one symbol stands for all such letters, one for all such
    punctuation, and the tables stay small.

    ranges: [(first code point, symbol)], ascending; a range ends where the next begins.
    mapped: [(code point, symbol)], ascending, looked up before the ranges.
    expansions: symbols that a code point is decomposed to; a mapped symbol from
        `first_expansion` on is one of these.
    symbol_info: per symbol the bytes of its UTF-8, plus 128 for ASCII letters and digits.
    tokens: [(symbols, id)], those that start a word and then, from `start_tokens` on, those
        that continue one; each part ascending.
    """

    ranges: list[tuple[int, int]]
    mapped: list[tuple[int, int]]
    expansions: list[tuple[int, ...]]
    symbol_info: list[int]
    tokens: list[tuple[tuple[int, ...], int]]
    start_tokens: int
    first_isolated: int
    first_expansion: int
    decomposes_hangul: bool


def build_tables(vocabulary: Sequence[str], lowercase: bool) -> TokenizerTables:
    """Builds the tables for a vocabulary.

    Raises UserError where a token holds white space, which tensorflow-text matches across words,
    or the vocabulary has combining marks that a text may hold in another order than Unicode's,
    which the C tokenizer does not sort.
    """
    characters = classify_characters(lowercase)
    for token in vocabulary:
        if any(characters.kinds[ord(c)] == SPACE for c in token):
            raise UserError(
                f"the vocabulary's token {token!r} holds white space, which no word has; remove it"
            )
    matchable = _matchable(vocabulary, characters)
    symbols, isolated = _number_characters(matchable, characters)
    _check_order(symbols, lowercase)
    first_isolated = FIRST_KNOWN + len(symbols) - isolated
    first_expansion = FIRST_KNOWN + len(symbols)
    decomposes_hangul = lowercase and any(ord(c) in _HANGUL_JAMO for c in symbols)

    mapped, expansions = [], {}
    values = np.array([_SYMBOL_OF_KIND[kind] for kind in range(4)])[characters.kinds]
    for code_point, text in enumerate(characters.normalized):
        if decomposes_hangul and code_point in HANGUL_SYLLABLES:
            values[code_point] = _MAPPED
            continue
        made = tuple(symbols.get(c, _SYMBOL_OF_KIND[characters.kinds[ord(c)]]) for c in text)
        if (
            len(made) > 1
            and UNKNOWN in made
            and max(made) < first_isolated
            and (not {UNKNOWN_ISOLATED, SEPARATOR, NOTHING} & set(made))
        ):
            made = (UNKNOWN,)  # One unknown letter makes the whole word unknown.
        if len(made) > 1:
            symbol = expansions.setdefault(made, first_expansion + len(expansions))
        elif made and made[0] >= FIRST_KNOWN:
            symbol = made[0]
        else:
            values[code_point] = made[0] if made else NOTHING
            continue
        mapped.append((code_point, symbol))
        values[code_point] = _MAPPED

    start, rest = (
        sorted(
            (tuple(symbols[c] for c in text), token_id)
            for text, is_continuation, token_id in matchable
            if is_continuation == part
        )
        for part in (False, True)
    )
    return TokenizerTables(
        ranges=_ranges(values),
        mapped=mapped,
        expansions=list(expansions),
        symbol_info=[0] * FIRST_KNOWN
        + [
            len(c.encode()) | (_ASCII_ALPHANUMERIC if c.isascii() and c.isalnum() else 0)
            for c in symbols
        ],
        tokens=start + rest,
        start_tokens=len(start),
        first_isolated=first_isolated,
        first_expansion=first_expansion,
        decomposes_hangul=decomposes_hangul,
    )


def _matchable(vocabulary, characters: Characters) -> list[tuple[str, bool, int]]:
    """The tokens that a normalized word can be cut into: (text, whether it goes on a word, id)."""
    tokens = []
    for token_id, token in enumerate(vocabulary):
        text = token.removeprefix(CONTINUATION_PREFIX)
        # A character that normalization changes is in no normalized text.
        if any(characters.normalized[ord(c)] != c for c in text):
            continue
        kinds = {characters.kinds[ord(c)] for c in text}
        if kinds == {WORD} or (kinds == {ISOLATED} and len(token) == 1):
            tokens.append((text, text != token, token_id))
    return tokens


def _number_characters(tokens, characters: Characters) -> tuple[dict[str, int], int]:
    """Symbols of the tokens' characters, and how many of them are words on their own (the last
    ones)."""
    used = sorted(
        {c for text, _, _ in tokens for c in text},
        key=lambda c: (characters.kinds[ord(c)] == ISOLATED, c),
    )
    isolated = sum(characters.kinds[ord(c)] == ISOLATED for c in used)
    return {c: FIRST_KNOWN + i for i, c in enumerate(used)}, isolated


def _check_order(symbols, lowercase):
    if not lowercase:
        return  # Nothing is decomposed then.
    characters = list(symbols)
    # Any mark is sorted after one of the lowest class, or before one of the class of accents.
    after = swapped([c + "\u0334" for c in characters])
    before = swapped(["\u0301" + c for c in characters])
    marks = [c for c, *found in zip(characters, after, before, strict=True) if any(found)]
    if any(swapped([first + second for first in marks for second in marks])):
        raise UserError(
            "the vocabulary has combining marks of several classes ("
            + ", ".join(f"U+{ord(c):04X}" for c in marks)
            + "), which the C tokenizer does not sort; train with texts without one of them"
        )


def _ranges(values: np.ndarray) -> list[tuple[int, int]]:
    """The fewest ranges of equal values; what is mapped belongs to whatever is around it."""
    ranges = []
    relevant = np.flatnonzero(values != _MAPPED)
    changes = np.flatnonzero(np.diff(values[relevant], prepend=_MAPPED))
    for index in changes:
        ranges.append((int(relevant[index]), int(values[relevant[index]])))
    ranges[0] = 0, ranges[0][1]
    assert len(values) == CODE_POINTS
    return ranges

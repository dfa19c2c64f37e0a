"""Builds the tables of the C tokenizer: the characters and tokens of one vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from converters.targets.micro.character_classes import (
    CODE_POINTS,
    DELETED,
    HANGUL_SYLLABLES,
    ISOLATED,
    SPACE,
    WORD,
    CharacterClasses,
    are_reordered,
    classify_characters,
)
from tfsqueeze.tokenizers.tokenizer_settings import CONTINUATION_PREFIX
from tfsqueeze.utils.errors import UserError

# The symbols that stand for no character of the vocabulary; `tokenizer.c` has the same numbers.
UNKNOWN, UNKNOWN_ISOLATED, WHITESPACE, EMPTY, FIRST_KNOWN = range(5)
_SYMBOL_OF_CLASS = {WORD: UNKNOWN, ISOLATED: UNKNOWN_ISOLATED, SPACE: WHITESPACE, DELETED: EMPTY}
_ASCII_ALPHANUMERIC = 0x80
_HANGUL_JAMO = range(0x1100, 0x1200)
# The value of a code point that the ranges need not cover.
_MAPPED = -1


@dataclass(frozen=True)
class TokenizerTables:
    """The tables that the C tokenizer looks characters and tokens up in.

    The characters of the vocabulary are numbered as symbols from `FIRST_KNOWN`. A character that
    the vocabulary lacks makes its word [UNK]. So `UNKNOWN` stands for all such characters within
    words, and `UNKNOWN_ISOLATED` for all such characters that are words by themselves, which
    keeps the tables small.

    Attributes:
        ranges: (first code point, symbol), ascending; a range ends where the next begins.
        mapped: (code point, symbol), ascending; looked up before the ranges.
        expansions: for each symbol from `first_expansion`, the symbols that it decomposes to.
        symbol_info: for each symbol below `first_expansion`, its length in bytes of UTF-8, plus
            128 for ASCII letters and digits.
        tokens: (symbols, token id): first the tokens that start a word, then those that continue
            one; each part ascending.
        start_tokens: number of tokens that start a word.
        first_isolated: the first symbol of a character that is a word by itself.
        first_expansion: the first symbol of an expansion.
        decomposes_hangul: whether the tokenizer has to decompose Hangul syllables.
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
    """Builds the tables of a vocabulary.

    Args:
        vocabulary: the tokens in the order of their ids.
        lowercase: whether the tokenizer lowercases texts and strips accents.

    Raises:
        UserError: the vocabulary has combining marks of several classes, which a text may hold in
            another order than Unicode's canonical one, and which the C tokenizer does not sort.
    """
    characters = classify_characters(lowercase)
    matchable = _matchable(vocabulary, characters)
    symbols, isolated = _number_characters(matchable, characters)
    _check_order(symbols, lowercase)
    first_isolated = FIRST_KNOWN + len(symbols) - isolated
    first_expansion = FIRST_KNOWN + len(symbols)
    decomposes_hangul = lowercase and any(ord(c) in _HANGUL_JAMO for c in symbols)

    mapped, expansions = [], {}
    values = np.array([_SYMBOL_OF_CLASS[number] for number in range(4)])[characters.classes]
    for code_point, text in enumerate(characters.normalized):
        if decomposes_hangul and code_point in HANGUL_SYLLABLES:
            values[code_point] = _MAPPED
            continue
        expansion = tuple(
            symbols.get(c, _SYMBOL_OF_CLASS[characters.classes[ord(c)]]) for c in text
        )
        if (
            len(expansion) > 1
            and UNKNOWN in expansion
            and max(expansion) < first_isolated
            and (not {UNKNOWN_ISOLATED, WHITESPACE, EMPTY} & set(expansion))
        ):
            expansion = (UNKNOWN,)  # One unknown letter makes the whole word unknown.
        if len(expansion) > 1:
            symbol = expansions.setdefault(expansion, first_expansion + len(expansions))
        elif expansion and expansion[0] >= FIRST_KNOWN:
            symbol = expansion[0]
        else:
            values[code_point] = expansion[0] if expansion else EMPTY
            continue
        mapped.append((code_point, symbol))
        values[code_point] = _MAPPED

    start, continuation = (
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
        tokens=start + continuation,
        start_tokens=len(start),
        first_isolated=first_isolated,
        first_expansion=first_expansion,
        decomposes_hangul=decomposes_hangul,
    )


def _matchable(vocabulary, characters: CharacterClasses) -> list[tuple[str, bool, int]]:
    """Returns the tokens that can match in a normalized word.

    Returns:
        (text without the prefix, whether the token continues a word, token id).
    """
    tokens = []
    for token_id, token in enumerate(vocabulary):
        text = token.removeprefix(CONTINUATION_PREFIX)
        # No normalized text has a character that normalization changes.
        if any(characters.normalized[ord(c)] != c for c in text):
            continue
        classes = {characters.classes[ord(c)] for c in text}
        if classes == {WORD} or (classes == {ISOLATED} and len(token) == 1):
            tokens.append((text, text != token, token_id))
    return tokens


def _number_characters(tokens, characters: CharacterClasses) -> tuple[dict[str, int], int]:
    """Numbers the characters of the tokens, those that are words by themselves last.

    Returns:
        The symbol of each character, and the number of characters that are words by themselves.
    """
    used = sorted(
        {c for text, _, _ in tokens for c in text},
        key=lambda c: (characters.classes[ord(c)] == ISOLATED, c),
    )
    isolated = sum(characters.classes[ord(c)] == ISOLATED for c in used)
    return {c: FIRST_KNOWN + i for i, c in enumerate(used)}, isolated


def _check_order(symbols, lowercase):
    if not lowercase:
        return  # The tokenizer decomposes nothing then.
    characters = list(symbols)
    # NFD sorts any mark after one of the lowest class, or before one of the class of accents.
    after = are_reordered([c + "\u0334" for c in characters])
    before = are_reordered(["\u0301" + c for c in characters])
    marks = [c for c, *found in zip(characters, after, before, strict=True) if any(found)]
    if any(are_reordered([first + second for first in marks for second in marks])):
        raise UserError(
            "the vocabulary has combining marks of several classes ("
            + ", ".join(f"U+{ord(c):04X}" for c in marks)
            + "), which the C tokenizer does not sort; train with texts without one of them"
        )


def _ranges(values: np.ndarray) -> list[tuple[int, int]]:
    """Returns the fewest ranges of equal values; a mapped code point may be in any range."""
    ranges = []
    relevant = np.flatnonzero(values != _MAPPED)
    changes = np.flatnonzero(np.diff(values[relevant], prepend=_MAPPED))
    for index in changes:
        ranges.append((int(relevant[index]), int(values[relevant[index]])))
    ranges[0] = 0, ranges[0][1]
    assert len(values) == CODE_POINTS
    return ranges

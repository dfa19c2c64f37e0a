"""The C tokenizer's tables hold what a vocabulary needs and no more."""

from __future__ import annotations

import numpy as np
import pytest

from converters.targets.micro.character_classes import (
    CODE_POINTS,
    DELETED,
    ISOLATED,
    SPACE,
    WORD,
    are_reordered,
    classify_characters,
)
from converters.targets.micro.tokenizer_tables import (
    EMPTY,
    FIRST_KNOWN,
    UNKNOWN,
    UNKNOWN_ISOLATED,
    WHITESPACE,
    build_tables,
)
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.utils.errors import UserError

VOCABULARY = [*SPECIAL_TOKENS, "a", "b", "##a", "ab", "!", "##bb", "Z", "x!", "a b", "\u2028"]


def symbol_of(tables, character):
    """The symbol that the C tokenizer looks up."""
    code_point = ord(character)
    mapped = dict(tables.mapped)
    if code_point in mapped:
        return mapped[code_point]
    starts = [first for first, _ in tables.ranges]
    return tables.ranges[np.searchsorted(starts, code_point, side="right") - 1][1]


@pytest.mark.parametrize(
    "character, character_class, normalized",
    [
        ("a", WORD, "a"),
        ("É", WORD, "e"),
        ("Σ", WORD, "σ"),
        ("½", WORD, "½"),
        ("ß", WORD, "ß"),
        (" ", SPACE, " "),
        ("\n", SPACE, "\n"),
        ("\u3000", SPACE, "\u3000"),
        ("!", ISOLATED, "!"),
        ("東", ISOLATED, "東"),
        ("\u0301", DELETED, ""),
        ("\u200b", DELETED, ""),
        ("\x00", DELETED, ""),
        ("\ufffd", DELETED, ""),
    ],
)
def test_characters_are_what_the_tokenizer_says(character, character_class, normalized):
    characters = classify_characters(True)
    assert characters.classes[ord(character)] == character_class
    assert characters.normalized[ord(character)] == normalized


def test_cased_characters_keep_case_and_accents():
    characters = classify_characters(False)
    assert characters.normalized[ord("É")] == "É"
    assert characters.classes[0x301] == WORD


def test_every_character_has_a_symbol():
    tables = build_tables(VOCABULARY, True)
    assert tables.ranges[0][0] == 0 and tables.ranges == sorted(tables.ranges)
    assert all(first < CODE_POINTS for first, _ in tables.ranges)
    a, b, exclamation = range(FIRST_KNOWN, FIRST_KNOWN + 3)
    found = {c: symbol_of(tables, c) for c in "aÀábB!?Z東ж \u0301"}
    assert found == {
        "a": a,
        "À": a,
        "á": a,
        "b": b,
        "B": b,
        "!": exclamation,
        "?": UNKNOWN_ISOLATED,
        "Z": UNKNOWN,
        "東": UNKNOWN_ISOLATED,
        "ж": UNKNOWN,
        " ": WHITESPACE,
        "\u0301": EMPTY,
    }
    assert tables.first_isolated == exclamation


def test_tokens_that_no_text_can_give_are_left_out():
    tables = build_tables(VOCABULARY, True)
    a, b, exclamation = range(FIRST_KNOWN, FIRST_KNOWN + 3)
    # Not "Z", which lowercasing takes away, nor "x!", which is split, nor white space, nor the
    # special tokens.
    assert tables.tokens[: tables.start_tokens] == [
        ((a,), 5),
        ((a, b), 8),
        ((b,), 6),
        ((exclamation,), 9),
    ]
    assert tables.tokens[tables.start_tokens :] == [((a,), 7), ((b, b), 10)]


def test_syllables_are_decomposed_only_where_the_vocabulary_has_their_parts():
    assert not build_tables(VOCABULARY, True).decomposes_hangul
    korean = build_tables([*SPECIAL_TOKENS, "\u1112", "##\u1161"], True)
    assert korean.decomposes_hangul and len(korean.mapped) == 2
    assert not build_tables([*SPECIAL_TOKENS, "한"], False).decomposes_hangul


def test_a_letter_of_two_known_parts_becomes_both():
    tables = build_tables([*SPECIAL_TOKENS, "\u0bc6", "##\u0bbe"], True)
    symbol = symbol_of(tables, "\u0bca")
    assert [symbol_of(tables, "\u0bc6"), symbol_of(tables, "\u0bbe")] == list(
        tables.expansions[symbol - tables.first_expansion]
    )


def test_marks_that_would_need_sorting_are_refused():
    assert are_reordered(["\u302e\u1b44", "\u1b44\u302e", "ab"]) == [True, False, False]
    with pytest.raises(UserError, match=r"several classes \(U\+1B44, U\+302E\)"):
        build_tables([*SPECIAL_TOKENS, "\u302e", "\u1b44"], True)
    build_tables([*SPECIAL_TOKENS, "\u302e", "\u1b44"], False)
    build_tables([*SPECIAL_TOKENS, "\u302e", "\u302f"], True)

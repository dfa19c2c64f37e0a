"""Writes the table of characters that the tokenizers in Kotlin and in JavaScript carry.

    python android_demo/core/character_table.py

The table records what the tokenizers themselves do with every code point. The Unicode versions of
TensorFlow's ICU and RE2 and of Hugging Face's `tokenizers` differ from each other, and those of
phones and browsers from one to the next.

The file, big-endian:

    uint8  [4352]      index of the page of each 256 code points
    uint16             number of pages
    uint8  [pages,256] flags of the code points of a page, those of `Flags`
    uint16             number of code points with a replacement
      uint24 code point, uint8 length, uint24 [length] the code points it becomes
    uint16             number of combining marks that are kept
      uint24 code point, uint8 its rank among combining classes
"""

from __future__ import annotations

import enum
import struct
import unicodedata
from pathlib import Path

import numpy as np
import tensorflow as tf
from tokenizers.pre_tokenizers import BertPreTokenizer

from converters.targets import web
from converters.targets.micro.character_classes import (
    CODE_POINTS,
    DELETED,
    HANGUL_SYLLABLES,
    are_reordered,
    classify_characters,
)
from tfsqueeze.tokenizers.text_normalization import normalize
from tfsqueeze.utils.files import write_atomically

# The same file for the Android app and for the page of the target `web`.
TABLES = (
    Path(__file__).parent / "src/main/resources/io/github/tfsqueeze/core/characters.bin",
    Path(web.__file__).parent / "page/tokenizer/characters.bin",
)
_PAGE = 256
_SURROGATES = range(0xD800, 0xE000)


class Flags(enum.IntFlag):
    """The bits of a code point's byte, also in `CharacterTable.kt` and `character_table.js`."""

    KIND = 0x03  # DELETED, SPACE, ISOLATED or WORD in cased texts
    REPLACED = 0x04  # others replace it in lowercased texts
    STRIPPED = 0x08  # lowercased texts lose it
    MARK = 0x10  # when NFD sorts combining marks, it may move it, or others across it
    SPACE = 0x20  # white space to `BertPreTokenizer`
    PUNCTUATION = 0x40  # a word on its own to `BertPreTokenizer`


def table_bytes() -> bytes:
    """Returns the content of the file."""
    cased, lowercased = classify_characters(False), classify_characters(True)
    flags = cased.classes.astype(np.uint8)
    replacements = {}
    for code_point, text in enumerate(lowercased.normalized):
        if code_point in HANGUL_SYLLABLES or text == chr(code_point):
            continue
        if text:
            flags[code_point] |= Flags.REPLACED
            replacements[code_point] = text
        elif cased.classes[code_point] != DELETED:
            flags[code_point] |= Flags.STRIPPED
    ranks = _combining_ranks()
    flags[list(ranks)] |= Flags.MARK
    stripped = np.flatnonzero(flags & Flags.STRIPPED)
    flags[stripped] &= ~np.uint8(Flags.MARK)
    flags[stripped[_lets_marks_pass(stripped)]] |= Flags.MARK
    spaces, punctuation = _pre_tokenized()
    flags[spaces] |= Flags.SPACE
    flags[punctuation] |= Flags.PUNCTUATION
    # Only those that are kept are ever sorted.
    ranks = {
        c: rank for c, rank in ranks.items() if not flags[c] & (Flags.STRIPPED | Flags.REPLACED)
    }

    pages, numbers = np.unique(flags.reshape(-1, _PAGE), axis=0, return_inverse=True)
    content = [numbers.astype(np.uint8).tobytes(), struct.pack(">H", len(pages)), pages.tobytes()]
    assert len(pages) <= _PAGE and numbers.size == CODE_POINTS // _PAGE
    content.append(struct.pack(">H", len(replacements)))
    for code_point, text in replacements.items():
        content += [_uint24(code_point), bytes([len(text)]), *(_uint24(ord(c)) for c in text)]
    content.append(struct.pack(">H", len(ranks)))
    content += [_uint24(code_point) + bytes([rank]) for code_point, rank in ranks.items()]
    return b"".join(content)


def _combining_ranks() -> dict[int, int]:
    """Returns, for each combining mark, how many combining classes come before its own in NFD."""
    classes = {
        unicodedata.combining(chr(c)): chr(c)
        for c in range(CODE_POINTS)
        if not unicodedata.decomposition(chr(c))
    }
    references = [classes[number] for number in sorted(classes) if number]
    every = [chr(c) for c in range(CODE_POINTS) if c not in _SURROGATES]
    # A mark comes after one of the lowest class, or before one of the highest.
    moved = np.array(are_reordered([c + references[0] for c in every])) | np.array(
        are_reordered([references[-1] + c for c in every])
    )
    marks = [c for c, found in zip(every, moved, strict=True) if found]
    after = np.array(are_reordered([c + reference for c in marks for reference in references]))
    ranks = after.reshape(len(marks), len(references)).sum(axis=1)
    return {ord(c): int(rank) for c, rank in zip(marks, ranks, strict=True)}


def _lets_marks_pass(code_points: np.ndarray) -> list[bool]:
    """Returns whether NFD sorts two marks that are kept with a code point between them."""
    high, low = "\u302e", "\u1b44"
    texts = [f"{high}{chr(c)}{low}".encode() for c in code_points]
    return (normalize(tf.constant(texts), True).numpy() == f"{low}{high}".encode()).tolist()


def _pre_tokenized() -> tuple[list[int], list[int]]:
    """Returns the white space and the punctuation of `BertPreTokenizer`."""
    pre_tokenizer, spaces, punctuation = BertPreTokenizer(), [], []
    for code_point in range(CODE_POINTS):
        if code_point in _SURROGATES:
            continue
        words = len(pre_tokenizer.pre_tokenize_str(f"a{chr(code_point)}a"))
        if words > 1:
            (spaces if words == 2 else punctuation).append(code_point)
    return spaces, punctuation


def _uint24(value: int) -> bytes:
    return value.to_bytes(3, "big")


if __name__ == "__main__":
    content = table_bytes()
    for table in TABLES:
        with write_atomically(table) as path:
            path.write_bytes(content)
        print(f"{table}: {len(content):,} bytes")

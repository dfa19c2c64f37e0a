"""Generates the C sources of a model and of its tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from converters.targets.micro.c_syntax import (
    GENERATED,
    array_definition,
    define,
    header_file,
    start_offsets,
    unsigned_type,
)
from converters.targets.micro.character_classes import word_ranges
from converters.targets.micro.tokenizer_tables import (
    EMPTY,
    FIRST_KNOWN,
    UNKNOWN,
    UNKNOWN_ISOLATED,
    WHITESPACE,
    build_tables,
)
from tfsqueeze.tokenizers.question_encodings import MAX_QUESTION_TOKENS
from tfsqueeze.tokenizers.tokenizer_settings import CONTINUATION_PREFIX
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError


@dataclass(frozen=True)
class SourceFiles:
    """Generated C sources.

    Attributes:
        texts: the sources by file name.
        constant_bytes: size of their constants in flash.
    """

    texts: dict[str, str]
    constant_bytes: int


def model_sources(model: bytes) -> SourceFiles:
    """Returns model_data.h and model_data.cc, which hold the .tflite file.

    The array is aligned to 16 bytes, so that the interpreter can read it in place.

    Args:
        model: the bytes of the .tflite file.
    """
    header = (
        define("MODEL_BYTES", len(model))
        + "\nextern const unsigned char model_data[MODEL_BYTES];\n"
    )
    definition = array_definition("alignas(16) const unsigned char model_data[MODEL_BYTES]", model)
    return SourceFiles(
        {
            "model_data.h": header_file("MODEL_DATA_H", header),
            "model_data.cc": f'{GENERATED}#include "model_data.h"\n\n{definition}',
        },
        len(model),
    )


def tokenizer_sources(
    tokenizer: WordPieceTokenizer, *, tells_words: bool = False, takes_questions: bool = False
) -> SourceFiles:
    """Returns tokenizer_tables.h and tokenizer_tables.c.

    Args:
        tokenizer: the tokenizer.
        tells_words: whether to add what `tokenizer_encode_words` needs.
        takes_questions: whether to add what `tokenizer_encode_question` needs.

    Raises:
        UserError: see `build_tables`; or the tokenizer has match types and is cased.
    """
    tables = build_tables(tokenizer.vocabulary, tokenizer.lowercase)
    pieces = [symbols for symbols, _ in tables.tokens]
    symbol_type, symbol_size = unsigned_type(tables.first_expansion + len(tables.expansions) - 1)
    offset_type, offset_size = unsigned_type(sum(map(len, pieces)))
    id_type, id_size = unsigned_type(tokenizer.vocab_size - 1)
    # The element type of each array, its size in bytes, and the elements.
    arrays = {
        "ranges": ("uint32_t", 4, [first << 2 | symbol for first, symbol in tables.ranges]),
        "mapped_code_points": ("uint32_t", 4, [first for first, _ in tables.mapped]),
        "mapped_symbols": (
            "tokenizer_symbol",
            symbol_size,
            [symbol for _, symbol in tables.mapped],
        ),
        "expansion_starts": ("uint16_t", 2, start_offsets(tables.expansions)),
        "expansion_symbols": (
            "tokenizer_symbol",
            symbol_size,
            [symbol for expansion in tables.expansions for symbol in expansion],
        ),
        "symbol_info": ("uint8_t", 1, tables.symbol_info),
        "token_starts": (offset_type, offset_size, start_offsets(pieces)),
        "token_symbols": (
            "tokenizer_symbol",
            symbol_size,
            [symbol for piece in pieces for symbol in piece],
        ),
        "token_ids": (id_type, id_size, [token_id for _, token_id in tables.tokens]),
    }
    words = word_ranges() if tells_words else ()
    if words:
        arrays["word_ranges"] = ("uint32_t", 4, [first << 2 | kind for first, kind in words])
    stop_words = None
    if tokenizer.match_types is not None:
        stop_words = _stop_words(tokenizer)
        arrays["stop_word_starts"] = ("uint16_t", 2, start_offsets(stop_words))
        arrays["stop_word_ids"] = (id_type, id_size, [i for ids in stop_words for i in ids])
        arrays["continuations"] = ("uint8_t", 1, _continuations(tokenizer.vocabulary))
    numbers = {
        "CLS_ID": tokenizer.cls_token_id,
        "SEP_ID": tokenizer.sep_token_id,
        "PAD_ID": tokenizer.pad_token_id,
        "UNKNOWN_ID": tokenizer.unk_token_id,
        "UNKNOWN": UNKNOWN,
        "UNKNOWN_ISOLATED": UNKNOWN_ISOLATED,
        "WHITESPACE": WHITESPACE,
        "EMPTY": EMPTY,
        "FIRST_KNOWN": FIRST_KNOWN,
        "FIRST_ISOLATED": tables.first_isolated,
        "FIRST_EXPANSION": tables.first_expansion,
        "DECOMPOSES_HANGUL": int(tables.decomposes_hangul),
        "RANGES": len(tables.ranges),
        "MAPPED": len(tables.mapped),
        "TOKENS": len(tables.tokens),
        "START_TOKENS": tables.start_tokens,
        **({"WORD_RANGES": len(words)} if words else {}),
        **({"MAX_QUESTION_TOKENS": MAX_QUESTION_TOKENS} if takes_questions else {}),
        **({} if stop_words is None else {"STOP_WORDS": len(stop_words)}),
    }
    header = "".join(define(f"TOKENIZER_{name}", value) for name, value in numbers.items())
    header += f"\ntypedef {symbol_type} tokenizer_symbol;\n\n"
    header += "".join(
        f"extern const {type_} tokenizer_{name}[];\n" for name, (type_, _, _) in arrays.items()
    )
    definitions = "\n".join(
        array_definition(f"const {type_} tokenizer_{name}[]", values)
        for name, (type_, _, values) in arrays.items()
    )
    return SourceFiles(
        {
            "tokenizer_tables.h": header_file("TOKENIZER_TABLES_H", header),
            "tokenizer_tables.c": f'{GENERATED}#include "tokenizer_tables.h"\n\n{definitions}',
        },
        sum(size * max(1, len(values)) for _, size, values in arrays.values()),
    )


def _stop_words(tokenizer: WordPieceTokenizer) -> list[list[int]]:
    """Returns the token ids of each stop word that may be a word of a text."""
    if not tokenizer.lowercase:
        raise UserError(
            "the tokenizer in C finds the words that both texts have by their token ids, which "
            "differ with capitals; train without --cased or without --match-types"
        )
    words = list(tokenizer.match_types.stop_words)
    # [CLS], at most a token for each letter, and [SEP].
    rows = tokenizer.to_device()(words, max_length=max(map(len, words), default=0) + 2)
    found = [
        ids[1 : length - 1].tolist()
        for ids, length in zip(rows["input_ids"], rows["attention_mask"].sum(axis=1), strict=True)
    ]
    # A text is split around punctuation, so that a stop word with some is none of its words.
    is_continuation = [token.startswith(CONTINUATION_PREFIX) for token in tokenizer.vocabulary]
    return [
        ids
        for ids in found
        if ids
        and tokenizer.unk_token_id not in ids
        and all(is_continuation[token] for token in ids[1:])
    ]


def _continuations(vocabulary: Sequence[str]) -> list[int]:
    """Returns a bit for each token, 1 if it continues a word, in bytes from the lowest bit on."""
    is_continuation = [token.startswith(CONTINUATION_PREFIX) for token in vocabulary]
    return np.packbits(is_continuation, bitorder="little").tolist()

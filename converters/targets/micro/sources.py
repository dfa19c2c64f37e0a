"""The generated C sources of an export: model, tokenizer tables, classifier tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from converters.targets.micro.c_source import (
    GENERATED,
    array,
    define,
    float_literal,
    guarded,
    lengths_to_starts,
    string,
    unsigned_type,
)
from converters.targets.micro.tokenizer_tables import (
    FIRST_KNOWN,
    NOTHING,
    SEPARATOR,
    UNKNOWN,
    UNKNOWN_ISOLATED,
    TokenizerTables,
)
from converters.tflite.inspection import Tensor
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

_INT8_VALUES = 256


@dataclass(frozen=True)
class SourceFiles:
    """Texts by file name, and the bytes that their constants take in flash."""

    texts: dict[str, str]
    constant_bytes: int


def model_sources(model: bytes, max_length: int, arena_bytes: int) -> SourceFiles:
    """model_data.h and .cc: the .tflite file as an array aligned to 16 bytes, which the
    interpreter reads in place."""
    header = (
        define("MODEL_MAX_LENGTH", max_length)
        + "/* Bytes that the interpreter's tensors take. */\n"
        + define("MODEL_ARENA_BYTES", arena_bytes)
        + define("MODEL_BYTES", len(model))
        + "\nextern const unsigned char model_data[MODEL_BYTES];\n"
    )
    definition = array("alignas(16) const unsigned char model_data[MODEL_BYTES]", model)
    return SourceFiles(
        {
            "model_data.h": guarded("MODEL_DATA_H", header),
            "model_data.cc": f'{GENERATED}#include "model_data.h"\n\n{definition}',
        },
        len(model),
    )


def tokenizer_sources(tokenizer: WordPieceTokenizer, tables: TokenizerTables) -> SourceFiles:
    """tokenizer_tables.h and .c; `TokenizerTables` says what they hold."""
    pieces = [symbols for symbols, _ in tables.tokens]
    symbol, symbol_size = unsigned_type(tables.first_expansion + len(tables.expansions) - 1)
    start, start_size = unsigned_type(sum(map(len, pieces)))
    token_id, id_size = unsigned_type(tokenizer.vocab_size - 1)
    arrays = {  # name: (type, its bytes, values)
        "ranges": ("uint32_t", 4, [first << 2 | symbol for first, symbol in tables.ranges]),
        "mapped_code_points": ("uint32_t", 4, [first for first, _ in tables.mapped]),
        "mapped_symbols": (
            "tokenizer_symbol",
            symbol_size,
            [symbol for _, symbol in tables.mapped],
        ),
        "expansion_starts": ("uint16_t", 2, lengths_to_starts(tables.expansions)),
        "expansion_symbols": (
            "tokenizer_symbol",
            symbol_size,
            [symbol for made in tables.expansions for symbol in made],
        ),
        "symbol_info": ("uint8_t", 1, tables.symbol_info),
        "token_starts": (start, start_size, lengths_to_starts(pieces)),
        "token_symbols": (
            "tokenizer_symbol",
            symbol_size,
            [symbol for piece in pieces for symbol in piece],
        ),
        "token_ids": (token_id, id_size, [number for _, number in tables.tokens]),
    }
    numbers = {
        "CLS_ID": tokenizer.cls_token_id,
        "SEP_ID": tokenizer.sep_token_id,
        "PAD_ID": tokenizer.pad_token_id,
        "UNKNOWN_ID": tokenizer.unk_token_id,
        "UNKNOWN": UNKNOWN,
        "UNKNOWN_ISOLATED": UNKNOWN_ISOLATED,
        "SEPARATOR": SEPARATOR,
        "NOTHING": NOTHING,
        "FIRST_KNOWN": FIRST_KNOWN,
        "FIRST_ISOLATED": tables.first_isolated,
        "FIRST_EXPANSION": tables.first_expansion,
        "DECOMPOSES_HANGUL": int(tables.decomposes_hangul),
        "RANGES": len(tables.ranges),
        "MAPPED": len(tables.mapped),
        "TOKENS": len(tables.tokens),
        "START_TOKENS": tables.start_tokens,
    }
    header = "".join(define(f"TOKENIZER_{name}", value) for name, value in numbers.items())
    header += f"\ntypedef {symbol} tokenizer_symbol;\n\n"
    header += "".join(
        f"extern const {kind} tokenizer_{name}[];\n" for name, (kind, _, _) in arrays.items()
    )
    definitions = "\n".join(
        array(f"const {kind} tokenizer_{name}[]", values)
        for name, (kind, _, values) in arrays.items()
    )
    return SourceFiles(
        {
            "tokenizer_tables.h": guarded("TOKENIZER_TABLES_H", header),
            "tokenizer_tables.c": f'{GENERATED}#include "tokenizer_tables.h"\n\n{definitions}',
        },
        sum(size * max(1, len(values)) for _, size, values in arrays.values()),
    )


def classifier_sources(labels: Sequence[str], logits: Tensor) -> SourceFiles:
    """classifier_tables.h and .c: the labels, how the logits are quantized, and the exponential
    of every difference that two logits may have."""
    scale = logits.scales[0]
    header = (
        define("CLASSIFIER_LABELS", len(labels))
        + "/* Real value = scale * (logit - zero point). */\n"
        + define("CLASSIFIER_SCALE", float_literal(scale))
        + define("CLASSIFIER_ZERO_POINT", f"({logits.zero_point})")
        + "\nextern const char *const classifier_labels[CLASSIFIER_LABELS];\n"
        "/* exp(-scale * i) */\n"
        f"extern const float classifier_exponentials[{_INT8_VALUES}];\n"
    )
    definitions = (
        array("const char *const classifier_labels[CLASSIFIER_LABELS]", map(string, labels))
        + "\n"
        + array(
            f"const float classifier_exponentials[{_INT8_VALUES}]",
            (float_literal(math.exp(-scale * i)) for i in range(_INT8_VALUES)),
        )
    )
    size = 4 * _INT8_VALUES + sum(len(label.encode()) + 1 + 4 for label in labels)
    return SourceFiles(
        {
            "classifier_tables.h": guarded("CLASSIFIER_TABLES_H", header),
            "classifier_tables.c": f'{GENERATED}#include "classifier_tables.h"\n\n{definitions}',
        },
        size,
    )

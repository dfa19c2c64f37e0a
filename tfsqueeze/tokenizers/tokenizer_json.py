"""tokenizer.json, in which Hugging Face's library `tokenizers` describes a whole tokenizer."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from tfsqueeze.tokenizers.tokenizer_settings import (
    CLS_TOKEN,
    CONTINUATION_PREFIX,
    MAX_CHARACTERS_PER_WORD,
    SEP_TOKEN,
    UNK_TOKEN,
)
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import JsonValue, read_json, shown

# The names of the settings, by those of BertNormalizer.
_NORMALIZER_SETTINGS = {
    "lowercase": "do_lower_case",
    "strip_accents": "strip_accents",
    "handle_chinese_chars": "tokenize_chinese_chars",
    "clean_text": "clean_text",
}
# What stands around one text, and around a pair: the tokens or texts, and their token types.
_SINGLE = [(CLS_TOKEN, 0), ("A", 0), (SEP_TOKEN, 0)]
_PAIR = [*_SINGLE, ("B", 1), (SEP_TOKEN, 1)]


@dataclasses.dataclass(frozen=True)
class TokenizerJson:
    """What a tokenizer.json of BERT says.

    Args:
        vocabulary: the tokens in order of their ids.
        settings: those of its normalizer, under the keys of `tokenizer_config.json`.
        added_tokens: the added tokens, special ones too, with their ids.
    """

    vocabulary: list[str]
    settings: dict[str, Any]
    added_tokens: list[tuple[str, int]]


def read_tokenizer_json(path: Path) -> TokenizerJson:
    """Reads a tokenizer.json.

    Args:
        path: the file.

    Raises:
        UserError: the file cannot be read, or its tokenizer does not give the token ids of BERT's,
            such as one with the model BPE. The message names the part of the file.
    """
    root = read_json(path)
    model = _typed(root.get("model"), "WordPiece")
    _expect(model, "unk_token", UNK_TOKEN)
    _expect(model, "continuing_subword_prefix", CONTINUATION_PREFIX)
    _expect(model, "max_input_chars_per_word", MAX_CHARACTERS_PER_WORD)
    normalizer = _typed(root.get("normalizer"), "BertNormalizer").object()
    _typed(root.get("pre_tokenizer"), "BertPreTokenizer")
    _check_special_tokens(root.get("post_processor"))
    for name in ("truncation", "padding"):
        if root.object().get(name) is not None:
            _expect(root.get(name), "direction", "Right")
    added = root.get("added_tokens").items() if root.object().get("added_tokens") else []
    return TokenizerJson(
        _vocabulary(model.get("vocab")),
        {
            setting: normalizer[name]
            for name, setting in _NORMALIZER_SETTINGS.items()
            if name in normalizer
        },
        [(token.get("content").string(), token.get("id").integer()) for token in added],
    )


def _typed(part: JsonValue, expected: str) -> JsonValue:
    """Returns a part of a tokenizer; raises UserError if it is of another type."""
    found = part.value.get("type") if isinstance(part.value, dict) else part.value
    if found != expected:
        raise part.error(f"it is {shown(found)}; only {expected} is supported")
    return part


def _expect(part: JsonValue, key: str, expected: Any) -> None:
    value = part.get(key)
    if value.value != expected or isinstance(value.value, bool):
        raise value.error(f"it is {shown(value.value)}; only {shown(expected)} is supported")


def _check_special_tokens(processor: JsonValue) -> None:
    """Raises UserError unless the special tokens stand where BERT has them."""
    fields = processor.value if isinstance(processor.value, dict) else {}
    if fields.get("type") == "BertProcessing":
        found = [
            processor.get(name).items()[0].value for name in ("cls", "sep") if fields.get(name)
        ]
        if found != [CLS_TOKEN, SEP_TOKEN]:
            raise processor.error(f"only {CLS_TOKEN} and {SEP_TOKEN} are supported")
        return
    _typed(processor, "TemplateProcessing")
    for name, expected in (("single", _SINGLE), ("pair", _PAIR)):
        pieces = [
            (piece.get(kind).get("id").value, piece.get(kind).get("type_id").value)
            for piece in processor.get(name).items()
            for kind in piece.object()
        ]
        if pieces != expected:
            raise processor.get(name).error(
                "only the template of BERT is supported: "
                + " ".join(f"{token}:{number}" for token, number in expected)
            )


def _vocabulary(entries: JsonValue) -> list[str]:
    ids = {token: entries.get(token).integer() for token in entries.object()}
    if sorted(ids.values()) != list(range(len(ids))):
        raise UserError(
            f"{entries.location}: the ids of its {len(ids):,} tokens must be the numbers from 0, "
            "each once"
        )
    return sorted(ids, key=ids.__getitem__)

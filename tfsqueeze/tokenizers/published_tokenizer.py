"""All files of a tokenizer that Hugging Face's libraries read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tfsqueeze.tokenizers.base_tokenizer import BaseTokenizer
from tfsqueeze.tokenizers.tokenizer_files import (
    SETTINGS_FILE,
    SPECIAL_TOKENS_FILE,
    TOKENIZER_FILE,
    VOCABULARY_FILE,
)
from tfsqueeze.tokenizers.tokenizer_settings import (
    CLS_TOKEN,
    CONTINUATION_PREFIX,
    MAX_CHARACTERS_PER_WORD,
    SEP_TOKEN,
    SPECIAL_TOKENS,
    UNK_TOKEN,
)


def publish_tokenizer(tokenizer: BaseTokenizer, folder: Path, input_names: Sequence[str]) -> None:
    """Writes the files of Hugging Face's BertTokenizer with the vocabulary of a tokenizer.

    Its token ids are those of the tokenizer, but for a special token spelled out in a text, which
    Hugging Face takes for the token; `WordPieceTokenizer` lists all differences.

    Args:
        tokenizer: the tokenizer.
        folder: an existing folder, which takes vocab.txt, tokenizer_config.json,
            special_tokens_map.json and tokenizer.json.
        input_names: the inputs that the model takes: DistilBERT's has no token types.
    """
    settings = {**tokenizer.settings(), "model_input_names": list(input_names)}
    special = {
        name: value
        for name, value in settings.items()
        if name.endswith("_token") and value is not None
    }
    vocabulary = "\n".join(tokenizer.vocabulary) + "\n"
    (folder / VOCABULARY_FILE).write_text(vocabulary, "utf-8", newline="\n")
    for name, fields in ((SETTINGS_FILE, settings), (SPECIAL_TOKENS_FILE, special)):
        (folder / name).write_text(json.dumps(fields, indent=2) + "\n", "utf-8")
    _write_tokenizer_json(tokenizer, folder / TOKENIZER_FILE)


def _write_tokenizer_json(tokenizer: BaseTokenizer, path: Path) -> None:
    """Writes the tokenizer as Hugging Face's library `tokenizers` describes BERT's."""
    # Loading the library takes a moment, which only an export needs.
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from tokenizers.processors import TemplateProcessing

    ids = {token: index for index, token in enumerate(tokenizer.vocabulary)}
    described = Tokenizer(
        models.WordPiece(
            ids,
            unk_token=UNK_TOKEN,
            max_input_chars_per_word=MAX_CHARACTERS_PER_WORD,
            continuing_subword_prefix=CONTINUATION_PREFIX,
        )
    )
    described.normalizer = normalizers.BertNormalizer(lowercase=tokenizer.lowercase)
    described.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    described.post_processor = TemplateProcessing(
        single=f"{CLS_TOKEN}:0 $A:0 {SEP_TOKEN}:0",
        pair=f"{CLS_TOKEN}:0 $A:0 {SEP_TOKEN}:0 $B:1 {SEP_TOKEN}:1",
        special_tokens=[(token, ids[token]) for token in (CLS_TOKEN, SEP_TOKEN)],
    )
    described.decoder = decoders.WordPiece(prefix=CONTINUATION_PREFIX)
    described.add_special_tokens(
        [AddedToken(token, special=True) for token in SPECIAL_TOKENS if token in ids]
    )
    described.save(str(path))

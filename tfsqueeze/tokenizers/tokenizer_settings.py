"""What a tokenizer's settings and vocabulary must be, known without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfsqueeze.utils.errors import UserError

PAD_TOKEN, UNK_TOKEN, CLS_TOKEN, SEP_TOKEN, MASK_TOKEN = (
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
)  # fmt: skip
# What a token begins with that goes on a word.
CONTINUATION_PREFIX = "##"
SPECIAL_TOKENS = (PAD_TOKEN, UNK_TOKEN, CLS_TOKEN, SEP_TOKEN, MASK_TOKEN)
# A longer word is one [UNK], as in BERT.
MAX_CHARACTERS_PER_WORD = 100


def token_ids(vocabulary: Sequence[str]) -> dict[str, int]:
    """The id of each token, its place in the vocabulary.

    Raises:
        UserError: a required special token is missing, or a token is empty or repeated.
    """
    ids = {token: index for index, token in enumerate(vocabulary)}
    missing = [token for token in SPECIAL_TOKENS[:4] if token not in ids]
    if missing:
        raise UserError(
            f"the vocabulary of {len(vocabulary):,} tokens lacks {', '.join(missing)}; "
            "add them, or train one with tfsqueeze.tokenizers.vocabulary.train_vocabulary"
        )
    if len(ids) < len(vocabulary) or "" in ids:
        index = next(i for i, token in enumerate(vocabulary) if not token or ids[token] != i)
        raise UserError(
            f"the vocabulary has an empty or repeated token {vocabulary[index]!r} at id "
            f"{index}; every token must be there once"
        )
    return ids


def check_max_length(max_length: int, special_tokens: int) -> int:
    """Returns `max_length` if it has room for the special tokens, and raises UserError if not."""
    if max_length < special_tokens:
        raise UserError(
            f"max_length is {max_length}; the special tokens alone take {special_tokens}"
        )
    return max_length


def read_settings(settings: dict[str, Any]) -> tuple[bool, int]:
    """The two settings that vary, `lowercase` and `max_length`, of a `tokenizer_config.json`.

    Settings that Hugging Face leaves out get its BertTokenizer's defaults: lowercasing, and
    512 tokens where no usable length is named (it writes 1e30 for "no limit").

    Raises:
        UserError: the settings ask for something that these tokenizers do not do.
    """
    lowercase = settings.get("do_lower_case", True)
    if settings.get("strip_accents") not in (None, lowercase):
        raise UserError(
            f"the tokenizer settings have strip_accents={settings['strip_accents']} with "
            f"do_lower_case={lowercase}; only the two together are supported"
        )
    for key, expected in (
        ("tokenize_chinese_chars", True),
        ("do_basic_tokenize", True),
        ("pad_token", PAD_TOKEN),
        ("unk_token", UNK_TOKEN),
        ("cls_token", CLS_TOKEN),
        ("sep_token", SEP_TOKEN),
    ):
        found = settings.get(key, expected)
        if isinstance(found, dict):  # Hugging Face also writes tokens as AddedToken objects.
            found = found.get("content")
        if found != expected:
            raise UserError(
                f"the tokenizer settings have {key}={found!r}; only {expected!r} is supported"
            )
    max_length = settings.get("model_max_length") or 512
    return lowercase, int(max_length) if max_length < 1e6 else 512

"""Special tokens, and the checks of a tokenizer's vocabulary and settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfsqueeze.utils.errors import UserError

PAD_TOKEN, UNK_TOKEN, CLS_TOKEN, SEP_TOKEN, MASK_TOKEN = (
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
)  # fmt: skip
SPECIAL_TOKENS = (PAD_TOKEN, UNK_TOKEN, CLS_TOKEN, SEP_TOKEN, MASK_TOKEN)
REQUIRED_TOKENS = (PAD_TOKEN, UNK_TOKEN, CLS_TOKEN, SEP_TOKEN)
# The prefix of tokens that continue a word.
CONTINUATION_PREFIX = "##"
# A longer word is one [UNK], as in BERT.
MAX_CHARACTERS_PER_WORD = 100
# The length of rows if the settings state none.
_DEFAULT_MAX_LENGTH = 512


def token_to_id(vocabulary: Sequence[str]) -> dict[str, int]:
    """Returns the id of each token, its index in the vocabulary.

    Args:
        vocabulary: the tokens in order of their ids.

    Raises:
        UserError: a required special token is missing, or a token is empty or repeated.
    """
    ids = {token: index for index, token in enumerate(vocabulary)}
    missing = [token for token in REQUIRED_TOKENS if token not in ids]
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


def read_settings(settings: dict[str, Any]) -> tuple[bool, int]:
    """Returns `lowercase` and `max_length`, the two settings of a tokenizer that vary.

    Settings that Hugging Face leaves out have the defaults of its BertTokenizer: lowercasing, and
    512 tokens if there is no usable length (it writes 1e30 for "no limit").

    Args:
        settings: the contents of a `tokenizer_config.json`.

    Raises:
        UserError: the settings ask for something that these tokenizers do not support.

    Example:
        >>> read_settings({"do_lower_case": False, "model_max_length": 128})
        (False, 128)
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
    max_length = settings.get("model_max_length") or _DEFAULT_MAX_LENGTH
    return lowercase, int(max_length) if max_length < 1e6 else _DEFAULT_MAX_LENGTH

"""Special tokens, and the checks of a tokenizer's vocabulary and settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import shown

PAD_TOKEN, UNK_TOKEN, CLS_TOKEN, SEP_TOKEN, MASK_TOKEN = (
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
)  # fmt: skip
SPECIAL_TOKENS = (PAD_TOKEN, UNK_TOKEN, CLS_TOKEN, SEP_TOKEN, MASK_TOKEN)
REQUIRED_TOKENS = (PAD_TOKEN, UNK_TOKEN, CLS_TOKEN, SEP_TOKEN)
# The prefix of tokens that continue a word.
CONTINUATION_PREFIX = "##"
# A word with more ASCII letters and digits in a row is one [UNK], as in BERT.
MAX_CHARACTERS_PER_WORD = 100
# And so is a word of more bytes. BERT counts characters; TensorFlow's tokenizer counts bytes, of
# which a character has 4 at most, so that words of any language are at least as long as in BERT.
MAX_BYTES_PER_WORD = 4 * MAX_CHARACTERS_PER_WORD
# What stands for such a word.
OVERLONG_WORD = "x" * (MAX_BYTES_PER_WORD + 1)
# The length of rows if the settings state none.
_DEFAULT_MAX_LENGTH = 512
_NO_LIMIT = 1e6

# Settings of which one value gives the token ids of these tokenizers.
_ONLY_SUPPORTED: dict[str, Any] = {
    "tokenize_chinese_chars": True,
    "do_basic_tokenize": True,
    "clean_text": True,
    "padding_side": "right",
    "truncation_side": "right",
    "wordpieces_prefix": CONTINUATION_PREFIX,
    "never_split": [],
    "pad_token": PAD_TOKEN,
    "unk_token": UNK_TOKEN,
    "cls_token": CLS_TOKEN,
    "sep_token": SEP_TOKEN,
    "mask_token": MASK_TOKEN,
}
# Those that Hugging Face writes as null, too.
_OPTIONAL = ("mask_token", "never_split")
_TOKENIZER_CLASSES = (
    *(
        f"{model}Tokenizer{suffix}"
        for model in ("Bert", "DistilBert", "SqueezeBert", "MobileBert", "Electra")
        for suffix in ("", "Fast")
    ),
    # Any tokenizer that tokenizer.json describes.
    "PreTrainedTokenizerFast",
    "TokenizersBackend",
)


def token_content(token: Any) -> Any:
    """Returns the text of a token, which Hugging Face also writes as an AddedToken object."""
    return token.get("content") if isinstance(token, dict) else token


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


def read_settings(
    settings: dict[str, Any], source: str = "the tokenizer settings"
) -> tuple[bool, int]:
    """Returns `lowercase` and `max_length`, the two settings of a tokenizer that vary.

    Settings that Hugging Face leaves out have the defaults of its BertTokenizer: lowercasing, and
    512 tokens if there is no usable length (it writes 1e30 for "no limit").

    Args:
        settings: the contents of a `tokenizer_config.json`.
        source: what messages call it.

    Raises:
        UserError: the settings ask for something that these tokenizers do not support.

    Example:
        >>> read_settings({"do_lower_case": False, "model_max_length": 128})
        (False, 128)
    """
    lowercase = settings.get("do_lower_case", True)
    if not isinstance(lowercase, bool):
        raise UserError(f"{source}: do_lower_case is {shown(lowercase)}, not true or false")
    accents = settings.get("strip_accents")
    if accents not in (None, lowercase):
        raise UserError(
            f"{source}: strip_accents is {shown(accents)} and do_lower_case {shown(lowercase)}; "
            "only the two together are supported"
        )
    for key, expected in _ONLY_SUPPORTED.items():
        found = token_content(settings.get(key, expected))
        if found != expected and not (found is None and key in _OPTIONAL):
            raise UserError(f"{source}: {key} is {shown(found)}; only {expected!r} is supported")
    name = settings.get("tokenizer_class")
    if name is not None and name not in _TOKENIZER_CLASSES:
        raise UserError(
            f"{source}: tokenizer_class is {shown(name)}; only WordPiece tokenizers such as "
            "BertTokenizer are supported"
        )
    return lowercase, _max_length(settings.get("model_max_length"), source)


def read_stop_words(
    settings: dict[str, Any], source: str = "the tokenizer settings"
) -> tuple[str, ...] | None:
    """Returns the stop words of a tokenizer with match types; None for one without.

    Args:
        settings: the contents of a `tokenizer_config.json`; `match_types` holds `stop_words`.
        source: what messages call it.

    Raises:
        UserError: `match_types` is of another form.

    Example:
        >>> read_stop_words({"match_types": {"stop_words": ["the", "a"]}})
        ('the', 'a')
    """
    value = settings.get("match_types")
    if value is None:
        return None
    words = value.get("stop_words") if isinstance(value, dict) else None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise UserError(
            f"{source}: match_types is {shown(value)}, not an object with a list of stop_words"
        )
    return tuple(words)


def _max_length(value: Any, source: str) -> int:
    if value is None:
        return _DEFAULT_MAX_LENGTH
    is_number = isinstance(value, (int, float, np.integer)) and not isinstance(value, bool)
    if is_number and (value == 0 or value >= _NO_LIMIT):
        return _DEFAULT_MAX_LENGTH
    if not is_number or not value >= 1:
        raise UserError(f"{source}: model_max_length is {shown(value)}, not a number of tokens")
    return int(value)

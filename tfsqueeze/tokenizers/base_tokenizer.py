"""The base class of the tokenizer in the graph and the tokenizer for devices."""

from __future__ import annotations

import abc
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tfsqueeze.tokenizers.match_types import MatchTypes
from tfsqueeze.tokenizers.tokenizer_settings import (
    CLS_TOKEN,
    CONTINUATION_PREFIX,
    MASK_TOKEN,
    PAD_TOKEN,
    SEP_TOKEN,
    UNK_TOKEN,
    read_settings,
    read_stop_words,
    token_to_id,
)
from tfsqueeze.tokenizers.truncation import check_max_length
from tfsqueeze.tokenizers.word_encodings import WordEncodings, build_word_encodings
from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from typing import Self

    from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer


class BaseTokenizer(abc.ABC):
    """A vocabulary, its special tokens and the settings of a WordPiece tokenizer.

    Args:
        vocabulary: the tokens in order of their ids. It holds [PAD], [UNK], [CLS] and [SEP];
            [MASK] is optional.
        lowercase: whether texts are lowercased and stripped of accents.
        max_length: the default number of tokens of a row, special tokens included.
        match_stop_words: the stop words of match types; None for a tokenizer without match types.

    Attributes:
        vocabulary: the tokens in order of their ids.
        vocab_size: the number of tokens in the vocabulary.
        pad_token_id: the id of [PAD]; `unk_token_id`, `cls_token_id` and `sep_token_id` likewise.
        mask_token_id: the id of [MASK]; None if the vocabulary has none.
        special_ids: the ids of [PAD], [CLS] and [SEP].
        is_continuation: bool [vocab_size], whether each token continues a word.
        match_types: gives words that both texts of a row have token types of their own; None if
            they have those of their text.

    Raises:
        UserError: a required special token is missing, a token is empty or repeated, or
            `max_length` has no room for the special tokens.
    """

    def __init__(
        self,
        vocabulary: Sequence[str],
        *,
        lowercase: bool = True,
        max_length: int = 128,
        match_stop_words: Collection[str] | None = None,
    ) -> None:
        self.vocabulary = tuple(vocabulary)
        self.vocab_size = len(self.vocabulary)
        self.lowercase = lowercase
        self.max_length = check_max_length(max_length, special_tokens=2)
        ids = token_to_id(self.vocabulary)
        self.pad_token_id = ids[PAD_TOKEN]
        self.unk_token_id = ids[UNK_TOKEN]
        self.cls_token_id = ids[CLS_TOKEN]
        self.sep_token_id = ids[SEP_TOKEN]
        self.mask_token_id = ids.get(MASK_TOKEN)
        self.special_ids = [self.pad_token_id, self.cls_token_id, self.sep_token_id]
        self.is_continuation = np.array(
            [token.startswith(CONTINUATION_PREFIX) for token in self.vocabulary]
        )
        self.match_types = (
            None
            if match_stop_words is None
            else MatchTypes(self.vocabulary, match_stop_words, lowercase=lowercase)
        )

    @classmethod
    def from_settings(cls, settings: dict[str, Any], vocabulary: Sequence[str]) -> Self:
        """Makes a tokenizer from the result of `settings()` or from a `tokenizer_config.json`.

        Args:
            settings: the settings; `tfsqueeze.tokenizers.tokenizer_settings.read_settings` gives
                the defaults of those that are missing.
            vocabulary: the tokens in order of their ids.

        Raises:
            UserError: the settings ask for something that the tokenizer does not support, or the
                vocabulary is not valid.
        """
        lowercase, max_length = read_settings(settings)
        return cls(
            vocabulary,
            lowercase=lowercase,
            max_length=max_length,
            match_stop_words=read_stop_words(settings),
        )

    def settings(self) -> dict[str, Any]:
        """Returns all settings under the keys of Hugging Face's `tokenizer_config.json`.

        The result is JSON-able. With the vocabulary, `from_settings` makes the same tokenizer.
        `match_types`, which Hugging Face does not know, is there if the tokenizer has them.
        """
        settings = {
            "tokenizer_class": "BertTokenizer",
            "do_lower_case": self.lowercase,
            "do_basic_tokenize": True,
            "tokenize_chinese_chars": True,
            "strip_accents": None,
            "model_max_length": self.max_length,
            "pad_token": PAD_TOKEN,
            "unk_token": UNK_TOKEN,
            "cls_token": CLS_TOKEN,
            "sep_token": SEP_TOKEN,
            "mask_token": None if self.mask_token_id is None else MASK_TOKEN,
        }
        if self.match_types is not None:
            settings["match_types"] = {"stop_words": list(self.match_types.stop_words)}
        return settings

    @abc.abstractmethod
    def to_device(self) -> DeviceTokenizer:
        """Returns the tokenizer without TensorFlow that makes the same token ids."""

    def require_mask_token_id(self) -> int:
        """Returns the id of [MASK].

        Raises:
            UserError: the vocabulary has no [MASK].
        """
        if self.mask_token_id is None:
            raise UserError(f"the vocabulary has no {MASK_TOKEN}; use one that has")
        return self.mask_token_id

    def encode_words(
        self, sentences: Sequence[Sequence[str]], max_length: int | None = None
    ) -> WordEncodings:
        """Tokenizes sentences that are divided into words, each word by itself.

        `build_word_encodings` describes how words that do not fit are cut off.

        Args:
            sentences: the words of each sentence.
            max_length: the number of tokens of a row; that of the tokenizer by default.

        Raises:
            UserError: a word is not a string, or `max_length` has no room for the special tokens.
        """
        words = check_strings(word for sentence in sentences for word in sentence)
        length = self._row_length(max_length, special_tokens=2)
        # A word often occurs more than once. A row holds at most `length - 2` of its tokens.
        distinct = list(dict.fromkeys(words))
        pieces = dict(zip(distinct, self._token_ids(distinct, length), strict=True))
        return build_word_encodings(
            ([pieces[word] for word in sentence] for sentence in sentences),
            length,
            cls_id=self.cls_token_id,
            sep_id=self.sep_token_id,
            pad_id=self.pad_token_id,
            unk_id=self.unk_token_id,
        )

    @abc.abstractmethod
    def _token_ids(self, texts: Sequence[str], limit: int) -> list[list[int]]:
        """Returns the token ids of each text, or at least the first `limit`; no special tokens."""

    def _row_length(self, max_length: int | None, special_tokens: int) -> int:
        length = self.max_length if max_length is None else max_length
        return check_max_length(length, special_tokens)


def check_strings(texts: Iterable[str]) -> list[str]:
    """Returns the texts as a list.

    Args:
        texts: any number of texts.

    Raises:
        UserError: one of them is not a string.
    """
    checked = list(texts)
    for index, text in enumerate(checked):
        if not isinstance(text, str):
            raise UserError(f"text {index} is {text!r}, not a string")
    return checked


def check_same_number(texts: int, text_pairs: int) -> None:
    """Checks that there are as many second texts as first texts.

    Args:
        texts: the number of first texts.
        text_pairs: the number of second texts.

    Raises:
        UserError: the numbers differ.
    """
    if texts != text_pairs:
        raise UserError(f"there are {texts} texts but {text_pairs} text_pairs")

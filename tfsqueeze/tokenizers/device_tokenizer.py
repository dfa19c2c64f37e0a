"""WordPiece tokenization without TensorFlow, for prediction."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tfsqueeze.tokenizers.question_encodings import QuestionEncodings, build_question_encodings
from tfsqueeze.tokenizers.tokenizer_settings import (
    CLS_TOKEN,
    CONTINUATION_PREFIX,
    MASK_TOKEN,
    MAX_CHARACTERS_PER_WORD,
    PAD_TOKEN,
    SEP_TOKEN,
    UNK_TOKEN,
    check_max_length,
    read_settings,
    token_ids,
)
from tfsqueeze.tokenizers.word_encodings import WordEncodings, build_word_encodings
from tfsqueeze.utils.errors import UserError

# No UTF-8 can hold them.
_SURROGATES = re.compile("[\ud800-\udfff]")


class DeviceTokenizer:
    """Turns texts into the padded int32 inputs that `WordPieceTokenizer` makes of them.

    It runs on Hugging Face's `tokenizers`, so that a device needs no TensorFlow. Token ids are
    the same but for words of more than 100 characters that mix in non-ASCII letters and for
    characters newer than either library's Unicode tables.

    Args:
        vocabulary: the tokens in order of their ids, with [PAD], [UNK], [CLS] and [SEP].
        lowercase: whether texts are lowercased and stripped of accents.
        max_length: tokens in a row, special tokens included.

    Attributes:
        special_ids: the ids of [PAD], [CLS] and [SEP].
        is_continuation: bool [vocabulary]: which tokens go on a word.

    Raises:
        UserError: a required special token is missing, or a token is empty or repeated.
    """

    def __init__(
        self, vocabulary: Sequence[str], *, lowercase: bool = True, max_length: int = 128
    ) -> None:
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

        ids = token_ids(vocabulary)
        self.max_length = check_max_length(max_length, special_tokens=2)
        self._pad, self._unk, self._cls, self._sep = (
            ids[t] for t in (PAD_TOKEN, UNK_TOKEN, CLS_TOKEN, SEP_TOKEN)
        )
        self._mask = ids.get(MASK_TOKEN)
        self.special_ids = [self._pad, self._cls, self._sep]
        self.is_continuation = np.array(
            [token.startswith(CONTINUATION_PREFIX) for token in vocabulary]
        )
        # No special token is declared, so that one spelled out in a text stays plain text.
        self._tokenizer = Tokenizer(
            models.WordPiece(
                ids, unk_token=UNK_TOKEN, max_input_chars_per_word=MAX_CHARACTERS_PER_WORD
            )
        )
        self._tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
        self._tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()

    @classmethod
    def from_settings(cls, settings: dict[str, Any], vocabulary: Sequence[str]) -> DeviceTokenizer:
        """Makes a tokenizer from `WordPieceTokenizer.settings()` or a `tokenizer_config.json`.

        Raises:
            UserError: the settings ask for something that this tokenizer does not do.
        """
        lowercase, max_length = read_settings(settings)
        return cls(vocabulary, lowercase=lowercase, max_length=max_length)

    def to_device(self) -> DeviceTokenizer:
        """Returns the tokenizer itself, as `WordPieceTokenizer.to_device` returns its twin."""
        return self

    def save(self, path: str | os.PathLike) -> None:
        """Writes the file that Hugging Face's `tokenizers.Tokenizer.from_file` reads.

        It makes the ids of a text without [CLS], [SEP] and padding.
        """
        self._tokenizer.save(os.fspath(path))

    def __call__(
        self,
        texts: Iterable[str],
        text_pairs: Iterable[str] | None = None,
        *,
        max_length: int | None = None,
    ) -> dict[str, np.ndarray]:
        """Tokenizes a batch: `[CLS] text [SEP]`, or `[CLS] text [SEP] pair [SEP]` for pairs, cut
        as `WordPieceTokenizer` does it and padded to `max_length`.

        Returns:
            int32 `input_ids`, `attention_mask` (1 for tokens, 0 for padding) and
            `token_type_ids` (1 for the pair and its [SEP]), each of shape [batch, max_length].

        Raises:
            UserError: a text is not a string, the texts and pairs differ in number, or
                `max_length` has no room for the special tokens.
        """
        special_tokens = 2 if text_pairs is None else 3
        length = check_max_length(max_length or self.max_length, special_tokens)
        firsts = self._tokenize(texts)
        seconds = [None] * len(firsts) if text_pairs is None else self._tokenize(text_pairs)
        if len(firsts) != len(seconds):
            raise UserError(f"there are {len(firsts)} texts but {len(seconds)} text_pairs")
        input_ids = np.full((len(firsts), length), self._pad, np.int32)
        attention_mask, token_type_ids = np.zeros_like(input_ids), np.zeros_like(input_ids)
        for row, (first, second) in enumerate(zip(firsts, seconds, strict=True)):
            first, second = _truncate(first, second, length - special_tokens)
            ids = [self._cls, *first, self._sep]
            if second is not None:
                token_type_ids[row, len(ids) : len(ids) + len(second) + 1] = 1
                ids += [*second, self._sep]
            input_ids[row, : len(ids)] = ids
            attention_mask[row, : len(ids)] = 1
        return {
            "input_ids": input_ids,
            "attention_mask": attention_mask,
            "token_type_ids": token_type_ids,
        }

    def encode_words(
        self, sentences: Sequence[Sequence[str]], max_length: int | None = None
    ) -> WordEncodings:
        """Tokenizes sentences of words, each word by itself; see `build_word_encodings`.

        Raises:
            UserError: a word is not a string, or `max_length` has no room for the special tokens.
        """
        pieces = iter(self._tokenize(word for words in sentences for word in words))
        return build_word_encodings(
            ([next(pieces) for _ in words] for words in sentences),
            max_length or self.max_length,
            cls_id=self._cls,
            sep_id=self._sep,
            pad_id=self._pad,
            unk_id=self._unk,
        )

    def encode_questions(
        self,
        questions: Iterable[str],
        contexts: Iterable[str],
        max_length: int | None = None,
        doc_stride: int | None = None,
    ) -> QuestionEncodings:
        """Tokenizes questions with the texts to look in; see `build_question_encodings`.

        Raises:
            UserError: a text is not a string, the questions and contexts differ in number, or
                `build_question_encodings` refuses the sizes.
        """
        asked, contexts = self._tokenize(questions), list(contexts)
        if len(asked) != len(contexts):
            raise UserError(f"there are {len(asked)} questions but {len(contexts)} contexts")
        # Many questions may be about one context.
        known = list(dict.fromkeys(contexts))
        found = dict(
            zip(
                known,
                ((encoding.ids, encoding.offsets) for encoding in self._encode(known)),
                strict=True,
            )
        )
        return build_question_encodings(
            zip(asked, (found[context] for context in contexts), strict=True),
            max_length or self.max_length,
            doc_stride,
            cls_id=self._cls,
            sep_id=self._sep,
            pad_id=self._pad,
        )

    @property
    def mask_token_id(self) -> int:
        """The id of [MASK]. Raises UserError where the vocabulary has none."""
        if self._mask is None:
            raise UserError(f"the vocabulary has no {MASK_TOKEN}; use one that has")
        return self._mask

    def encode_masked(self, text: str) -> tuple[dict[str, np.ndarray], list[int]]:
        """Tokenizes a text in which `[MASK]` stands for tokens: the inputs of a call, of one row,
        and the places of the masks in it.

        Raises:
            UserError: the text has no mask, or one past `max_length`.
        """
        ids = [self._cls]
        places = []
        for part in self._tokenize(text.split(MASK_TOKEN)):
            ids += [*part, self.mask_token_id]
            places.append(len(ids) - 1)
        del ids[-1], places[-1]
        if not places:
            raise UserError(f"the text {text[:40]!r} has no {MASK_TOKEN} to fill")
        if places[-1] > self.max_length - 2:
            raise UserError(
                f"a {MASK_TOKEN} is token {places[-1]} of {text[:40]!r}; the model "
                f"reads {self.max_length - 2}"
            )
        ids = [*ids[: self.max_length - 1], self._sep]
        input_ids = np.full((1, self.max_length), self._pad, np.int32)
        input_ids[0, : len(ids)] = ids
        attention_mask = (np.arange(self.max_length) < len(ids)).astype(np.int32)[None]
        return {
            "input_ids": input_ids,
            "attention_mask": attention_mask,
            "token_type_ids": np.zeros_like(input_ids),
        }, places

    def _tokenize(self, texts: Iterable[str]) -> list[list[int]]:
        """Token ids without special tokens."""
        return [encoding.ids for encoding in self._encode(texts)]

    def _encode(self, texts: Iterable[str]) -> list:
        """The encodings of `tokenizers`, without special tokens; places count characters."""
        cleaned = []
        for index, text in enumerate(texts):
            if not isinstance(text, str):
                raise UserError(f"text {index} is {text!r}, not a string")
            # BERT's normalizer drops U+FFFD, so that the places of other characters stay.
            cleaned.append(_SURROGATES.sub("\ufffd", text))
        return self._tokenizer.encode_batch(cleaned, add_special_tokens=False)


def _truncate(
    first: list[int], second: list[int] | None, budget: int
) -> tuple[list[int], list[int] | None]:
    """Cuts a text, or two by `longest_first`, as `WordPieceTokenizer` does it."""
    if second is None:
        return first[:budget], None
    share = budget - budget // 2 if len(first) > len(second) else budget // 2
    kept = min(len(first), max(share, budget - len(second)))
    return first[:kept], second[: budget - kept]

"""WordPiece tokenization without TensorFlow, for predictions on devices."""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from tfsqueeze.tokenizers.base_tokenizer import BaseTokenizer, check_same_number, check_strings
from tfsqueeze.tokenizers.normalized_words import (
    WORD_ENDS,
    needs_normalized_words,
    normalized_words,
)
from tfsqueeze.tokenizers.padding import model_inputs
from tfsqueeze.tokenizers.question_encodings import (
    MAX_QUESTION_TOKENS,
    ContextTokens,
    QuestionEncodings,
    QuestionWindow,
    question_windows,
    stack_windows,
)
from tfsqueeze.tokenizers.tokenizer_settings import (
    CONTINUATION_PREFIX,
    MASK_TOKEN,
    MAX_BYTES_PER_WORD,
    MAX_CHARACTERS_PER_WORD,
    UNK_TOKEN,
    token_to_id,
)
from tfsqueeze.tokenizers.truncation import longest_first_lengths
from tfsqueeze.utils.errors import UserError

# UTF-8 cannot encode surrogates.
_SURROGATES = re.compile("[\ud800-\udfff]")
_WORD_END = re.compile(f"[{WORD_ENDS}]")
# A longer text is read in parts of about so many characters.
_CHARACTERS_PER_PART = 4096
_WORDS_PER_PART = 256


class _Tokens(NamedTuple):
    """What is used of an `Encoding` of the library `tokenizers`.

    Args:
        ids: the token ids.
        offsets: for each token the position of its first character and the position after its
            last one.
    """

    ids: list[int]
    offsets: list[tuple[int, int]]


class DeviceTokenizer(BaseTokenizer):
    """Turns texts into the padded int32 inputs that `WordPieceTokenizer` makes of them.

    It runs on Hugging Face's library `tokenizers`, so that a device needs no TensorFlow. Texts that
    the library would read in another way, for their characters or for their long words, get
    training's words first (`normalized_words`). Of a long text only as much is read as is needed.
    `BaseTokenizer` lists the attributes.

    Args:
        vocabulary: the tokens in order of their ids. It holds [PAD], [UNK], [CLS] and [SEP];
            [MASK] is optional.
        lowercase: whether texts are lowercased and stripped of accents.
        max_length: the default number of tokens of a row, special tokens included.
        match_stop_words: the stop words of match types; None for a tokenizer without match types.

    Raises:
        UserError: a required special token is missing, a token is empty or repeated, or
            `max_length` has no room for the special tokens.

    Example:
        >>> tokenizer = DeviceTokenizer(
        ...     ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "play", "##ing", "jazz"], max_length=6
        ... )
        >>> inputs = tokenizer(["Playing jazz"])
        >>> inputs["input_ids"].tolist(), inputs["attention_mask"].tolist()
        ([[2, 4, 5, 6, 3, 0]], [[1, 1, 1, 1, 1, 0]])
    """

    def __init__(
        self,
        vocabulary: Sequence[str],
        *,
        lowercase: bool = True,
        max_length: int = 128,
        match_stop_words: Collection[str] | None = None,
    ) -> None:
        from tokenizers import normalizers, pre_tokenizers

        super().__init__(
            vocabulary,
            lowercase=lowercase,
            max_length=max_length,
            match_stop_words=match_stop_words,
        )
        self._tokenizer = self._word_piece(MAX_CHARACTERS_PER_WORD)
        self._tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
        self._tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()

    def to_device(self) -> DeviceTokenizer:
        """Returns this tokenizer."""
        return self

    def save(self, path: str | os.PathLike) -> None:
        """Writes the file that Hugging Face's `tokenizers.Tokenizer.from_file` reads.

        The tokenizer in the file adds neither [CLS] and [SEP] nor padding. It makes other token ids
        of words of more than 100 characters that contain non-ASCII letters, and of the characters
        in `tfsqueeze.tokenizers.character_differences`.

        Args:
            path: the file to write.
        """
        self._tokenizer.save(os.fspath(path))

    def __call__(
        self,
        texts: Iterable[str],
        text_pairs: Iterable[str] | None = None,
        *,
        max_length: int | None = None,
    ) -> dict[str, np.ndarray]:
        """Tokenizes a batch: `[CLS] text [SEP]`, or `[CLS] text [SEP] pair [SEP]` for pairs.

        A row that is too long loses tokens at the end of the text; of a pair, the longer text is
        shortened first (Hugging Face's `longest_first`).

        Args:
            texts: the texts of the batch.
            text_pairs: the second texts, as many as `texts`; None for single texts.
            max_length: the number of tokens of a row; that of the tokenizer by default.

        Returns:
            `input_ids`, `attention_mask` (1 for tokens, 0 for padding) and `token_type_ids` (1 for
            the pair and its [SEP], 0 elsewhere; see also `match_types`), each int32 [batch,
            max_length].

        Raises:
            UserError: a text is not a string, the numbers of texts and pairs differ, or
                `max_length` has no room for the special tokens.
        """
        is_pair = text_pairs is not None
        special_tokens = 3 if is_pair else 2
        length = self._row_length(max_length, special_tokens)
        texts = check_strings(texts)
        firsts = self._token_ids(texts, length)
        if is_pair:
            text_pairs = check_strings(text_pairs)
            check_same_number(len(texts), len(text_pairs))
            seconds = self._token_ids(text_pairs, length)
        else:
            text_pairs, seconds = itertools.repeat(""), itertools.repeat([])
        rows, second_starts = [], []
        for text, text_pair, first, second in zip(texts, text_pairs, firsts, seconds, strict=False):
            counts = len(first), len(second)
            # Which of two texts is the longer one shows in all of their tokens.
            if min(counts) >= length:
                counts = self._count_tokens(text), self._count_tokens(text_pair)
            kept_first, kept_second = longest_first_lengths(*counts, length - special_tokens)
            row = [self.cls_token_id, *first[:kept_first], self.sep_token_id]
            second_starts.append(len(row))
            if is_pair:
                row += [*second[:kept_second], self.sep_token_id]
            rows.append(row)
        return self._with_matches(model_inputs(rows, length, self.pad_token_id, second_starts))

    def _with_matches(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Returns inputs with the token types of words that both texts of a row have."""
        if self.match_types is None:
            return inputs
        return {**inputs, "token_type_ids": self.match_types(**inputs)}

    def encode_questions(
        self,
        questions: Iterable[str],
        contexts: Iterable[str],
        max_length: int | None = None,
        doc_stride: int | None = None,
    ) -> QuestionEncodings:
        """Tokenizes questions with their contexts, a long context in several windows.

        Args:
            questions: the questions.
            contexts: the context of each question.
            max_length: the number of tokens of a row; that of the tokenizer by default.
            doc_stride: the distance between the starts of two windows, in tokens; see
                `question_windows`.

        Raises:
            UserError: a text is not a string, the numbers of questions and contexts differ, or
                `question_windows` cannot use the sizes.
        """
        question_ids = self._token_ids(check_strings(questions), MAX_QUESTION_TOKENS)
        contexts = check_strings(contexts)
        if len(question_ids) != len(contexts):
            raise UserError(f"there are {len(question_ids)} questions but {len(contexts)} contexts")
        # Many questions may share one context.
        distinct = list(dict.fromkeys(contexts))
        tokens = {
            context: (found.ids, found.offsets)
            for context, found in zip(distinct, self._encode(distinct), strict=True)
        }
        length = self.max_length if max_length is None else max_length
        return self._stack(
            (
                (example, window)
                for example, (ids, context) in enumerate(zip(question_ids, contexts, strict=True))
                for window in self._windows(ids, [tokens[context]], length, doc_stride)
            ),
            length,
        )

    def encode_question(
        self, question: str, context: str, *, windows: int, doc_stride: int | None = None
    ) -> Iterator[QuestionEncodings]:
        """Tokenizes a question and its context bit by bit, whatever the context's length is.

        Args:
            question: the question.
            context: its context.
            windows: the largest number of rows to yield together.
            doc_stride: see `question_windows`.

        Yields:
            A part of the rows of `encode_questions`, in order.

        Raises:
            UserError: a text is not a string, or `question_windows` cannot use the sizes.
        """
        check_strings([question, context])
        (ids,) = self._token_ids([question], MAX_QUESTION_TOKENS)
        found = self._windows(ids, self._parts(context), self.max_length, doc_stride)
        while part := [(0, window) for window in itertools.islice(found, windows)]:
            yield self._stack(part, self.max_length)

    def _stack(
        self, windows: Iterable[tuple[int, QuestionWindow]], length: int
    ) -> QuestionEncodings:
        encodings = stack_windows(windows, length, self.pad_token_id)
        return dataclasses.replace(encodings, inputs=self._with_matches(encodings.inputs))

    def _windows(
        self,
        question: list[int],
        context: Iterable[ContextTokens],
        max_length: int,
        doc_stride: int | None,
    ) -> Iterator[QuestionWindow]:
        return question_windows(
            question,
            context,
            max_length,
            doc_stride,
            cls_id=self.cls_token_id,
            sep_id=self.sep_token_id,
        )

    def encode_masked(self, text: str) -> tuple[dict[str, np.ndarray], list[int]]:
        """Tokenizes a text in which each `[MASK]` stands for one token.

        Args:
            text: a text with at least one `[MASK]`.

        Returns:
            The inputs of a batch of one, as a call returns them, and the positions of the masks in
            the row.

        Raises:
            UserError: the text has no mask, or a mask beyond `max_length`.
        """
        ids = [self.cls_token_id]
        positions = []
        for part in self._token_ids(text.split(MASK_TOKEN), self.max_length):
            ids += [*part, self.require_mask_token_id()]
            positions.append(len(ids) - 1)
        # Masks stand between the parts, not after the last one.
        del ids[-1], positions[-1]
        if not positions:
            raise UserError(f"the text {text[:40]!r} has no {MASK_TOKEN} to fill")
        if positions[-1] > self.max_length - 2:
            raise UserError(
                f"a {MASK_TOKEN} of {text[:40]!r} stands past the {self.max_length - 2} tokens "
                "that the model reads"
            )
        row = [*ids[: self.max_length - 1], self.sep_token_id]
        return model_inputs([row], self.max_length, self.pad_token_id), positions

    def _token_ids(self, texts: Sequence[str], limit: int) -> list[list[int]]:
        return [tokens.ids for tokens in self._encode(texts, limit)]

    def _encode(self, texts: Sequence[str], limit: int | None = None) -> list[_Tokens]:
        """Returns the tokens of each text, or at least the first `limit` of them."""
        found: list[Any] = [None] * len(texts)
        plain = [
            index
            for index, text in enumerate(texts)
            if len(text) <= _CHARACTERS_PER_PART and not needs_normalized_words(text)
        ]
        # The library divides a batch among threads.
        encodings = self._tokenizer.encode_batch(
            [_cleaned(texts[index]) for index in plain], add_special_tokens=False
        )
        for index, encoding in zip(plain, encodings, strict=True):
            found[index] = encoding
        for index, text in enumerate(texts):
            if found[index] is None:
                found[index] = tokens = _Tokens([], [])
                for part in self._parts(text):
                    tokens.ids.extend(part.ids)
                    tokens.offsets.extend(part.offsets)
                    if limit is not None and len(tokens.ids) >= limit:
                        break
        return found

    def _count_tokens(self, text: str) -> int:
        return sum(len(part.ids) for part in self._parts(text))

    def _parts(self, text: str) -> Iterator[_Tokens]:
        """Yields the tokens of a text bit by bit."""
        start = 0
        while start < len(text):
            end = _part_end(text, start)
            part = text[start : min(end, start + 2 * _CHARACTERS_PER_PART)]
            if len(part) == end - start and not needs_normalized_words(part):
                encoding = self._tokenizer.encode(_cleaned(part), add_special_tokens=False)
                yield _Tokens(encoding.ids, [(a + start, b + start) for a, b in encoding.offsets])
            else:
                yield from self._normalized_parts(text, start, end)
            start = end

    def _normalized_parts(self, text: str, start: int, end: int) -> Iterator[_Tokens]:
        """Yields the tokens of a part of a text, of a few words at a time."""
        words = normalized_words(text, start, end, self.lowercase)
        while some := list(itertools.islice(words, _WORDS_PER_PART)):
            encoding = self._tokenizer_of_words.encode(
                [word for word, _ in some], is_pretokenized=True, add_special_tokens=False
            )
            offsets = []
            for (first, last), word_id in zip(encoding.offsets, encoding.word_ids, strict=True):
                positions = some[word_id][1]
                offsets.append((positions[first], positions[last - 1] + 1))
            yield _Tokens(encoding.ids, offsets)

    @cached_property
    def _tokenizer_of_words(self) -> Any:
        """Turns words that are normalized into tokens."""
        return self._word_piece(MAX_BYTES_PER_WORD)

    def _word_piece(self, max_characters: int) -> Any:
        """Returns a `tokenizers.Tokenizer` that neither normalizes nor splits texts."""
        from tokenizers import Tokenizer, models

        # No special token is declared, so that "[SEP]" in a text stays plain text.
        return Tokenizer(
            models.WordPiece(
                token_to_id(self.vocabulary),
                unk_token=UNK_TOKEN,
                max_input_chars_per_word=max_characters,
                continuing_subword_prefix=CONTINUATION_PREFIX,
            )
        )


def _cleaned(text: str) -> str:
    """Returns a text without lone surrogates; the positions of characters stay the same."""
    # BERT's normalizer drops U+FFFD.
    return _SURROGATES.sub("\ufffd", text)


def _part_end(text: str, start: int) -> int:
    """Returns where to end a part of a text: before a character that ends any word."""
    found = _WORD_END.search(text, start + _CHARACTERS_PER_PART)
    return found.start() if found else len(text)

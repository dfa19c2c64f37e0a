"""WordPiece tokenization without TensorFlow, for predictions on devices."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

import numpy as np

from tfsqueeze.tokenizers.base_tokenizer import BaseTokenizer, check_same_number, check_strings
from tfsqueeze.tokenizers.padding import model_inputs
from tfsqueeze.tokenizers.question_encodings import QuestionEncodings, build_question_encodings
from tfsqueeze.tokenizers.tokenizer_settings import (
    CONTINUATION_PREFIX,
    MASK_TOKEN,
    MAX_CHARACTERS_PER_WORD,
    UNK_TOKEN,
    token_to_id,
)
from tfsqueeze.tokenizers.truncation import longest_first_lengths
from tfsqueeze.utils.errors import UserError

# UTF-8 cannot encode surrogates.
_SURROGATES = re.compile("[\ud800-\udfff]")


class DeviceTokenizer(BaseTokenizer):
    """Turns texts into the padded int32 inputs that `WordPieceTokenizer` makes of them.

    It runs on Hugging Face's library `tokenizers`, so that a device needs no TensorFlow. The token
    ids are the same except for words of more than 100 characters that contain non-ASCII letters,
    and for characters that are newer than the Unicode tables of either library. `BaseTokenizer`
    lists the attributes.

    Args:
        vocabulary: the tokens in order of their ids. It holds [PAD], [UNK], [CLS] and [SEP];
            [MASK] is optional.
        lowercase: whether texts are lowercased and stripped of accents.
        max_length: the default number of tokens of a row, special tokens included.

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
        self, vocabulary: Sequence[str], *, lowercase: bool = True, max_length: int = 128
    ) -> None:
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

        super().__init__(vocabulary, lowercase=lowercase, max_length=max_length)
        # No special token is declared, so that "[SEP]" in a text stays plain text.
        self._tokenizer = Tokenizer(
            models.WordPiece(
                token_to_id(vocabulary),
                unk_token=UNK_TOKEN,
                max_input_chars_per_word=MAX_CHARACTERS_PER_WORD,
                continuing_subword_prefix=CONTINUATION_PREFIX,
            )
        )
        self._tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
        self._tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()

    def to_device(self) -> DeviceTokenizer:
        """Returns this tokenizer."""
        return self

    def save(self, path: str | os.PathLike) -> None:
        """Writes the file that Hugging Face's `tokenizers.Tokenizer.from_file` reads.

        The tokenizer in the file adds neither [CLS] and [SEP] nor padding.

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
            the pair and its [SEP], 0 elsewhere), each int32 [batch, max_length].

        Raises:
            UserError: a text is not a string, the numbers of texts and pairs differ, or
                `max_length` has no room for the special tokens.
        """
        is_pair = text_pairs is not None
        special_tokens = 3 if is_pair else 2
        length = self._row_length(max_length, special_tokens)
        firsts = self._token_ids(check_strings(texts))
        if is_pair:
            seconds = self._token_ids(check_strings(text_pairs))
            check_same_number(len(firsts), len(seconds))
        else:
            seconds = [[]] * len(firsts)
        rows, second_starts = [], []
        for first, second in zip(firsts, seconds, strict=True):
            kept_first, kept_second = longest_first_lengths(
                len(first), len(second), length - special_tokens
            )
            row = [self.cls_token_id, *first[:kept_first], self.sep_token_id]
            second_starts.append(len(row))
            if is_pair:
                row += [*second[:kept_second], self.sep_token_id]
            rows.append(row)
        return model_inputs(rows, length, self.pad_token_id, second_starts)

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
                `build_question_encodings`.

        Raises:
            UserError: a text is not a string, the numbers of questions and contexts differ, or
                `build_question_encodings` cannot use the sizes.
        """
        question_ids = self._token_ids(check_strings(questions))
        contexts = check_strings(contexts)
        if len(question_ids) != len(contexts):
            raise UserError(f"there are {len(question_ids)} questions but {len(contexts)} contexts")
        # Many questions may share one context.
        distinct = list(dict.fromkeys(contexts))
        tokens = {
            context: (encoding.ids, encoding.offsets)
            for context, encoding in zip(distinct, self._encode(distinct), strict=True)
        }
        return build_question_encodings(
            zip(question_ids, (tokens[context] for context in contexts), strict=True),
            self.max_length if max_length is None else max_length,
            doc_stride,
            cls_id=self.cls_token_id,
            sep_id=self.sep_token_id,
            pad_id=self.pad_token_id,
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
        for part in self._token_ids(text.split(MASK_TOKEN)):
            ids += [*part, self.require_mask_token_id()]
            positions.append(len(ids) - 1)
        # Masks stand between the parts, not after the last one.
        del ids[-1], positions[-1]
        if not positions:
            raise UserError(f"the text {text[:40]!r} has no {MASK_TOKEN} to fill")
        if positions[-1] > self.max_length - 2:
            raise UserError(
                f"a {MASK_TOKEN} is token {positions[-1]} of {text[:40]!r}; the model "
                f"reads {self.max_length - 2}"
            )
        row = [*ids[: self.max_length - 1], self.sep_token_id]
        return model_inputs([row], self.max_length, self.pad_token_id), positions

    def _token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._encode(texts)]

    def _encode(self, texts: Sequence[str]) -> list:
        """Returns the encodings of `tokenizers`; their offsets count characters."""
        # BERT's normalizer drops U+FFFD, so the offsets of the other characters do not change.
        cleaned = [_SURROGATES.sub("\ufffd", text) for text in texts]
        return self._tokenizer.encode_batch(cleaned, add_special_tokens=False)

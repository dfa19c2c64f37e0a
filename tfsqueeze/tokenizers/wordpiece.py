"""WordPiece tokenization in the TensorFlow graph."""

from __future__ import annotations

import json
import os
import reprlib
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import tensorflow as tf
import tensorflow_text as tf_text

from tfsqueeze.tokenizers.base_tokenizer import BaseTokenizer, check_same_number
from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.tokenizers.text_normalization import normalize
from tfsqueeze.tokenizers.tokenizer_files import (
    SETTINGS_FILE,
    VOCABULARY_FILE,
    read_tokenizer_files,
)
from tfsqueeze.tokenizers.tokenizer_settings import (
    CONTINUATION_PREFIX,
    MAX_BYTES_PER_WORD,
    MAX_CHARACTERS_PER_WORD,
    OVERLONG_WORD,
    UNK_TOKEN,
    read_settings,
    read_stop_words,
)
from tfsqueeze.tokenizers.truncation import longest_first_lengths
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

# FastBertTokenizer counts bytes alone, so these words become ones that are longer than its limit.
_OVERLONG = rf"[0-9A-Za-z]{{{MAX_CHARACTERS_PER_WORD + 1},}}"

# The type stubs of TensorFlow lack the factories of ragged tensors.
_RaggedTensor: Any = tf.RaggedTensor

# One text, several texts, or a string tensor of shape [] or [batch].
Texts = str | bytes | Sequence[str | bytes] | tf.Tensor


class WordPieceTokenizer(BaseTokenizer):
    """Turns texts into the padded int32 inputs of BERT-like models.

    It runs on `tensorflow_text.FastBertTokenizer`, so it works on Python strings and on string
    tensors inside `tf.data.Dataset.map` and `tf.function`. The token ids equal those of Hugging
    Face's BertTokenizer with the same vocabulary, with three exceptions. A special token spelled
    out in the text ("[SEP]") is plain text here, so that no input can forge one. A word of more
    than 100 characters that contains non-ASCII letters is [UNK] only above 400 bytes. The
    characters in `tfsqueeze.tokenizers.character_differences` are treated differently.
    `BaseTokenizer` lists the attributes.

    Args:
        vocabulary: the tokens in order of their ids. It holds [PAD], [UNK], [CLS] and [SEP];
            [MASK] is optional.
        lowercase: whether texts are lowercased and stripped of accents.
        max_length: the default number of tokens of a row, special tokens included.
        match_stop_words: the stop words of match types; None for a tokenizer without match types.

    Raises:
        UserError: a required special token is missing, a token is empty, repeated or too long, or
            `max_length` has no room for the special tokens.

    Example:
        >>> tokenizer = WordPieceTokenizer(
        ...     ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "play", "##ing", "jazz"], max_length=6
        ... )
        >>> tokenizer(["Playing jazz"])["input_ids"].numpy().tolist()
        [[2, 4, 5, 6, 3, 0]]
        >>> tokenizer.decode([2, 4, 5, 6, 3, 0])
        'playing jazz'
    """

    def __init__(
        self,
        vocabulary: Sequence[str],
        *,
        lowercase: bool = True,
        max_length: int = 128,
        match_stop_words: Collection[str] | None = None,
    ) -> None:
        super().__init__(
            vocabulary,
            lowercase=lowercase,
            max_length=max_length,
            match_stop_words=match_stop_words,
        )
        # Built outside any graph, so that one tokenizer can serve many tf.functions.
        try:
            with tf.init_scope():
                self._tokenizer: Any = tf_text.FastBertTokenizer(
                    _tokens_of_words(self.vocabulary),
                    max_bytes_per_word=MAX_BYTES_PER_WORD,
                    token_out_type=tf.int32,  # pyright: ignore[reportArgumentType]
                    unknown_token=UNK_TOKEN,
                )
        # Such as a token of more than 256 bytes.
        except RuntimeError as error:
            raise UserError(
                f"the vocabulary of {self.vocab_size:,} tokens cannot be used "
                f"({reprlib.repr(str(error))})"
            ) from error

    def __call__(
        self,
        texts: Texts,
        text_pairs: Texts | None = None,
        *,
        max_length: int | None = None,
        padding: Literal["max_length", "longest"] = "max_length",
    ) -> dict[str, tf.Tensor]:
        """Tokenizes a batch: `[CLS] text [SEP]`, or `[CLS] text [SEP] pair [SEP]` for pairs.

        A row that is too long loses tokens at the end of the text; of a pair, the longer text is
        shortened first (Hugging Face's `longest_first`).

        Args:
            texts: one text (a batch of one), a sequence of texts, or a string tensor of shape []
                or [batch]. Any characters are allowed; what is not valid Unicode is dropped.
            text_pairs: the second texts, as many as `texts`; None for single texts.
            max_length: the number of tokens of a row; that of the tokenizer by default.
            padding: `max_length` pads every row to `max_length`, `longest` to the longest row.

        Returns:
            `input_ids`, `attention_mask` (1 for tokens, 0 for padding) and `token_type_ids` (1 for
            the pair and its [SEP], 0 elsewhere; see also `match_types`), each int32 [batch,
            length].

        Raises:
            UserError: a text is not a string, the numbers of texts and pairs differ, `padding` is
                unknown, or `max_length` has no room for the special tokens.
        """
        if padding not in ("max_length", "longest"):
            raise UserError(f"padding is {padding!r}; use 'max_length' or 'longest'")
        special_tokens = 2 if text_pairs is None else 3
        length = self._row_length(max_length, special_tokens)
        segments = [self._tokenize(texts)]
        if text_pairs is not None:
            segments.append(self._tokenize(text_pairs))
            # Inside a graph the numbers are mostly unknown; the ops below then fail by themselves.
            if tf.executing_eagerly():
                check_same_number(*(int(segment.nrows()) for segment in segments))
        segments = _truncate(segments, length - special_tokens)
        input_ids, token_type_ids = self._combine(segments)
        attention_mask = tf.ones_like(input_ids)
        width = length if padding == "max_length" else None

        def padded(rows: tf.RaggedTensor, value: int) -> tf.Tensor:
            return rows.to_tensor(default_value=value, shape=[None, width])

        inputs = {
            "input_ids": padded(input_ids, self.pad_token_id),
            "attention_mask": padded(attention_mask, 0),
            "token_type_ids": padded(token_type_ids, 0),
        }
        if text_pairs is not None and self.match_types is not None:
            types = tf.numpy_function(self.match_types, list(inputs.values()), tf.int32)
            inputs["token_type_ids"] = tf.ensure_shape(types, inputs["input_ids"].shape)
        return inputs

    def encode_without_truncation(
        self, texts: Texts, max_length: int | None = None
    ) -> tf.RaggedTensor:
        """Tokenizes a batch of texts into as many rows `[CLS] ... [SEP]` as they need.

        A text that does not fit into one row becomes several consecutive rows. A text without
        tokens becomes none.

        Args:
            texts: as in a call.
            max_length: the largest number of tokens of a row; that of the tokenizer by default.

        Returns:
            Token ids, int32 [rows, (tokens)], without padding.

        Raises:
            UserError: a text is not a string, or `max_length` has no room for the special tokens.
        """
        length = self._row_length(max_length, special_tokens=2)
        tokens = self._tokenize(texts)
        starts = tf.ragged.range(tokens.row_starts(), tokens.row_limits(), length - 2)
        pieces = _RaggedTensor.from_row_starts(tokens.values, starts.flat_values)
        return self._combine([pieces])[0]

    def decode(self, ids: Iterable[int]) -> str:
        """Returns the text of one row of token ids, without special tokens.

        Decoding does not restore case, accents, or the original spaces around punctuation.

        Args:
            ids: token ids.

        Raises:
            UserError: an id is outside the vocabulary.
        """
        special = {*self.special_ids, self.mask_token_id}
        words: list[str] = []
        for token_id in map(int, ids):
            if not 0 <= token_id < self.vocab_size:
                raise UserError(
                    f"token id {token_id} is outside the vocabulary of {self.vocab_size:,} tokens"
                )
            token = self.vocabulary[token_id]
            if token_id in special:
                continue
            if token.startswith(CONTINUATION_PREFIX) and words:
                words[-1] += token.removeprefix(CONTINUATION_PREFIX)
            else:
                words.append(token)
        return " ".join(words)

    def to_device(self) -> DeviceTokenizer:
        """Returns the tokenizer without TensorFlow that makes the same token ids."""
        return DeviceTokenizer.from_settings(self.settings(), self.vocabulary)

    def save_pretrained(self, folder: str | os.PathLike) -> None:
        """Writes `vocab.txt` and `tokenizer_config.json`, which Hugging Face's BertTokenizer reads.

        Args:
            folder: takes the two files; it is made if it does not exist.
        """
        folder = Path(folder)
        with write_atomically(folder / VOCABULARY_FILE) as path:
            path.write_text("\n".join(self.vocabulary) + "\n", encoding="utf-8", newline="\n")
        with write_atomically(folder / SETTINGS_FILE) as path:
            path.write_text(json.dumps(self.settings(), indent=2) + "\n", encoding="utf-8")

    @classmethod
    def from_pretrained(
        cls, folder: str | os.PathLike, *, max_length: int | None = None
    ) -> WordPieceTokenizer:
        """Reads a folder that `save_pretrained` or Hugging Face's BertTokenizer wrote.

        Args:
            folder: a folder with `vocab.txt` or `tokenizer.json`. `tokenizer_config.json` may be
                missing, as in old checkpoints; the settings then have their defaults.
            max_length: the default number of tokens of a row; that of the folder if not given.

        Raises:
            UserError: there is no vocabulary, a file cannot be used, two files contradict each
                other, or there are added tokens, which WordPiece would divide.
        """
        folder = Path(folder)
        vocabulary, settings = read_tokenizer_files(folder)
        if max_length is not None:
            settings = {**settings, "model_max_length": max_length}
        source = str(folder / SETTINGS_FILE)
        lowercase, length = read_settings(settings, source)
        stop_words = read_stop_words(settings, source)
        try:
            return cls(
                vocabulary, lowercase=lowercase, max_length=length, match_stop_words=stop_words
            )
        except UserError as error:
            raise UserError(f"{folder}: {error}") from None

    def _combine(self, segments: list[tf.RaggedTensor]) -> tuple[Any, Any]:
        """Returns the ids of the segments with special tokens, and the token type ids."""
        return tf_text.combine_segments(segments, self.cls_token_id, self.sep_token_id)

    def _token_ids(self, texts: Sequence[str], limit: int) -> list[list[int]]:
        return self._tokenize(texts)[:, :limit].to_list()

    def _tokenize(self, texts: Texts) -> tf.RaggedTensor:
        """Returns token ids, int32 [batch, (tokens)], without special tokens."""
        normalized = normalize(_as_string_tensor(texts), self.lowercase)
        words = tf.strings.regex_replace(normalized, _OVERLONG, OVERLONG_WORD)
        return self._tokenizer.tokenize(words)


def _tokens_of_words(vocabulary: Sequence[str]) -> list[str]:
    """Returns the tokens, with others that match nothing in place of those that no word holds.

    FastBertTokenizer matches white space across words, and refuses some control characters.
    Vocabularies hold both, such as U+2028.
    """
    return [
        f"[[{index}]]"
        if any(c.isspace() or unicodedata.category(c) == "Cc" for c in token)
        else token
        for index, token in enumerate(vocabulary)
    ]


def _as_string_tensor(texts: Any) -> tf.Tensor:
    """Returns texts as a string tensor [batch]; the batch may be empty."""
    if not tf.is_tensor(texts):
        if isinstance(texts, (str, bytes)):
            texts = [texts]
        texts = list(texts)
        for index, text in enumerate(texts):
            if isinstance(text, str):
                # "ignore" drops lone surrogates, which UTF-8 cannot encode.
                texts[index] = text.encode("utf-8", "ignore")
            elif not isinstance(text, bytes):
                raise UserError(f"text {index} is {text!r}, not a string")
        texts = tf.constant(texts, tf.string, shape=[len(texts)])
    if texts.dtype != tf.string:
        raise UserError(f"texts have dtype {texts.dtype.name}; string is needed")
    if texts.shape.rank not in (0, 1):
        raise UserError(f"texts have shape {texts.shape}; [] or [batch] is needed")
    return tf.reshape(texts, [-1]) if texts.shape.rank == 0 else texts


def _truncate(segments: list[tf.RaggedTensor], budget: int) -> list[tf.RaggedTensor]:
    """Cuts one segment, or two by `longest_first`, to `budget` tokens in total."""
    if len(segments) == 1:
        return [segments[0][:, :budget]]
    first, second = (segment.row_lengths() for segment in segments)
    lengths = longest_first_lengths(first, second, budget, minimum=tf.minimum, maximum=tf.maximum)
    return [
        _RaggedTensor.from_tensor(segment[:, :budget].to_tensor(), lengths=kept)
        for segment, kept in zip(segments, lengths, strict=True)
    ]

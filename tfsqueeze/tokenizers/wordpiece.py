"""WordPiece tokenization in the TensorFlow graph."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
import tensorflow_text as tf_text

from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.tokenizers.text_normalization import normalize
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
from tfsqueeze.utils.files import write_atomically

VOCABULARY_FILE = "vocab.txt"
SETTINGS_FILE = "tokenizer_config.json"

# BERT makes a word of more than 100 characters one [UNK]; FastBertTokenizer counts bytes, which
# would lose ordinary unspaced Thai at 34 characters. So it is given 4 bytes (UTF-8's longest) a
# character, and the common overlong words, ASCII ones, are first made longer than that.
_MAX_BYTES_PER_WORD = 4 * MAX_CHARACTERS_PER_WORD
_OVERLONG_WORD = rf"[0-9A-Za-z]{{{MAX_CHARACTERS_PER_WORD + 1},}}"
_UNKNOWN_WORD = "x" * (_MAX_BYTES_PER_WORD + 1)

Texts = str | bytes | Sequence[str] | tf.Tensor


class WordPieceTokenizer:
    """Turns texts into the padded int32 inputs of BERT-like models.

    Runs on `tensorflow_text.FastBertTokenizer`, so it works on Python strings and equally on
    string tensors inside `tf.data.Dataset.map` and `tf.function`. Token ids equal those of
    Hugging Face's BertTokenizer on the same vocabulary, with three exceptions: a special token
    spelled out in the text ("[SEP]") is plain text here, so that no input can forge one; a
    word of 101 characters or more that mixes in non-ASCII letters is [UNK] only above 400 bytes;
    and characters newer than either library's Unicode tables may be split differently.

    Args:
        vocabulary: the tokens in order of their ids, with [PAD], [UNK], [CLS] and [SEP] among
            them; [MASK] is optional.
        lowercase: whether texts are lowercased and stripped of accents.
        max_length: the default number of tokens in a row, special tokens included.

    Raises:
        UserError: a required special token is missing, or a token is empty or repeated.
    """

    def __init__(
        self, vocabulary: Sequence[str], *, lowercase: bool = True, max_length: int = 128
    ) -> None:
        self.vocabulary = tuple(vocabulary)
        self.vocab_size = len(self.vocabulary)
        self.lowercase = lowercase
        self.max_length = check_max_length(max_length, special_tokens=2)
        ids = token_ids(self.vocabulary)
        self.pad_token_id = ids[PAD_TOKEN]
        self.unk_token_id = ids[UNK_TOKEN]
        self.cls_token_id = ids[CLS_TOKEN]
        self.sep_token_id = ids[SEP_TOKEN]
        self.mask_token_id = ids.get(MASK_TOKEN)
        # Built outside any graph, so that one tokenizer can serve many tf.functions.
        with tf.init_scope():
            self._tokenizer = tf_text.FastBertTokenizer(
                self.vocabulary,
                max_bytes_per_word=_MAX_BYTES_PER_WORD,
                token_out_type=tf.int32,
                unknown_token=UNK_TOKEN,
            )

    def __call__(
        self,
        texts: Texts,
        text_pairs: Texts | None = None,
        *,
        max_length: int | None = None,
        padding: str = "max_length",
    ) -> dict[str, tf.Tensor]:
        """Tokenizes a batch: `[CLS] text [SEP]`, or `[CLS] text [SEP] pair [SEP]` for pairs.

        Encodings that are too long lose tokens at the end of the text; of a pair the longer member
        is shortened first (Hugging Face's `longest_first`).

        Args:
            texts: one text (a batch of one), a sequence of texts, or a string tensor of shape
                [] or [batch]. Any characters are allowed; what is not valid Unicode is dropped.
            text_pairs: the second texts, as many as `texts`.
            max_length: tokens in a row, in place of the tokenizer's own.
            padding: "max_length" pads every row to `max_length`; "longest" to the longest row.

        Returns:
            int32 `input_ids`, `attention_mask` (1 for tokens, 0 for padding) and
            `token_type_ids` (1 for the pair and its [SEP]), each of shape [batch, length].

        Raises:
            UserError: a text is not a string, the texts and pairs differ in number, `padding` is
                another word, or `max_length` leaves no room for the special tokens.
        """
        if padding not in ("max_length", "longest"):
            raise UserError(f"padding is {padding!r}; use 'max_length' or 'longest'")
        special_tokens = 2 if text_pairs is None else 3
        length = check_max_length(
            self.max_length if max_length is None else max_length, special_tokens
        )
        segments = [self._tokenize(texts)]
        if text_pairs is not None:
            segments.append(self._tokenize(text_pairs))
            _check_same_number(*segments)
        segments = _truncate(segments, length - special_tokens)
        input_ids, token_type_ids = tf_text.combine_segments(
            segments, self.cls_token_id, self.sep_token_id
        )
        attention_mask = tf.ones_like(input_ids)
        width = length if padding == "max_length" else None

        def padded(rows: tf.RaggedTensor, value: int) -> tf.Tensor:
            return rows.to_tensor(default_value=value, shape=[None, width])

        return {
            "input_ids": padded(input_ids, self.pad_token_id),
            "attention_mask": padded(attention_mask, 0),
            "token_type_ids": padded(token_type_ids, 0),
        }

    def encode_without_truncation(
        self, texts: Texts, max_length: int | None = None
    ) -> tf.RaggedTensor:
        """Token ids of whole texts, none cut off: int32 [rows, (tokens)], without padding.

        A text becomes one row `[CLS] ... [SEP]`, or several of at most `max_length` tokens on end;
        one without tokens becomes none.

        Raises:
            UserError: as for a call.
        """
        length = check_max_length(
            self.max_length if max_length is None else max_length, special_tokens=2
        )
        tokens = self._tokenize(texts)
        starts = tf.ragged.range(tokens.row_starts(), tokens.row_limits(), length - 2)
        pieces = tf.RaggedTensor.from_row_starts(tokens.values, starts.flat_values)
        return tf_text.combine_segments([pieces], self.cls_token_id, self.sep_token_id)[0]

    def encode_words(
        self, sentences: Sequence[Sequence[str]], max_length: int | None = None
    ) -> WordEncodings:
        """Tokenizes sentences of words, each word by itself; see `build_word_encodings`.

        Raises:
            UserError: a word is not a string, or `max_length` leaves no room for the special
                tokens.
        """
        # A word often comes again.
        known = list(dict.fromkeys(word for words in sentences for word in words))
        pieces = dict(zip(known, self._tokenize(known).to_list(), strict=True))
        return build_word_encodings(
            ([pieces[word] for word in words] for words in sentences),
            self.max_length if max_length is None else max_length,
            cls_id=self.cls_token_id,
            sep_id=self.sep_token_id,
            pad_id=self.pad_token_id,
            unk_id=self.unk_token_id,
        )

    def decode(self, ids: Iterable[int]) -> str:
        """Joins one row of token ids into readable text, without the special tokens.

        Lowercasing, accents and the spaces around punctuation that tokenization took away
        do not come back.

        Raises:
            UserError: an id lies outside the vocabulary.
        """
        special = {self.pad_token_id, self.cls_token_id, self.sep_token_id, self.mask_token_id}
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

    def settings(self) -> dict[str, Any]:
        """All but the vocabulary, as Hugging Face's `tokenizer_config.json` names it.

        JSON-able; with the vocabulary it makes the same tokenizer again (`from_settings`).
        """
        return {
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

    def to_device(self) -> DeviceTokenizer:
        """Returns the tokenizer without TensorFlow that makes the same token ids."""
        return DeviceTokenizer.from_settings(self.settings(), self.vocabulary)

    @classmethod
    def from_settings(
        cls, settings: dict[str, Any], vocabulary: Sequence[str]
    ) -> WordPieceTokenizer:
        """Makes a tokenizer from what `settings()` or a `tokenizer_config.json` says.

        See `tfsqueeze.tokenizers.tokenizer_settings.read_settings` for what may be left out.

        Raises:
            UserError: the settings ask for something that this tokenizer does not do.
        """
        lowercase, max_length = read_settings(settings)
        return cls(vocabulary, lowercase=lowercase, max_length=max_length)

    def save_pretrained(self, folder: str | os.PathLike) -> None:
        """Writes `vocab.txt` and `tokenizer_config.json` as Hugging Face's BertTokenizer reads."""
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

        max_length: the default number of tokens in a row, in place of the folder's.

        `tokenizer_config.json` may be absent, as in old checkpoints: defaults hold then.

        Raises:
            UserError: `vocab.txt` is missing, or a file cannot be read as what it should be.
        """
        folder = Path(folder)
        vocabulary_file, settings_file = folder / VOCABULARY_FILE, folder / SETTINGS_FILE
        if not vocabulary_file.is_file():
            raise UserError(f"{folder} has no {VOCABULARY_FILE}; name a folder with a tokenizer")
        try:
            # Only "\n" ends a token: vocabularies hold exotic characters that are line breaks
            # to str.splitlines.
            lines = vocabulary_file.read_bytes().decode("utf-8").split("\n")
        except UnicodeDecodeError as error:
            raise UserError(f"{vocabulary_file} is not UTF-8 text: {error}") from error
        if lines[-1] == "":
            lines.pop()
        settings: dict[str, Any] = {}
        if settings_file.is_file():
            try:
                settings = json.loads(settings_file.read_bytes())
            except ValueError as error:
                raise UserError(f"{settings_file} is not valid JSON: {error}") from error
            if not isinstance(settings, dict):
                raise UserError(f"{settings_file} should hold one JSON object of settings")
        if max_length is not None:
            settings = {**settings, "model_max_length": max_length}
        return cls.from_settings(settings, [line.rstrip("\r") for line in lines])

    def _tokenize(self, texts: Texts) -> tf.RaggedTensor:
        """Token ids [batch, (tokens)] without special tokens."""
        texts = normalize(_as_string_tensor(texts), self.lowercase)
        texts = tf.strings.regex_replace(texts, _OVERLONG_WORD, _UNKNOWN_WORD)
        return self._tokenizer.tokenize(texts)


def _as_string_tensor(texts: Texts) -> tf.Tensor:
    """A string tensor [batch] of one text or many; a batch of none stays one."""
    if not tf.is_tensor(texts):
        if isinstance(texts, (str, bytes)):
            texts = [texts]
        texts = list(texts)
        for index, text in enumerate(texts):
            if isinstance(text, str):
                # "ignore" drops lone surrogates, which no UTF-8 can hold.
                texts[index] = text.encode("utf-8", "ignore")
            elif not isinstance(text, bytes):
                raise UserError(f"text {index} is {text!r}, not a string")
        texts = tf.constant(texts, tf.string, shape=[len(texts)])
    if texts.dtype != tf.string:
        raise UserError(f"texts have dtype {texts.dtype.name}; string is needed")
    if texts.shape.rank not in (0, 1):
        raise UserError(f"texts have shape {texts.shape}; [] or [batch] is needed")
    return tf.reshape(texts, [-1]) if texts.shape.rank == 0 else texts


def _check_same_number(texts: tf.RaggedTensor, pairs: tf.RaggedTensor) -> None:
    # Inside a graph the numbers are mostly unknown, and the ops below would fail by themselves.
    if tf.executing_eagerly() and int(texts.nrows()) != int(pairs.nrows()):
        raise UserError(f"there are {texts.nrows()} texts but {pairs.nrows()} text_pairs")


def _truncate(segments: list[tf.RaggedTensor], budget: int) -> list[tf.RaggedTensor]:
    """Cuts one segment, or two by `longest_first`, to `budget` tokens in all."""
    if len(segments) == 1:
        return [segments[0][:, :budget]]
    first, second = (segment.row_lengths() for segment in segments)
    # As the Rust `tokenizers` does: what the shorter leaves is the longer's; if both exceed half
    # the budget they share it, and the odd token goes to the longer, the second of equals.
    half, other_half = budget // 2, budget - budget // 2
    first_share = tf.where(first > second, other_half, half)
    first_share = tf.cast(first_share, first.dtype)
    kept_first = tf.minimum(first, tf.maximum(first_share, budget - second))
    kept_second = tf.minimum(second, budget - kept_first)
    return [
        tf.RaggedTensor.from_tensor(segment[:, :budget].to_tensor(), lengths=kept)
        for segment, kept in zip(segments, (kept_first, kept_second), strict=True)
    ]

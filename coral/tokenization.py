"""Texts, pairs of texts and words as rows of token ids, on the board's host."""

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import BertPreTokenizer


class Row:
    """What a model reads of a text.

    Args:
        token_ids: the ids without padding.
        second_start: the position of the first token of a second text.
        length: the number of ids with padding.
        pad_id: the id of [PAD].
        words: for each word that fits its position in the row, and the positions of its first
            character and after its last one in the text.

    Attributes:
        inputs: `input_ids` and `token_type_ids` (1 for the second text and its [SEP], else 0),
            each int32 [length].
        words: as given.
    """

    def __init__(self, token_ids, second_start, length, pad_id, words=()):
        ids = np.full(length, pad_id, np.int32)
        ids[: len(token_ids)] = token_ids
        types = np.zeros(length, np.int32)
        types[second_start : len(token_ids)] = 1
        self.inputs = {"input_ids": ids, "token_type_ids": types}
        self.words = list(words)


class Tokenization:
    """Makes rows of a model.

    Args:
        folder: the exported folder, a Path.
        description: the content of its model.json.
    """

    def __init__(self, folder, description):
        self._tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
        self._tokens = description["tokens"]
        self._length = description["max_length"]

    def encode(self, text):
        """Returns the row `[CLS] text [SEP]`; of a text that is too long the end is cut off."""
        return self._row([self._ids(text)[: self._length - 2]])

    def encode_pair(self, text, text_pair):
        """Returns the row `[CLS] text [SEP] text_pair [SEP]`; the longer text is shortened first.

        Of an odd number of tokens the longer text keeps one more, and the second one of two that
        are equally long.
        """
        first, second = self._ids(text), self._ids(text_pair)
        room = self._length - 3
        share = room // 2 + (room % 2 if len(first) > len(second) else 0)
        first = first[: max(share, room - len(second))]
        return self._row([first, second[: room - len(first)]])

    def encode_words(self, text):
        """Returns the row of a text whose words get tags; one that is too long loses whole words.

        Words end at whitespace and around punctuation. A word without tokens becomes [UNK].
        """
        ids, words = [], []
        for word, (start, end) in BertPreTokenizer().pre_tokenize_str(text):
            pieces = self._ids(word) or [self._tokens["unk"]]
            if len(ids) + len(pieces) > self._length - 2:
                break
            words.append((1 + len(ids), start, end))
            ids += pieces
        return self._row([ids], words)

    def _ids(self, text):
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def _row(self, texts, words=()):
        ids, second_start = [self._tokens["cls"]], None
        for text in texts:
            ids += [*text, self._tokens["sep"]]
            second_start = second_start or len(ids)
        return Row(ids, second_start, self._length, self._tokens["pad"], words)

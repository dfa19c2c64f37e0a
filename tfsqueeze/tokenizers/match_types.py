"""Token types of their own for words that both texts of a row have."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from importlib import resources

import numpy as np

from tfsqueeze.tokenizers.normalized_words import normalized_words
from tfsqueeze.tokenizers.tokenizer_settings import CONTINUATION_PREFIX, SPECIAL_TOKENS

# How many token types there are: those of the two texts, and the two of words that both have.
TOKEN_TYPES = 4
_MATCH = 2


class MatchTypes:
    """Gives words that both texts of a row have token types of their own: 2 and 3 for 0 and 1.

    It is the exact match of DrQA (Chen et al. 2017, arXiv 1704.00051, section 3.2), marked in both
    texts. Words are compared whole and lowercased, so that one of several tokens matches as a
    whole. Stop words, [UNK] and what is left of a word at the start of a window match nothing. Of
    a word that the end of a text is cut in, the rest counts.

    Args:
        vocabulary: the tokens in order of their ids.
        stop_words: words that match nothing, in any form.
        lowercase: whether the tokens are lowercased already.

    Attributes:
        stop_words: those words as they stand in lowercased texts, without accents if the tokens
            have none.

    Example:
        >>> types = MatchTypes(["[CLS]", "[SEP]", "the", "rain", "##s"], ["the"], lowercase=True)
        >>> types.matches([0, 2, 3, 4, 1, 2, 3, 1, 1], second_start=5)
        []
        >>> types.matches([0, 2, 3, 4, 1, 2, 3, 4, 1], second_start=5)
        [2, 3, 6, 7]
    """

    def __init__(
        self, vocabulary: Sequence[str], stop_words: Collection[str], *, lowercase: bool
    ) -> None:
        self.stop_words = tuple(_normalized(word, lowercase) for word in stop_words)
        self._ignored = frozenset(self.stop_words)
        self._lowercase = lowercase
        self._letters = [token.removeprefix(CONTINUATION_PREFIX) for token in vocabulary]
        self._continues = [token.startswith(CONTINUATION_PREFIX) for token in vocabulary]
        self._is_special = [token in SPECIAL_TOKENS for token in vocabulary]

    def __call__(
        self, input_ids: np.ndarray, attention_mask: np.ndarray, token_type_ids: np.ndarray
    ) -> np.ndarray:
        """Returns the token types of rows, int32 [rows, length].

        Args:
            input_ids: int32 [rows, length].
            attention_mask: int32 [rows, length], 1 for tokens and 0 for padding.
            token_type_ids: int32 [rows, length], 1 for the second text and its [SEP], else 0.
        """
        types = token_type_ids.copy()
        lengths, seconds = attention_mask.sum(axis=1), token_type_ids.sum(axis=1)
        for row, ids, length, second in zip(types, input_ids, lengths, seconds, strict=True):
            row[self.matches(ids[:length].tolist(), int(length - second))] += _MATCH
        return types

    def matches(self, ids: Sequence[int], second_start: int) -> list[int]:
        """Returns the positions of the tokens of words that both texts have, ascending.

        Args:
            ids: the token ids of a row without padding.
            second_start: the position of the first token of the second text; the number of tokens
                if there is none.
        """
        first, second = (
            self._words(ids, *span) for span in ((0, second_start), (second_start, len(ids)))
        )
        return sorted(
            position
            for word in first.keys() & second.keys()
            for position in (*first[word], *second[word])
        )

    def _words(self, ids: Sequence[int], start: int, end: int) -> dict[str, list[int]]:
        """Returns the positions of the tokens of each word from one position to before another."""
        words: dict[str, list[int]] = {}
        while start < end:
            after = start + 1
            while after < end and self._continues[ids[after]]:
                after += 1
            word = "".join(self._letters[token] for token in ids[start:after])
            if not self._lowercase:
                word = word.lower()
            is_whole = not self._continues[ids[start]] and not self._is_special[ids[start]]
            if is_whole and word not in self._ignored:
                words.setdefault(word, []).extend(range(start, after))
            start = after
        return words


def _normalized(text: str, lowercase: bool) -> str:
    """Returns a text as a tokenizer reads it; with a space in it, it is no word of a text."""
    words = normalized_words(text, 0, len(text), lowercase)
    return " ".join(word for word, _ in words).lower()


def default_stop_words() -> tuple[str, ...]:
    """Returns the words of `stop_words.txt`: function words of English, and punctuation."""
    text = (resources.files("tfsqueeze.tokenizers") / "stop_words.txt").read_text("utf-8")
    return tuple(text.split())

"""The words that BERT divides a text into before WordPiece."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_CHARACTERS_PER_PART = 4096
# UTF-8 cannot encode them.
_SURROGATES = re.compile("[\ud800-\udfff]")


class LocatedWord(NamedTuple):
    """A word and its place in a text.

    Args:
        text: the word, without lone surrogates.
        start: the position of its first character.
        end: the position after its last one.
    """

    text: str
    start: int
    end: int


def split_words(text: str) -> list[str]:
    """Returns the words of a text.

    Words end at whitespace and around every punctuation character (by the library `tokenizers`),
    so the pieces of the words one by one are the pieces of the whole text. Lone surrogates, which
    UTF-8 cannot encode, are dropped.

    Args:
        text: any text.

    Example:
        >>> split_words("Don't stop!")
        ['Don', "'", 't', 'stop', '!']
    """
    return [word.text for word in locate_words(text)]


def locate_words(text: str) -> Iterator[LocatedWord]:
    """Yields the words of `split_words` with their places; a long text is read bit by bit.

    Args:
        text: any text.

    Example:
        >>> [(word.start, word.end) for word in locate_words("jazz, please")]
        [(0, 4), (4, 5), (6, 12)]
    """
    # A word that may go on in the next part.
    first, last = 0, 0
    for start in range(0, len(text), _CHARACTERS_PER_PART):
        for number, (begin, end) in enumerate(_spans_of_part(text, start)):
            if number == 0 and last and _is_one_word(text, last, begin):
                last = end
                continue
            if last:
                yield _word(text, first, last)
            first, last = begin, end
    if last:
        yield _word(text, first, last)


def _spans_of_part(text: str, start: int) -> list[tuple[int, int]]:
    """Returns where the words of a part of a text begin and end."""
    from tokenizers.pre_tokenizers import BertPreTokenizer

    part = text[start : start + _CHARACTERS_PER_PART]
    positions = [start + index for index, c in enumerate(part) if not "\ud800" <= c <= "\udfff"]
    return [
        (positions[begin], positions[end - 1] + 1)
        for _, (begin, end) in BertPreTokenizer().pre_tokenize_str(_SURROGATES.sub("", part))
    ]


def _is_one_word(text: str, end: int, begin: int) -> bool:
    """Returns whether what ends in one part of a text goes on in the next one."""
    from tokenizers.pre_tokenizers import BertPreTokenizer

    seam = text[end - 1] + _SURROGATES.sub("", text[end:begin]) + text[begin]
    return len(BertPreTokenizer().pre_tokenize_str(seam)) == 1


def _word(text: str, start: int, end: int) -> LocatedWord:
    return LocatedWord(_SURROGATES.sub("", text[start:end]), start, end)

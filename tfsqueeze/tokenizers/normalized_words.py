"""The words of a text, normalized character by character as in training, without TensorFlow."""

from __future__ import annotations

import enum
import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator

from tfsqueeze.tokenizers.character_differences import (
    CHINESE_CHARACTERS,
    FORMAT_CHARACTERS,
    KEPT_MARKS,
    LETTERS,
    PUNCTUATION,
    REPLACED,
    SORTED_MARKS,
    STRIPPED,
    STRIPPED_MARKS,
    code_points,
)
from tfsqueeze.tokenizers.tokenizer_settings import (
    MAX_BYTES_PER_WORD,
    MAX_CHARACTERS_PER_WORD,
    OVERLONG_WORD,
)


def _characters(*ranges: str) -> list[str]:
    return [chr(c) for part in ranges for c in code_points(part)]


# The characters of `character_differences` by what training does with them.
_DELETED = frozenset(_characters(FORMAT_CHARACTERS))
_ISOLATED = frozenset(_characters(PUNCTUATION, CHINESE_CHARACTERS))
_LOWERCASED = {
    **{c: c for c in _characters(LETTERS, *KEPT_MARKS.values())},
    **dict.fromkeys(_characters(STRIPPED, STRIPPED_MARKS), ""),
    **{chr(c): form for c, form in REPLACED.items()},
}
_COMBINING_CLASSES = {
    **dict.fromkeys(_LOWERCASED, 0),
    # Any number but 0 does: they are deleted where they stand.
    **dict.fromkeys(_characters(STRIPPED_MARKS), 255),
    **{c: number for number, part in KEPT_MARKS.items() for c in _characters(part)},
}

# Lowercased, a character is at most 3 letters and 12 bytes. So shorter words are within the limits
# of any tokenizer, whatever their characters are.
_SAFE_LENGTH = min(MAX_CHARACTERS_PER_WORD // 3, MAX_BYTES_PER_WORD // 12)
# Characters that end words in every library.
WORD_ENDS = r"\t\n\r -/:-@\[-`{-~\u3001\u3002\u3400-\u4dbf\u4e00-\u9fff"
_LONG_WORD = re.compile(rf"(?:\A|[{WORD_ENDS}])[^{WORD_ENDS}]{{{_SAFE_LENGTH + 1}}}")


def _one_of(characters: Iterable[str]) -> re.Pattern[str]:
    return re.compile(f"[{''.join(sorted(characters))}]")


# Two patterns, since a search for any of few characters up to U+FFFF is much quicker.
_DIFFERENT = _DELETED | _ISOLATED | _LOWERCASED.keys() | set(_characters(SORTED_MARKS))
_DIFFERENT_TO_FFFF = _one_of(c for c in _DIFFERENT if c <= "\uffff")
_DIFFERENT_BEYOND = _one_of(c for c in _DIFFERENT if c > "\uffff")
_BEYOND_FFFF = re.compile("[\U00010000-\U0010ffff]")


class _Kind(enum.Enum):
    """What a character does to the words of a normalized text."""

    LETTER = enum.auto()
    SPACE = enum.auto()
    # A word by itself: punctuation, and Chinese characters.
    ISOLATED = enum.auto()


def needs_normalized_words(text: str) -> bool:
    """Returns whether `tokenizers` may read a text in another way than training does.

    Args:
        text: any text.

    Example:
        >>> [needs_normalized_words(text) for text in ("jazz", "\u2e5a", "ja" * 50)]
        [False, True, True]
    """
    if not text.isascii():
        if _DIFFERENT_TO_FFFF.search(text):
            return True
        beyond = _BEYOND_FFFF.search(text)
        if beyond and _DIFFERENT_BEYOND.search(text, beyond.start()):
            return True
    return _LONG_WORD.search(text) is not None


def normalized_words(
    text: str, start: int, end: int, lowercase: bool
) -> Iterator[tuple[str, list[int]]]:
    """Yields the normalized words of a part of a text.

    A word that is too long for a token other than [UNK] becomes `OVERLONG_WORD`.

    Args:
        text: any text.
        start: the position of the part's first character.
        end: the position after its last character.
        lowercase: whether texts are lowercased and stripped of accents.

    Yields:
        A word, and for each of its letters the position of the character that it comes from.

    Example:
        >>> list(normalized_words("Né!", 0, 3, lowercase=True))
        [('ne', [0, 1]), ('!', [2])]
    """
    word = _Word()
    for position in range(start, end):
        character = text[position]
        form = _form(character, lowercase)
        if form is None:
            continue
        if not form and not _combining_class(character):
            word.fix_marks()
        for letter in form:
            kind = _kind(letter)
            if kind is _Kind.LETTER:
                word.add(letter, position, sorts=lowercase)
                continue
            if word.positions:
                yield word.finished()
                word = _Word()
            if kind is _Kind.ISOLATED:
                yield letter, [position]
    if word.positions:
        yield word.finished()


class _Word:
    """A word that grows letter by letter."""

    def __init__(self) -> None:
        self.positions: list[int] = []
        self._letters: list[str] = []
        # The first of the marks at the end that NFD may still sort.
        self._first_mark = 0
        self._bytes = 0
        self._ascii_run = 0
        self._is_overlong = False

    def add(self, letter: str, position: int, sorts: bool) -> None:
        """Adds a letter; a mark comes before those of higher classes (NFD's canonical order)."""
        if self._is_overlong:
            self.positions[-1] = position
            return
        index = len(self._letters)
        number = _combining_class(letter) if sorts else 0
        if number:
            while index > self._first_mark and _combining_class(self._letters[index - 1]) > number:
                index -= 1
        else:
            self._first_mark = index + 1
        self._letters.insert(index, letter)
        self.positions.append(position)
        self._bytes += len(letter.encode())
        self._ascii_run = self._ascii_run + 1 if letter.isascii() else 0
        self._is_overlong = (
            self._bytes > MAX_BYTES_PER_WORD or self._ascii_run > MAX_CHARACTERS_PER_WORD
        )

    def fix_marks(self) -> None:
        """Ends the marks that NFD sorts among each other."""
        self._first_mark = len(self._letters)

    def finished(self) -> tuple[str, list[int]]:
        """Returns the word and the positions of its letters."""
        if not self._is_overlong:
            return "".join(self._letters), self.positions
        first, last = self.positions[0], self.positions[-1]
        return OVERLONG_WORD, [first] * (len(OVERLONG_WORD) - 1) + [last]


@functools.lru_cache(maxsize=65_536)
def _form(character: str, lowercase: bool) -> str | None:
    """Returns what normalization makes of a character; None if it deletes it before all else."""
    if character in _DELETED or "\ud800" <= character <= "\udfff":
        return None
    if character in _ISOLATED:
        return character
    if character in _LOWERCASED:
        return _LOWERCASED[character] if lowercase else character
    if not _normalize(character, False):
        return None
    form = _normalize(character, lowercase)
    # There are spaces around Chinese characters.
    return form.strip(" ") or form


@functools.lru_cache(maxsize=65_536)
def _kind(letter: str) -> _Kind:
    """Returns the kind of a character of a normalized text."""
    if letter in _ISOLATED:
        return _Kind.ISOLATED
    if letter in _LOWERCASED:
        return _Kind.LETTER
    from tokenizers.pre_tokenizers import BertPreTokenizer

    words = BertPreTokenizer().pre_tokenize_str(_normalize(f"a{letter}a", False))
    return {1: _Kind.LETTER, 2: _Kind.SPACE, 3: _Kind.ISOLATED}[len(words)]


def _combining_class(character: str) -> int:
    number = _COMBINING_CLASSES.get(character)
    return unicodedata.combining(character) if number is None else number


def _normalize(text: str, lowercase: bool) -> str:
    from tokenizers.normalizers import BertNormalizer

    return BertNormalizer(lowercase=lowercase).normalize_str(text)

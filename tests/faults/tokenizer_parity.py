"""Compares the tokenizer for devices with that of training on texts rich in limits.

    python -m tests.faults.tokenizer_parity COUNT SEED

prints how many texts the library `tokenizers` alone would read in another way, by cause, and how
many the two tokenizers do.
"""

from __future__ import annotations

import collections
import functools
import random
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tfsqueeze.tokenizers import character_differences
from tfsqueeze.tokenizers.character_differences import KEPT_MARKS, REPLACED, code_points
from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.tokenizers.words import split_words

_TEXTS_PER_BATCH = 1000
_LENGTH = 64
# The characters that the libraries treat in different ways, by cause.
CAUSES = {
    **{
        name.lower().replace("_", " "): {chr(c) for c in code_points(ranges)}
        for name, ranges in vars(character_differences).items()
        if name.isupper() and isinstance(ranges, str)
    },
    "kept marks": {chr(c) for ranges in KEPT_MARKS.values() for c in code_points(ranges)},
    "decompositions": set(map(chr, REPLACED)),
}
_LONG_WORD = re.compile(r"[^ \t\n\r!-/:-@\[-`{-~]{34}")

# The ends of the ranges of Chinese characters in BERT, and of some blocks.
_EDGES = (
    0x80, 0xA0, 0xAD, 0x300, 0x370, 0x1100, 0x115F, 0x1160, 0x11A7, 0x11A8, 0x11FF, 0x2000, 0x200F,
    0x2028, 0x202F, 0x2060, 0x206F, 0x20A0, 0x2E80, 0x2FFF, 0x3000, 0x303F, 0x3040, 0x30FF, 0x3400,
    0x4DBF, 0x4E00, 0x9FFF, 0xA000, 0xA960, 0xAC00, 0xAC1B, 0xAC1C, 0xD7A3, 0xD7B0, 0xD7FF, 0xD800,
    0xDFFF, 0xE000, 0xF8FF, 0xF900, 0xFAFF, 0xFB00, 0xFDD0, 0xFDEF, 0xFE00, 0xFE0F, 0xFEFF, 0xFF00,
    0xFFEF, 0xFFF9, 0xFFFC, 0xFFFD, 0xFFFF, 0x1F000, 0x1FFFF, 0x20000, 0x2A6DF, 0x2A700, 0x2B73F,
    0x2B740, 0x2B81F, 0x2B820, 0x2CEAF, 0x2CEB0, 0x2EBE0, 0x2EBF0, 0x2EE5D, 0x2F800, 0x2FA1F,
    0x30000, 0x323AF, 0x3FFFF, 0xE0000, 0xE0001, 0xE0020, 0xE007F, 0xE0100, 0xE01EF, 0xF0000,
    0xFFFFD, 0x100000, 0x10FFFD, 0x10FFFF,
)  # fmt: skip
_SPACES = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0"
    "\u1680\u180e\u2000\u2003\u200a\u2028\u2029\u202f\u205f\u3000"
)
_DELETED = (
    "\x00\x01\x08\x0e\x7f\x80\x9f\xad\u061c\u200b\u200c\u200d\u200e\u2060\ufeff\ufff9\ufffd\ue000"
    "\U000e0001"
)
_CASES = "İIıißẞſΣσςKÅÅΩΩǅǆǄﬁﬀŉǰΐᾳᾼᾈΆἈᏀꭰᲐაႠⴀ𐐀𐐨ꟲꟳꟴƗɨꞮɪⱯɐ"  # noqa: RUF001
_EMOJI = (
    "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f44d\U0001f3fd",
    "\U0001f1e9\U0001f1ea", "1\ufe0f\u20e3", "\u2764\ufe0f",
    "\U0001f3f4\U000e0067\U000e0062\U000e007f", "\U0001fae8", "\U0001fac6", "\u2639\ufe0e",
)  # fmt: skip
_LETTERS = "aZ9éßжאกक東가あ\U00010428\U0001d15e½™\u0301\u0e31"
_LENGTHS = (33, 34, 44, 45, 66, 67, 99, 100, 101, 133, 134, 199, 200, 201, 399, 400, 401, 500)
_SCRIPTS = (
    "абвгд", "αβγδέ", "אבגדה", "ابتثج", "कखगघङािीु", "กขฃคเแโใ", "ᄀ까ᅢᆨᆫ", "가각힣한글", "東京都日本",
    "あいうえがぱ", "カキクガパｶﾞ", "აბგდე", "ԱԲաբև", "መሙሚ", "ᏣᎳᎩꮳ", "ཀཁགངཅྐ", "ကခဂငစာိ", "កខគឃងាិ",
)  # fmt: skip


@functools.cache
def characters_by_category() -> dict[str, list[str]]:
    """Returns all code points by their general category, those of Python's Unicode version."""
    found: dict[str, list[str]] = {}
    for code_point in range(sys.maxunicode + 1):
        character = chr(code_point)
        found.setdefault(unicodedata.category(character), []).append(character)
    return found


class TextGenerator:
    """Draws texts from a seed.

    Args:
        seed: fixes the texts.
        vocabulary: tokens, which are a part of the texts.
    """

    def __init__(self, seed: int, vocabulary: Sequence[str]) -> None:
        self._draw = random.Random(seed)
        self._words = [token.removeprefix("##") for token in vocabulary]
        categories = characters_by_category()
        # A few hundred of each category, so that texts share characters with each other.
        self._pool = {
            name: list(members) if len(members) < 400 else self._draw.sample(members, 400)
            for name, members in categories.items()
        }
        self._different = sorted(set().union(*CAUSES.values()))
        self._marks = [*categories["Mc"], *categories["Me"]] + [
            mark for mark in categories["Mn"] if unicodedata.combining(mark)
        ]
        self._punctuation = [
            c for name, members in categories.items() if name[0] in "PS" for c in members
        ]
        draw = self._draw
        self._kinds: list[tuple[float, Callable[[], str]]] = [
            (20, lambda: draw.choice(self._words)),
            (20, lambda: draw.choice(self._words) + " "),
            (5, lambda: draw.choice(self._words).upper()),
            (8, self._character),
            (4, lambda: "".join(self._character() for _ in range(draw.randrange(12)))),
            (4, lambda: draw.choice(self._different)),
            (4, lambda: draw.choice(self._words) + draw.choice(self._different)),
            (4, lambda: chr(min(draw.choice(_EDGES) + draw.randint(-2, 2), sys.maxunicode))),
            (4, lambda: draw.choice(_SPACES)),
            (4, lambda: draw.choice(_DELETED)),
            (3, lambda: draw.choice(_CASES)),
            (2, lambda: draw.choice(_EMOJI)),
            (2, lambda: draw.choice((*SPECIAL_TOKENS, "[unused1]"))),
            (4, lambda: draw.choice(self._punctuation)),
            (4, self._marked),
            (3, self._script),
            (1, self._long_word),
        ]
        self._weights = [weight for weight, _ in self._kinds]

    def texts(self, count: int) -> list[str]:
        """Returns texts of up to 25 parts, each of any kind."""
        return [self._text() for _ in range(count)]

    def _text(self) -> str:
        draw = self._draw
        kinds = draw.choices(self._kinds, self._weights, k=draw.randrange(25))
        text = "".join(make() for _, make in kinds)
        form = draw.choice((None, None, None, "NFC", "NFD", "NFKC"))
        return text if form is None else unicodedata.normalize(form, text)

    def _character(self) -> str:
        return self._draw.choice(self._pool[self._draw.choice(list(self._pool))])

    def _marked(self) -> str:
        """A letter with marks, some of which NFD sorts."""
        marks = self._draw.choices(self._marks, k=self._draw.randint(1, 6))
        return self._draw.choice("aeÉ東가ก ") + "".join(marks)

    def _script(self) -> str:
        letters = self._draw.choice(_SCRIPTS)
        return "".join(self._draw.choices(letters, k=self._draw.randint(1, 12)))

    def _long_word(self) -> str:
        """A word at a limit of characters or of bytes, some with other characters within."""
        draw = self._draw
        length = draw.choice(_LENGTHS)
        letters = draw.choices(_LETTERS, k=draw.choice((1, 1, 1, 2, 4)))
        word = [draw.choice(letters) for _ in range(length)]
        if draw.random() < 0.4:
            for _ in range(draw.randint(1, 3)):
                word[draw.randrange(length)] = draw.choice([*_DELETED, "_", "-", "\u0301", "é"])
        return "".join(word)


def vocabulary_of(texts: Sequence[str]) -> list[str]:
    """Returns a vocabulary of the characters of texts, and of what normalization makes of them.

    So a token id stands for each character, and the tokenizers cannot agree by [UNK] alone.
    """
    characters = set("".join(texts)) - set(map(chr, range(0xD800, 0xE000)))
    forms = {
        form[:1]
        for c in characters
        for part in (c, *unicodedata.normalize("NFD", c))
        for form in (part, part.lower(), part.swapcase())
    }
    letters = sorted(forms - {"", "\n"})
    words = ["hello", "##world", "he", "##llo", "a" * 101, "a.b", "a b", "##" + "d" * 30, "##!"]
    continued = [f"##{letter}" for letter in letters]
    return list(dict.fromkeys([*SPECIAL_TOKENS, *letters, *continued, *words]))


def causes_of(text: str) -> list[str]:
    """Returns why the library `tokenizers` may read a text in another way than training does."""
    found = [name for name, characters in CAUSES.items() if not characters.isdisjoint(text)]
    return [*found, "long words"] if _LONG_WORD.search(text) else found


def count_library_differences(
    vocabulary: Sequence[str], lowercase: bool, texts: Sequence[str]
) -> collections.Counter[str]:
    """Returns how many texts the library alone reads in another way than training, by cause.

    A text may have several causes; one without any counts as "unexplained".
    """
    training = WordPieceTokenizer(vocabulary, lowercase=lowercase, max_length=_LENGTH)
    library = training.to_device()._tokenizer
    counts: collections.Counter[str] = collections.Counter()
    for part in _batches(texts):
        clean = [text.encode("utf-8", "replace").decode() for text in part]
        rows = training(clean)["input_ids"].numpy()
        for text, row, found in zip(
            clean, rows, library.encode_batch(clean, add_special_tokens=False), strict=True
        ):
            ids = [training.cls_token_id, *found.ids[: _LENGTH - 2], training.sep_token_id]
            if ids != row[: len(ids)].tolist() or row[len(ids) :].any():
                counts.update(causes_of(text) or ["unexplained"])
                counts["texts"] += 1
    return counts


def differences(vocabulary: Sequence[str], lowercase: bool, texts: Sequence[str]) -> Iterator[str]:
    """Yields a sentence for each text, pair or word that the two tokenizers read differently.

    The characters that the tokenizer for devices gives for each word have the word's token ids in
    training.
    """
    training = WordPieceTokenizer(vocabulary, lowercase=lowercase, max_length=_LENGTH)
    device = training.to_device()
    for part in _batches(texts):
        yield from _unequal("text", part, device(part), training(part))
        firsts, seconds = part[:-1:2], part[1::2]
        pairs = list(zip(firsts, seconds, strict=True))
        yield from _unequal(
            "pair", pairs, device(firsts, seconds, max_length=33),
            training(firsts, seconds, max_length=33),
        )  # fmt: skip
        sentences = [split_words(text) for text in part[::10]]
        rows = [tokenizer.encode_words(sentences) for tokenizer in (device, training)]
        yield from _unequal("sentence", sentences, rows[0].inputs, rows[1].inputs)
        yield from _unequal(
            "sentence", sentences, {"word_ids": rows[0].word_ids}, {"word_ids": rows[1].word_ids}
        )
        yield from _wrong_spans(device, training, part)


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(texts), _TEXTS_PER_BATCH):
        yield list(texts[start : start + _TEXTS_PER_BATCH])


def _unequal(what, examples, found, expected) -> Iterator[str]:
    for name, rows in expected.items():
        wrong = (np.asarray(rows) != found[name]).any(axis=1)
        for index in np.flatnonzero(wrong):
            yield f"{what} {examples[index]!a}: {name} {found[name][index].tolist()}"


def _wrong_spans(
    device: DeviceTokenizer, training: WordPieceTokenizer, texts: Sequence[str]
) -> Iterator[str]:
    words, expected = [], []
    for text, tokens in zip(texts, device._encode(texts), strict=True):
        starts = np.flatnonzero(~device.is_continuation[tokens.ids])
        for first, last in zip(starts, [*starts[1:], len(tokens.ids)], strict=False):
            words.append(text[tokens.offsets[first][0] : tokens.offsets[last - 1][1]])
            expected.append(list(tokens.ids[first:last]))
    found = training._token_ids(words, 10_000)
    for word, ids, others in zip(words, expected, found, strict=True):
        if ids != others:
            yield f"characters {word!a}: {ids} on the device, {others} in training"


if __name__ == "__main__":
    count, seed = map(int, sys.argv[1:])
    generated = TextGenerator(seed, ["hello", "##world", "jazz"]).texts(count)
    characters = vocabulary_of(generated)
    for lowercase in (True, False):
        print(f"{count:,} texts, {'lowercased' if lowercase else 'cased'}; the library alone:")
        for cause, number in count_library_differences(
            characters, lowercase, generated
        ).most_common():
            print(f"{number:8,}  {cause}")
        found = list(differences(characters, lowercase, generated))
        print(f"{len(found):8,}  differences of the two tokenizers", *found[:20], sep="\n")

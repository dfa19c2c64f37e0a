"""The page's tokenizer gives every text the token ids of Python's."""

from __future__ import annotations

import json

import numpy as np
import pytest

from converters.targets.web.web_target import write_page
from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.vocabulary import train_vocabulary
from tfsqueeze.tokenizers.words import locate_words
from tfsqueeze.utils.errors import UserError

pytestmark = pytest.mark.web

LENGTH = 48
# Jamo, two-part vowel signs, whose parts are tokens, and marks of several classes, which NFD sorts.
SCRIPTS = "ᄀᄁ하ᅡᅢᆨᆫ한\u0bc6\u0bbe\u0bcaก東京\u302e\u302f\u1b44\u1baa\U00016ff0\U0001d165\U0001d158"


@pytest.fixture(scope="module")
def page(tmp_path_factory, npm):
    folder = tmp_path_factory.mktemp("page")
    write_page(folder)
    return folder


@pytest.fixture(scope="module", params=[True, False], ids=["lowercase", "cased"])
def tokenizer(request, texts):
    vocabulary = train_vocabulary(texts, vocab_size=4000, lowercase=request.param)
    tokens = [*SPECIAL_TOKENS, *vocabulary, *SCRIPTS, *(f"##{c}" for c in SCRIPTS), "a.b", "##!"]
    return DeviceTokenizer(list(dict.fromkeys(tokens)), lowercase=request.param, max_length=LENGTH)


@pytest.fixture(scope="module")
def rows(page, browser, tokenizer):
    """Returns a function that makes rows in the browser."""
    about = {
        "vocabulary": tokenizer.vocabulary,
        "lowercase": tokenizer.lowercase,
        "max_length": LENGTH,
    }
    return lambda items: browser.run(page, {"kind": "rows", "about": about, "items": items})


def expected(inputs) -> list[dict]:
    """Returns the rows that Python's inputs have, without padding."""
    lengths = inputs["attention_mask"].sum(axis=1)
    seconds = inputs["token_type_ids"].sum(axis=1)
    return [
        {"ids": ids[:length].tolist(), "secondStart": int(length - second)}
        for ids, length, second in zip(inputs["input_ids"], lengths, seconds, strict=True)
    ]


def check(found, wanted, texts):
    assert len(found) == len(wanted)
    wrong = [index for index, (a, b) in enumerate(zip(found, wanted, strict=True)) if a != b]
    if wrong:
        shortest = min(wrong, key=lambda index: len(str(texts[index])))
        pytest.fail(
            f"{len(wrong)} of {len(wanted)} differ, the shortest {ascii(texts[shortest])}: "
            f"{found[shortest]} for {wanted[shortest]}"
        )


def test_10_000_texts(rows, tokenizer, texts, report):
    assert len(texts) == 10_000
    found = rows([["encode", text] for text in texts])
    wanted = expected(tokenizer(texts))
    check(found, wanted, texts)
    ids = sum(len(row["ids"]) for row in wanted)
    kind = "lowercase" if tokenizer.lowercase else "cased"
    report(f"browser, {kind}: {len(texts):,} texts, {ids:,} ids, 0 differ")


def test_pairs_words_and_questions(rows, tokenizer, texts, utf16):
    firsts, seconds = texts[::5], texts[1::5]
    pairs = list(zip(firsts, seconds, strict=True))
    found = rows(
        [["encodePair", *pair] for pair in pairs]
        + [["encodeWords", text] for text in firsts]
        + [["encodeQuestion", *pair] for pair in pairs]
    )
    count = len(pairs)
    check(found[:count], expected(tokenizer(firsts, seconds)), pairs)
    check(found[count : 2 * count], expected_words(tokenizer, firsts, utf16), firsts)
    check(found[2 * count :], expected_windows(tokenizer, pairs, utf16), pairs)


def expected_words(tokenizer, texts, utf16):
    located = [list(locate_words(text))[:LENGTH] for text in texts]
    encodings = tokenizer.encode_words([[word.text for word in words] for words in located])
    return [
        {
            **row,
            "words": [
                {"start": utf16(text, word.start), "end": utf16(text, word.end)} for word in words
            ],
            "firstTokens": np.flatnonzero(word_ids >= 0).tolist(),
        }
        for text, words, word_ids, row in zip(
            texts, located, encodings.word_ids, expected(encodings.inputs), strict=True
        )
    ]


def expected_windows(tokenizer, pairs, utf16):
    encodings = tokenizer.encode_questions(*zip(*pairs, strict=True))
    windows = [[] for _ in pairs]
    for example, row, offsets in zip(
        encodings.example_ids,
        expected(encodings.inputs),
        encodings.offset_mapping,
        strict=True,
    ):
        context = pairs[example][1]
        starts, ends = offsets[offsets[:, 0] >= 0].T.tolist()
        row["starts"] = [utf16(context, start) for start in starts]
        row["ends"] = [utf16(context, end) for end in ends]
        windows[example].append(row)
    return windows


def test_masks(rows, tokenizer, texts):
    masked, wanted = [], []
    for first, second, third in zip(texts[::9], texts[1::9], texts[2::9], strict=False):
        text = f"{first[:40]}[MASK]{second[:40]} [MASK] {third}"
        try:
            inputs, positions = tokenizer.encode_masked(text)
        except UserError:
            continue  # a mask past the end of the row
        masked.append(text)
        wanted.append({**expected(inputs)[0], "positions": positions})
    assert len(masked) > 800
    check(rows([["encodeMasked", text] for text in masked]), wanted, masked)


def test_match_types(page, browser, goldens_dir):
    """The types of words that both texts have are those of the golden file."""
    golden = json.loads((goldens_dir / "match_types" / "cases.json").read_text("utf-8"))
    vocabulary = golden["vocabulary"]
    for case in golden["cases"]:
        about = {
            "vocabulary": vocabulary,
            "lowercase": case["lowercase"],
            "max_length": case["max_length"],
            "match_stop_words": golden["stop_words"],
        }
        method = "encodePair" if case["kind"] == "pair" else "encodeQuestion"
        items = [[method, *case["texts"]]]
        (found,) = browser.run(page, {"kind": "rows", "about": about, "items": items})
        assert [
            " ".join(
                f"{vocabulary[token]}:{(place >= row['secondStart']) + 2 * row['matches'][place]}"
                for place, token in enumerate(row["ids"])
            )
            for row in (found if isinstance(found, list) else [found])
        ] == case["rows"], case["name"]

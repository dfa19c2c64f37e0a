"""CoNLL files of tagged words."""

from __future__ import annotations

import gzip
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.data.readers.conll import load_conll_folder, read_conll
from tfsqueeze.utils.errors import UserError

word = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=" \t\r\n\ufeff"),
    min_size=1,
    max_size=12,
).filter(lambda value: value != "-DOCSTART-")
# With a colon, `ab:c` would be `c` of the language `ab`.
plain_word = word.filter(lambda value: ":" not in value)
tag = st.sampled_from(["O", "B-PER", "I-PER", "B-creative-work", "I-creative-work"])


def sentences_of(words):
    rows = st.lists(st.tuples(words, tag), min_size=1, max_size=6)
    return st.lists(rows, min_size=1, max_size=5)


def write(folder, name: str, content: str | bytes) -> Path:
    path = Path(folder) / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def contents(dataset) -> list[list[tuple[str, str]]]:
    return [
        list(zip(words, tags, strict=True))
        for words, tags in zip(dataset.sentences, dataset.tags, strict=True)
    ]


@settings(max_examples=100, deadline=None)
@given(
    sentences_of(plain_word),
    st.sampled_from("\t "),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 3),
    st.integers(0, 2),
)
def test_round_trip(sentences, separator, line_end, blank_lines, columns_between):
    between = ["_"] * columns_between
    blocks = [
        line_end.join(separator.join([word, *between, tag]) for word, tag in rows)
        for rows in sentences
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = write(folder, "a.conll", (line_end * (1 + blank_lines)).join(blocks))
        dataset = read_conll(path)
    assert contents(dataset) == sentences
    assert dataset.languages is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["en", "zh-classical"]), sentences_of(word)),
        min_size=1,
        max_size=3,
    )
)
def test_round_trip_of_languages(parts):
    expected = [(language, rows) for language, sentences in parts for rows in sentences]
    text = "\n".join(
        "".join(f"{language}:{word}\t{tag}\n" for word, tag in rows) for language, rows in expected
    )
    with tempfile.TemporaryDirectory() as folder:
        dataset = read_conll(write(folder, "a.conll", text))
    assert contents(dataset) == [rows for _, rows in expected]
    assert dataset.languages == [language for language, _ in expected]


def test_documents_columns_between_and_words_without_tags(tmp_path):
    text = (
        "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ  B-VP O\n"
        "-DOCSTART- -X- -X- O\nBonn NNP B-NP B-LOC\n"
    )
    dataset = read_conll(write(tmp_path, "a.conll", text))
    assert dataset.sentences == [["EU", "rejects"], ["Bonn"]]
    assert dataset.tags == [["B-ORG", "O"], ["B-LOC"]]
    dataset = read_conll(write(tmp_path, "a.txt", "EU\nrejects\n\nBonn\n"))
    assert (dataset.sentences, dataset.tags) == ([["EU", "rejects"], ["Bonn"]], None)
    with pytest.raises(UserError, match=r"a\.txt has no tags"):
        dataset.tag_names()


def test_tabs_part_words_that_hold_spaces(tmp_path):
    dataset = read_conll(write(tmp_path, "a.conll", "1 000 \tB-NUM \neuros\tO\n \t \nx\tO\n"))
    assert dataset.sentences == [["1 000", "euros"], ["x"]]
    assert dataset.tags[0] == ["B-NUM", "O"]


def test_a_hash_is_a_word_unless_comments_are_asked_for(tmp_path):
    path = write(tmp_path, "a.conll", "# O\nmusic O\n\nhi O\n")
    assert read_conll(path).sentences == [["#", "music"], ["hi"]]
    path = write(tmp_path, "a.conll", "# sent_id = 1\n#\tO\n#music\tO\n")
    assert read_conll(path, comments=True).sentences == [["#", "#music"]]
    with pytest.raises(UserError, match=r"a\.conll:2: 2 columns where the lines before have 1"):
        read_conll(path)


def test_prefixes_that_are_not_on_every_word_are_part_of_words(tmp_path):
    dataset = read_conll(write(tmp_path, "a.conll", "http://x O\nen:y O\nz O\n"))
    assert (dataset.sentences, dataset.languages) == ([["http://x", "en:y", "z"]], None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a\tO\n\nb\tX\tO\n", r"a\.conll:3: 3 columns where the lines before have 2"),
        ("a O\nb\n", r"a\.conll:2: 1 columns where the lines before have 2"),
        ("a\tO\nb\t\n", r"a\.conll:2: the tag is empty"),
        ("a\tO\n\tO\n", r"a\.conll:2: the word is empty"),
        ("en:a\tO\nen:\tO\n", r"a\.conll:2: the word after 'en:' is empty"),
        ("en:a\tO\nde:b\tO\n", r"a\.conll:2: 'de:b' is of another language .* \('en'\)"),
        ("-DOCSTART- O\n", "holds no sentences"),
        (" \n", "is empty"),
        (b"a\tO\n\xff\tO\n", r"not UTF-8 text \(byte 4\)"),
        ("a\tO\nb\tB-x\x1by\n", r"a\.conll:2: the tag 'B-x\\x1by' holds the character U\+001B"),
        ("a O\nb B-x\u2028y\n", r"a\.conll:2: the tag .* holds the character U\+2028"),
        ("a\tO\nb\t\xa0\n", r"a\.conll:2: the tag is empty"),
    ],
)
def test_bad_files_are_named_with_the_place(tmp_path, content, message):
    with pytest.raises(UserError, match=message) as error:
        read_conll(write(tmp_path, "a.conll", content))
    assert str(tmp_path / "a.conll") in str(error.value)
    assert "\n" not in str(error.value)


def test_folders(tmp_path):
    with pytest.raises(UserError, match=r"has no train\.conll"):
        load_conll_folder(tmp_path)
    write(tmp_path, "train.conll", "a\tB-X\n\nb\tO\n\n" * 10)
    splits = load_conll_folder(tmp_path)
    assert (len(splits.train), len(splits.validation), splits.test) == (18, 2, None)
    # A single-word type has no I- tag in train, but another text may need it.
    write(tmp_path, "dev.bio", "a\tB-X\nb\tI-X\n")
    splits = load_conll_folder(tmp_path)
    assert (len(splits.train), splits.validation.sentences) == (20, [["a", "b"]])
    assert splits.tag_names == ["B-X", "I-X", "O"]
    write(tmp_path, "test.conll", "a\tO\n\na\tB-Y\n")
    with pytest.raises(UserError, match=r"of test\.conll have the tags B-Y, which no training"):
        load_conll_folder(tmp_path)


def test_spaces_around_tags_are_dropped(tmp_path):
    dataset = read_conll(write(tmp_path, "a.conll", "a\tB-x\xa0\nb\t\u3000B-x\n"))
    assert dataset.tag_names() == ["B-x", "I-x"]


def test_a_single_file_is_divided_into_parts(tmp_path):
    path = write(tmp_path, "all.conll", "".join(f"word{i} B-X\n\n" for i in range(40)))
    splits = load_conll_folder(path)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [29, 3, 8]
    assert load_conll_folder(path, seed=1).test == splits.test


def test_files_may_be_packed(tmp_path):
    write(tmp_path, "train.conll.gz", gzip.compress(b"a B-X\n\n" * 20))
    assert len(load_conll_folder(tmp_path).train) == 18


def test_a_folder_of_folders_is_all_of_them(tmp_path):
    for language, word in (("en", "Rome"), ("de", "Rom")):
        (tmp_path / language).mkdir()
        for part in ("train", "dev"):
            (tmp_path / language / f"{part}.conll").write_text(f"{language}:{word}\tB-LOC\n")
    (tmp_path / "notes").mkdir()
    splits = load_conll_folder(tmp_path)
    assert splits.train.sentences == [["Rom"], ["Rome"]]
    assert splits.validation.languages == ["de", "en"] and splits.test is None
    assert splits.train.name == tmp_path.name
    (tmp_path / "de" / "test.conll").write_text("de:Rom\tB-LOC\n")
    with pytest.raises(UserError, match="some of the folders .* have a test file and others none"):
        load_conll_folder(tmp_path)
    (tmp_path / "en" / "test.conll").write_text("en:Rome\tB-LOC\n")
    assert load_conll_folder(tmp_path).test.languages == ["de", "en"]


def test_wnut17(shared_dir):
    splits = load_conll_folder(shared_dir / "data" / "wnut17")
    assert (len(splits.train), len(splits.validation)) == (3_394, 1_009)
    assert sum(map(len, splits.train.sentences)) == 62_730
    assert splits.train.sentences[0][:4] == ["@paulwalk", "It", "'s", "the"]
    assert splits.tag_names == sorted(
        [
            "O",
            *(
                prefix + kind
                for prefix in ("B-", "I-")
                for kind in (
                    "corporation",
                    "creative-work",
                    "group",
                    "location",
                    "person",
                    "product",
                )
            ),
        ]
    )
    assert Counter(tag for tags in splits.validation.tags for tag in tags)["B-person"] == 470
    # "#" is a word there.
    assert ["#"] in [words[:1] for words in splits.validation.sentences]


@pytest.mark.parametrize(
    ("language", "words"), [("en", 80_536), ("de", 97_805), ("fr", 68_220), ("nl", 84_146)]
)
def test_wikiann(shared_dir, language, words):
    dataset = read_conll(shared_dir / "data" / "wikiann" / language / "dev.conll")
    assert (len(dataset), sum(map(len, dataset.sentences))) == (10_000, words)
    assert set(dataset.languages) == {language}
    assert dataset.tag_names() == ["B-LOC", "B-ORG", "B-PER", "I-LOC", "I-ORG", "I-PER", "O"]


def test_wikiann_as_a_whole(shared_dir):
    splits = load_conll_folder(shared_dir / "data" / "wikiann")
    assert Counter(splits.train.languages) == dict.fromkeys(("de", "en", "fr", "nl"), 20_000)
    assert set(splits.validation.languages) == {"de", "en", "fr", "nl"}


def test_words_of_wikiann_have_no_prefix(shared_dir):
    dataset = read_conll(shared_dir / "data" / "wikiann" / "en" / "dev.conll")
    assert dataset.sentences[2] == ["Conch", "Key", ",", "Florida"]
    assert dataset.tags[2] == ["B-LOC", "I-LOC", "I-LOC", "I-LOC"]

"""Apache Beam prepares texts: each once, cleaned, as the rows that pretraining would make."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.environments.environment import run_tfsqueeze
from tfsqueeze.data.readers.prepared_folders import read_manifest, read_rows
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

pytestmark = pytest.mark.beam

LENGTH = 8
WORDS = [f"{first}{second}" for first in "bcdfgklmnprst" for second in "aeiou"]
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *"abcdefghijklmnopqrstuvwxyz."]
# No two share a 5-gram of characters.
TEXTS = [" ".join(WORDS[n : n + 13]) for n in range(0, 65, 13)]
TWO_PROCESSES = "--direct_running_mode=multi_processing --direct_num_workers=2"


@pytest.fixture
def tokenizer(tmp_path):
    tokenizer = WordPieceTokenizer(VOCABULARY, max_length=LENGTH)
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    return tokenizer


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    (folder / "more").mkdir(parents=True)
    (folder / "a.txt").write_bytes(
        f"  {TEXTS[0]}\t \r\n{TEXTS[0].upper()}\n\n42 --\n{TEXTS[1]}\n".encode()
    )
    # The tokenizer drops accents, so it does not matter which of two texts is left.
    lines = [TEXTS[2], f"{TEXTS[2][:-1]}ó", f"{TEXTS[1][:-1]}á", TEXTS[3], TEXTS[4]]
    (folder / "more" / "b.txt.gz").write_bytes(gzip.compress("\n".join(lines).encode("utf-8")))
    (tmp_path / "pairs.tsv").write_text("ba be\tbi bo\nBA be\tbi bo\n")
    return folder


def prepare(tmp_path, *arguments):
    shards, tokenizer = tmp_path / "shards", tmp_path / "tokenizer"
    settings = ("-o", shards, "--tokenizer", tokenizer, "--max-length", LENGTH)
    return run_tfsqueeze("beam", "prepare", *map(str, (*settings, *arguments)))


def rows_of(tmp_path):
    folder = tmp_path / "shards"
    files = [folder / name for name in read_manifest(folder).files]
    return sorted(row.tolist() for row in read_rows(files).as_numpy_iterator())


def error_of(done):
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("options", ["", TWO_PROCESSES], ids=["one", "two"])
def test_each_text_is_prepared_once(options, tokenizer, texts, tmp_path):
    arguments = (texts, tmp_path / "pairs.tsv", "--shards", 3, "--pipeline-options", options)
    done = prepare(tmp_path, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    shards = tmp_path / "shards"
    shown = json.loads(done.stdout)
    manifest = read_manifest(shards)
    assert (shown["counts"], shown["files"]) == (manifest.counts, manifest.files)
    assert sorted(manifest.files) == [f"rows-{n:05}-of-00003.tfrecord.gz" for n in range(3)]
    expected = tokenizer.encode_without_truncation(TEXTS).to_list()
    expected.append(
        [2, *map(VOCABULARY.index, ("ba", "be")), 3, *map(VOCABULARY.index, ("bi", "bo")), 3]
    )
    assert rows_of(tmp_path) == sorted(expected)
    assert manifest.counts == {
        "lines": 12,
        # Without the empty line and the one without letters.
        "clean": 10,
        "distinct": 8,
        "kept": 6,
        "with_noisy_copies": 6,
        "rows": len(expected),
        "tokens": sum(map(len, expected)),
        "unknown_tokens": 0,
    }
    counts = dict(
        line.split("\t") for line in (shards / "vocabulary_counts.tsv").read_text().splitlines()
    )
    assert int(counts["[CLS]"]) == len(expected) and int(counts["ba"]) == 2
    assert sum(map(int, counts.values())) == manifest.counts["tokens"]
    found = WordPieceTokenizer.from_pretrained(shards / "tokenizer")
    assert (found.vocabulary, found.max_length) == (tokenizer.vocabulary, LENGTH)


def test_a_finished_folder_stays_and_an_interrupted_one_is_made_anew(tokenizer, texts, tmp_path):
    shards = tmp_path / "shards"
    assert prepare(tmp_path, texts).returncode == 0
    before = {path: path.stat().st_mtime_ns for path in shards.glob("[!.]*.*")}
    rows = rows_of(tmp_path)
    again = prepare(tmp_path, texts)
    assert again.returncode == 0 and "kept" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in shards.glob("[!.]*.*")} == before
    for arguments, difference in (
        ((texts, "--min-words", 2), "with min_words 1, not 2"),
        (
            (texts, tmp_path / "pairs.tsv"),
            "from other files: pairs.tsv was not among them, or has changed since",
        ),
        ((texts / "a.txt",), "from 2 files, of which you name 1"),
    ):
        error = error_of(prepare(tmp_path, *arguments))
        assert error == (
            f"error: {shards} holds texts that were prepared {difference}; choose another folder, "
            "or remove that one to prepare the texts again"
        )
    # An edited file of the same size is another one, under the same name in another folder is not.
    first = texts / "a.txt"
    first.write_bytes(first.read_bytes()[::-1])
    assert "a.txt was not among them, or has changed" in error_of(prepare(tmp_path, texts))
    first.write_bytes(first.read_bytes()[::-1])
    moved = texts.rename(tmp_path / "moved")
    assert prepare(tmp_path, moved).returncode == 0
    texts = moved
    (rows_file,) = shards.glob("rows-*")
    content = rows_file.read_bytes()
    rows_file.write_bytes(content[:-1])
    assert "lacks files that manifest.json names" in error_of(prepare(tmp_path, texts))
    (shards / "manifest.json").unlink()
    (shards / "rows-00007-of-00009.tfrecord.gz").write_bytes(b"half")
    assert prepare(tmp_path, texts).returncode == 0
    assert rows_of(tmp_path) == rows and len(list(shards.glob("rows-*"))) == 1


def test_noisy_copies_are_the_same_on_any_number_of_processes(tokenizer, texts, tmp_path):
    found = []
    for number, options in enumerate(["", TWO_PROCESSES]):
        folder = tmp_path / str(number)
        folder.mkdir()
        tokenizer.save_pretrained(folder / "tokenizer")
        done = prepare(
            folder, texts, "--noisy-copies", 2, "--noise-level", 0.5, "--pipeline-options", options
        )
        assert done.returncode == 0, done.stderr
        found.append(rows_of(folder))
        counts = read_manifest(folder / "shards").counts
        assert (counts["kept"], counts["with_noisy_copies"]) == (5, 15)
    assert found[0] == found[1]
    # The originals are there, and copies differ from them.
    originals = tokenizer.encode_without_truncation(TEXTS).to_list()
    assert all(row in found[0] for row in originals) and len(found[0]) > 2 * len(originals)
    assert len(set(map(tuple, found[0]))) > 1.5 * len(originals)


def test_bad_arguments_are_one_sentence(tokenizer, tmp_path):
    (tmp_path / "bad.tsv").write_text("one text\n")
    (tmp_path / "utf16.txt").write_text("a text\n", "utf-16")
    (tmp_path / "numbers.txt").write_text("1\n2\n")
    (tmp_path / "folder").mkdir()
    for arguments, message in {
        ("none.txt",): "does not exist",
        ("*.md",): "no file matches",
        ("folder",): "has no .txt files",
        ("utf16.txt",): "is not UTF-8",
        ("bad.tsv",): "the line 'one text' has 0 tabs",
        ("numbers.txt",): "no text is left",
        ("numbers.txt", "--duplicate-similarity", 2): "duplicate_similarity must be above 0",
        ("numbers.txt", "--tokenizer", "none/"): "no folder 'none/' here",
    }.items():
        source, *options = arguments
        assert message in error_of(prepare(tmp_path, tmp_path / source, *options))
        assert [path.name for path in (tmp_path / "shards").glob("*")] in ([], [".lock"])

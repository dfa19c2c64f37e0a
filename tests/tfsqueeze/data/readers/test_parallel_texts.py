"""Texts and their translations are read from tables and from files of one language each."""

from __future__ import annotations

import gzip

import pytest

from tfsqueeze.data.readers.parallel_texts import parallel_files, read_parallel_texts
from tfsqueeze.utils.errors import UserError


def read(*sources):
    return read_parallel_texts(parallel_files(sources))


def test_a_table_has_a_column_for_each_language(tmp_path):
    path = tmp_path / "texts.tsv"
    path.write_text("en\tde\tpt-br\na cat\teine Katze\t\r\n dog\tHund\tcão\n", "utf-8")
    (texts,) = read(path)
    assert texts.name == str(path) and len(texts) == 2
    assert texts.texts == {
        "en": ["a cat", "dog"],
        "de": ["eine Katze", "Hund"],
        "pt-br": ["", "cão"],
    }


def test_a_folder_has_a_file_for_each_language(tmp_path):
    (tmp_path / "en.txt").write_text("one\ntwo\n", "utf-8")
    (tmp_path / "de.txt.gz").write_bytes(gzip.compress(b"eins\nzwei"))
    (tmp_path / "train.en.txt").write_text("three\n", "utf-8")
    (tmp_path / "train.fr.txt").write_text("trois\n", "utf-8")
    (tmp_path / "README.txt").write_text("no language\n", "utf-8")
    (tmp_path / "more.tsv").write_text("en\tnl\nfour\tvier\n", "utf-8")
    found = {frozenset(texts.texts): texts.texts for texts in read(tmp_path)}
    assert found == {
        frozenset(["en", "de"]): {"en": ["one", "two"], "de": ["eins", "zwei"]},
        frozenset(["en", "fr"]): {"en": ["three"], "fr": ["trois"]},
        frozenset(["en", "nl"]): {"en": ["four"], "nl": ["vier"]},
    }


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.tsv": "text\tlabel\nx\ty\n"}, "must have the codes of at least two languages"),
        ({"a.tsv": "en\nx\n"}, "must have the codes of at least two languages"),
        ({"a.tsv": "en\ten\nx\ty\n"}, "must have the codes of at least two languages"),
        ({"a.tsv": "en\tde\nx\n"}, r"a\.tsv:2: 1 texts where there are 2 languages"),
        ({"a.tsv": "en\tde\n"}, "holds no texts"),
        ({"en.txt": "x\n"}, "en.txt has no file of translations beside it, such as de.txt"),
        ({"de.txt": "x\ny\n", "en.txt": "x\n"}, r"de\.txt has 2 lines and .*en\.txt 1"),
        ({"notes.md": "x"}, "has neither files such as en.txt"),
    ],
)
def test_what_cannot_be_parallel_is_one_sentence(tmp_path, files, message):
    for name, content in files.items():
        (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(UserError, match=message):
        read(tmp_path)


def test_a_source_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="none is neither a folder of files"):
        read(tmp_path / "none")

"""Files of plain text that are packed or of another encoding."""

from __future__ import annotations

import gzip

import pytest

from tfsqueeze.data.sources.calibration_texts import calibration_texts
from tfsqueeze.data.sources.text_files import holds_pairs, text_files
from tfsqueeze.utils.errors import UserError


def test_packed_and_marked_files_become_plain_ones(tmp_path):
    folder = tmp_path / "texts"
    for name, content in (("a", b"one\ntwo\n"), ("b", b"three\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lines.txt.gz").write_bytes(gzip.compress(content))
    (tmp_path / "marked.txt").write_bytes("vier\n".encode("utf-16"))
    (tmp_path / "plain.txt").write_bytes(b"five\n")
    files = text_files([tmp_path / "a", tmp_path / "b", *sorted(tmp_path.glob("*.txt"))], folder)
    texts = [file.read_bytes() for file in files]
    assert texts == [b"one\ntwo\n", b"three\n", b"vier\n", b"five\n"]
    assert [file.parent for file in files] == [folder, folder, folder, tmp_path]
    assert text_files([tmp_path / "a"], folder) == files[:1]


def test_a_damaged_packed_file_is_named(tmp_path):
    path = tmp_path / "lines.txt.gz"
    path.write_bytes(gzip.compress(b"one\n")[:-3])
    with pytest.raises(UserError, match=r"lines\.txt\.gz is truncated or no gzip file"):
        text_files([path], tmp_path / "texts")


@pytest.mark.parametrize("name", ["pairs.tsv", "PAIRS.TSV", "pairs.Tsv.GZ"])
def test_files_of_pairs_are_told_by_their_suffix_whatever_its_case(name, tmp_path):
    content = b"a\tb\nc\td\n"
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith("GZ") else content)
    (file,) = text_files([path], tmp_path / "texts")
    assert holds_pairs(file) and file.read_bytes() == content
    assert calibration_texts([path], most=1).text_pairs is not None
    content = b"no tab\n"
    path.write_bytes(gzip.compress(content) if name.endswith("GZ") else content)
    with pytest.raises(UserError, match="line 1: it has no tab"):
        text_files([path], tmp_path / "texts")


def test_a_folder_gives_its_texts_whatever_the_case_of_their_suffix(tmp_path):
    for name in ("a.txt", "B.TXT", "c.md"):
        (tmp_path / name).write_text("one\n")
    assert text_files([tmp_path], tmp_path / "texts") == [tmp_path / "B.TXT", tmp_path / "a.txt"]

"""Files of plain text that are packed or of another encoding."""

from __future__ import annotations

import gzip

import pytest

from tfsqueeze.data.sources.text_files import text_files
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

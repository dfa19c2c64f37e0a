"""The bytes and the text of files that users bring."""

from __future__ import annotations

import gzip
import io
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.user_files import format_suffix, read_bytes, read_text


def write(folder, name: str, content: bytes) -> Path:
    path = Path(folder) / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_texts_of_every_marked_encoding_are_read(tmp_path, name, encoding):
    content = "é 東京 🙂\n".encode(encoding)
    content = gzip.compress(content) if name.endswith(".gz") else content
    assert read_text(write(tmp_path, name, content)) == "é 東京 🙂\n"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["a.txt", "a.txt.gz"]))
def test_any_bytes_are_text_or_one_sentence(content, name):
    with tempfile.TemporaryDirectory() as folder:
        path = write(folder, name, content)
        try:
            assert read_text(path).strip()
        except UserError as error:
            assert str(path) in str(error) and str(error).isprintable()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"caf\xe9", r"a\.txt is not UTF-8 text \(byte 3\); save it as UTF-8, such as with `iconv"),
        (b"\xff\xfea", "a.txt is not UTF-16 text"),
        (b"\xff\xfe\x00\x00abc", "a.txt is not UTF-32 text"),
        (b" \n", "a.txt is empty"),
    ],
)
def test_other_texts_are_refused(tmp_path, content, message):
    with pytest.raises(UserError, match=message):
        read_text(write(tmp_path, "a.txt", content))


def test_a_bomb_is_refused_before_it_takes_memory(tmp_path):
    packed = io.BytesIO()
    with gzip.open(packed, "wb") as file:
        for _ in range(300):
            file.write(bytes(1 << 20))
    path = write(tmp_path, "bomb.csv.gz", packed.getvalue())
    assert len(packed.getvalue()) < 400_000
    tracemalloc.start()
    with pytest.raises(UserError, match=r"bomb\.csv\.gz unpacks to more than 100 times its size"):
        read_bytes(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 80 << 20


def test_texts_that_repeat_are_unpacked(tmp_path):
    content = b"the same line again and again\n" * 200_000
    packed = gzip.compress(content)
    assert len(content) > 100 * len(packed)
    assert read_bytes(write(tmp_path, "a.txt.gz", packed)) == content


def test_a_missing_file_is_named(tmp_path):
    for name in ("a.txt", "a.txt.gz"):
        with pytest.raises(UserError, match=f"cannot read .*{name}: No such file"):
            read_bytes(tmp_path / name)


def test_the_suffix_of_the_format():
    names = {"a.csv": ".csv", "a.b.TSV.GZ": ".tsv", "a": "", "a.gz": "", ".gz": ""}
    assert {name: format_suffix(Path(name)) for name in names} == names

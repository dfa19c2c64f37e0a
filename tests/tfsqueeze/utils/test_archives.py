"""Fetching pinned archives through pip."""

from __future__ import annotations

import dataclasses
import subprocess
import tarfile
import zipfile

import pytest

from tfsqueeze.utils import archives
from tfsqueeze.utils.archives import VADER_SENTIMENT, fetch_archive, read_member
from tfsqueeze.utils.errors import UserError


def test_a_source_archive_is_fetched_once_and_mended_when_damaged(tmp_path, monkeypatch):
    monkeypatch.setenv("TFSQUEEZE_CACHE", str(tmp_path))
    path = fetch_archive(VADER_SENTIMENT)
    assert path.is_relative_to(tmp_path)
    assert b"MIT" in read_member(path, "vaderSentiment-3.3.2/LICENSE.txt")

    with monkeypatch.context() as offline:
        offline.setattr(archives, "_pip_download", None)
        assert fetch_archive(VADER_SENTIMENT) == path

    size = path.stat().st_size
    path.write_bytes(b"half")
    assert fetch_archive(VADER_SENTIMENT).stat().st_size == size
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("changes", "environment", "reason"),
    [
        ({"version": "99.0"}, {}, "No matching distribution"),
        ({"sha256": "0" * 64}, {}, "DO NOT MATCH THE HASHES"),
        ({}, {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}, "No matching distribution"),
    ],
)
def test_failed_downloads_name_what_failed(tmp_path, monkeypatch, changes, environment, reason):
    monkeypatch.setenv("TFSQUEEZE_CACHE", str(tmp_path))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    archive = dataclasses.replace(VADER_SENTIMENT, **changes)

    with pytest.raises(UserError, match=f"sdist of vaderSentiment {archive.version}") as error:
        fetch_archive(archive)

    assert reason in str(error.value)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.rglob("*.tar.gz"))


def test_a_python_without_pip_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setenv("TFSQUEEZE_CACHE", str(tmp_path))
    monkeypatch.setattr(
        subprocess,
        "run",
        lambda command, **_: subprocess.CompletedProcess(command, 1, "", "No module named pip\n"),
    )
    with pytest.raises(UserError, match=r"with pip \(No module named pip\)"):
        fetch_archive(VADER_SENTIMENT)


def test_members_of_either_kind_and_what_is_missing(tmp_path):
    (tmp_path / "a.txt").write_text("inside")
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        wheel.write(tmp_path / "a.txt", "folder/a.txt")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as source:
        source.add(tmp_path / "a.txt", "folder/a.txt")
    for name in ("a.whl", "a.tar.gz"):
        assert read_member(tmp_path / name, "folder/a.txt") == b"inside"
        with pytest.raises(UserError, match=r"has no file folder/b\.txt"):
            read_member(tmp_path / name, "folder/b.txt")
        (tmp_path / name).write_bytes(b"no archive")
        with pytest.raises(UserError, match="delete it to fetch it anew"):
            read_member(tmp_path / name, "folder/a.txt")

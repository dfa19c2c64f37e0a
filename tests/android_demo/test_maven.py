"""Pinned artifacts: what Maven is asked for, and what is refused."""

from __future__ import annotations

import hashlib
import json
import re
import xml.etree.ElementTree as ElementTree

import pytest

from android_demo.toolchain import maven
from tfsqueeze.utils.errors import UserError

CONTENT = b"a jar"


@pytest.fixture
def lock(tmp_path, monkeypatch):
    """Writes a lock of one artifact beside an empty cache; returns the artifact's path."""
    path = tmp_path / "lock.json"
    path.write_text(
        json.dumps({"one": {"org.example:thing:1.2@aar": hashlib.sha256(CONTENT).hexdigest()}})
    )
    monkeypatch.setattr(maven, "_LOCK", path)
    monkeypatch.setenv("TFSQUEEZE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "maven" / "org" / "example" / "thing" / "1.2" / "thing-1.2.aar"


def test_an_artifact_in_the_cache_is_not_downloaded_again(lock, monkeypatch):
    monkeypatch.setattr(maven.shutil, "which", lambda name: pytest.fail("Maven is not needed"))
    lock.parent.mkdir(parents=True)
    lock.write_bytes(CONTENT)
    assert maven.fetch("one") == [lock]


def test_a_file_with_another_sha256_is_refused(lock):
    lock.parent.mkdir(parents=True)
    lock.write_bytes(CONTENT + b"!")
    with pytest.raises(UserError, match=r"org\.example:thing:1\.2@aar.*delete it"):
        maven.fetch("one")


def test_without_maven_the_error_says_what_to_do(lock, monkeypatch):
    monkeypatch.setattr(maven.shutil, "which", lambda name: None)
    with pytest.raises(UserError, match="mvn is not installed.*make android"):
        maven.fetch("one")


def test_maven_is_asked_for_the_artifact_without_its_dependencies():
    artifact = maven.Artifact("org.example:thing:1.2@aar", "0" * 64)
    (dependency,) = ElementTree.fromstring(maven._pom([artifact])).iter("dependency")
    assert [(part.tag, part.text) for part in dependency[:4]] == [
        ("groupId", "org.example"),
        ("artifactId", "thing"),
        ("version", "1.2"),
        ("type", "aar"),
    ]
    assert [part.text for part in dependency.iter("exclusion") for part in part] == ["*", "*"]


def test_the_lock_pins_everything():
    lock = json.loads(maven._LOCK.read_text("utf-8"))
    for group in lock.values():
        for coordinate, digest in group.items():
            assert re.fullmatch(r"[\w.-]+:[\w.-]+:[\w.-]+(@aar)?", coordinate)
            assert re.fullmatch(r"[0-9a-f]{64}", digest)

"""The wheels of the sysroot; making it reports what is missing and leaves nothing half made."""

from __future__ import annotations

import dataclasses

import pytest

from converters.arm64 import sysroot
from converters.arm64.sysroot import WHEELS, ensure_sysroot
from tfsqueeze.utils.archives import fetch_archive, read_member
from tfsqueeze.utils.errors import UserError

_AARCH64 = 183  # e_machine of ELF files


@pytest.fixture
def tools(tmp_path, monkeypatch):
    """Returns `put(name, script)`, which puts a program into the only folder of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("TFSQUEEZE_CACHE", str(tmp_path / "cache"))

    def put(name: str, script: str = "exit 0") -> None:
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    return put


def test_without_the_emulator_nothing_is_fetched(tools, tmp_path) -> None:
    with pytest.raises(UserError, match="qemu-aarch64 is not installed; .*apt-get install"):
        ensure_sysroot()
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_without_debian_s_tools_it_says_what_it_is_made_of(tools) -> None:
    tools("qemu-aarch64")
    with pytest.raises(UserError, match=r"apt-get is not installed; .* Debian 12 \(bookworm\)"):
        ensure_sysroot()


def test_apt_s_reason_is_passed_on_and_nothing_is_left(tools, tmp_path) -> None:
    tools("qemu-aarch64")
    tools("dpkg-deb")
    tools(
        "apt-get",
        'case "$*" in *update*) exit 0;; esac; echo "W: odd" >&2; '
        'echo "E: Unable to locate package python3.11" >&2; exit 100',
    )
    with pytest.raises(UserError) as error:
        ensure_sysroot()
    assert "apt-get failed" in str(error.value)
    assert "(Unable to locate package python3.11)" in str(error.value)
    assert "\n" not in str(error.value)
    assert list((tmp_path / "cache" / "arm64").iterdir()) == []


def test_a_changed_file_is_unpacked_again(monkeypatch, tmp_path) -> None:
    def make(folder):
        (folder / "debian").mkdir(parents=True)
        (folder / "debian" / "python").write_text("whole")
        sysroot._write_digests(folder)

    monkeypatch.setenv("TFSQUEEZE_CACHE", str(tmp_path))
    monkeypatch.setattr(sysroot, "_make", make)
    python = ensure_sysroot().folder / "debian" / "python"
    for damage in (lambda: python.write_text("other"), lambda: python.unlink()):
        damage()
        ensure_sysroot()
        assert python.read_text() == "whole"
    (python.parent / "compiled").touch()  # Files may be added, such as compiled modules.
    monkeypatch.setattr(sysroot, "_make", None)
    ensure_sysroot()


def test_wheels_are_those_of_aarch64(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TFSQUEEZE_CACHE", str(tmp_path))
    (archive,) = (archive for archive in WHEELS if archive.name == "tflite-runtime")
    path = fetch_archive(archive)
    assert path.name.endswith("aarch64.whl")
    library = read_member(path, "tflite_runtime/_pywrap_tensorflow_interpreter_wrapper.so")
    assert int.from_bytes(library[18:20], "little") == _AARCH64
    other = dataclasses.replace(archive, tag="cp311-cp311-manylinux_2_34_riscv64")
    with pytest.raises(UserError, match="No matching distribution"):
        fetch_archive(other)

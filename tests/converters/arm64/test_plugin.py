"""Compiling the plugin, and reading what it writes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.arm64 import guest, plugin
from converters.arm64.plugin import InstructionCounts, ensure_plugin, read_counts
from converters.cortex_m import cortex_m_emulator
from tfsqueeze.utils.errors import UserError

_OF_CORTEX_M = Path(cortex_m_emulator.__file__).with_name("count_instructions.c")
needs_compiler = pytest.mark.skipif(
    shutil.which("cc") is None and shutil.which("gcc") is None, reason="no C compiler"
)


@needs_compiler
@pytest.mark.parametrize("source", [plugin._SOURCE, _OF_CORTEX_M], ids=lambda path: path.stem)
def test_it_is_compiled_once_without_warnings(source, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TFSQUEEZE_CACHE", str(tmp_path))
    path = ensure_plugin(source)
    assert path.read_bytes()[:4] == b"\x7fELF"
    assert path.name.startswith(f"{source.stem}-")
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    with monkeypatch.context() as without_compiler:
        without_compiler.setenv("PATH", "")
        assert ensure_plugin(source) == path
    compiled = subprocess.run(
        [shutil.which("cc") or "gcc", "-Wall", "-Wextra", "-fsyntax-only", str(source)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert compiled.stderr == ""


def test_what_a_missing_compiler_says(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TFSQUEEZE_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="needs a C compiler; .*apt-get install gcc"):
        ensure_plugin()


@needs_compiler
def test_a_failed_compilation_leaves_nothing(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("TFSQUEEZE_CACHE", str(tmp_path / "cache"))
    source = tmp_path / "broken.c"
    source.write_text("int main( {")
    monkeypatch.setattr(plugin, "_SOURCE", source)
    with pytest.raises(UserError, match=r"cannot compile .*broken\.c"):
        ensure_plugin()
    assert not [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]


def test_guest_and_plugin_agree_on_the_sign() -> None:
    source = plugin._SOURCE.read_text()
    assert f"GETPPID = {guest.GETPPID}, MARK = {guest.MARK:#x} " in source


_COUNTS = st.tuples(*[st.integers(0, 2**40)] * 4)


@given(st.lists(st.tuples(_COUNTS, _COUNTS), max_size=5))
def test_counts_are_differences_within_each_pair_of_lines(tmp_path_factory, pairs) -> None:
    """pairs: what runs between two inferences, and what an inference runs."""
    so_far, lines = [0] * 4, []
    for between, inference in pairs:
        for counts in (between, inference):
            so_far = [total + count for total, count in zip(so_far, counts, strict=True)]
            lines.append(" ".join(map(str, so_far)))
    path = tmp_path_factory.getbasetemp() / "counts.txt"
    path.write_text("".join(f"{line}\n" for line in lines))
    assert read_counts(path) == tuple(InstructionCounts(*inference) for _, inference in pairs)

"""Compiles the Kotlin of `android_demo/core`, and runs it on JSON values."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.converters.targets.task_runs import (  # noqa: F401 (fixtures)
    like_texts_folder,
    task_run,
)

_MAIN = "io.github.tfsqueeze.core.parity.MainKt"


class Core:
    """Runs `io.github.tfsqueeze.core.parity` (see its `Main.kt`)."""

    def __init__(self, class_path: Iterable[Path], folder: Path) -> None:
        self._class_path = os.pathsep.join(map(str, class_path))
        self._folder = folder

    def run(self, values: Iterable[Any], *arguments: object) -> list[Any]:
        """Returns the answers of a command to JSON values, in order."""
        lines = "".join(json.dumps(value) + "\n" for value in values)
        result = subprocess.run(
            ["java", "-cp", self._class_path, _MAIN, *map(str, arguments)],
            input=lines,
            text=True,
            check=False,
            capture_output=True,
        )
        assert result.returncode == 0, result.stderr[-3000:]
        return [json.loads(line) for line in result.stdout.splitlines()]

    def tokenizer(self, tokenizer, max_length: int | None = None) -> tuple[object, ...]:
        """Returns the arguments that describe a WordPieceTokenizer."""
        path = self._folder / f"{abs(hash(tokenizer.vocabulary))}.txt"
        path.write_text("\n".join(tokenizer.vocabulary) + "\n", "utf-8", newline="\n")
        return path, str(tokenizer.lowercase).lower(), max_length or tokenizer.max_length


@pytest.fixture(scope="session")
def core(tmp_path_factory) -> Core:
    """Returns the compiled module with its tests."""
    from android_demo.toolchain.modules import Modules

    folder = tmp_path_factory.mktemp("core")
    return Core(Modules(folder / "modules").core_tests, folder)


@pytest.fixture(scope="session")
def utf16():
    """Returns a function that counts the UTF-16 code units of a text's first characters."""

    def count(text: str, characters: int) -> int:
        return len(text[:characters].encode("utf-16-le", "surrogatepass")) // 2

    return count


@pytest.fixture(scope="session")
def as_kotlin_reads():
    """Returns a function that joins pairs of lone surrogates, one character in Kotlin."""

    def read(texts: Iterable[str]) -> list[str]:
        return [
            text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
            for text in texts
        ]

    return read


@pytest.fixture(scope="session")
def real_texts(shared_dir) -> list[str]:
    """Returns the distinct lines and JSON strings of all shared datasets, sorted."""
    texts: set[str] = set()

    def add(value):
        if isinstance(value, str):
            texts.update(value.split("\n"))
        elif isinstance(value, (list, dict)):
            for item in value.values() if isinstance(value, dict) else value:
                add(item)

    for path in sorted((shared_dir / "data").rglob("*")):
        if path.is_file():
            content = path.read_text("utf-8", errors="surrogateescape")
            add(json.loads(content) if path.suffix == ".json" else content)
    return sorted(text for text in texts if text.strip())

"""Exports to `web`, and a browser that runs them."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.converters.targets.web.browser import Browser, find_chromium


@pytest.fixture(scope="session")
def browser() -> Browser:
    """Headless Chromium."""
    program = find_chromium()
    if program is None:
        pytest.fail("Chromium is not installed (`make web` installs it on Debian)")
    return Browser(program)


@pytest.fixture(scope="session")
def npm() -> None:
    """Skips a test where npm, which fetches LiteRT.js, is not installed."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")


@pytest.fixture(scope="session")
def texts(generate_strings) -> list[str]:
    """10,000 texts: lines of the shared datasets where there are any, and generated ones."""
    generated = generate_strings(4000, "play ##ing jazz for hello ##s , 東 한 é ß".split(), seed=7)
    found = _real_texts() or generate_strings(6000, "the cat sat on a mat".split(), seed=8)
    chosen = [*random.Random(0).sample(found, 6000), *generated]
    # A browser joins a pair of lone surrogates to one character.
    return [
        text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        for text in chosen
    ]


def _real_texts() -> list[str]:
    """Returns lines of the shared datasets of several languages, sorted."""
    folder = Path(__file__).resolve().parents[5] / "shared" / "data"
    texts: set[str] = set()
    for name in ("multi30k", "sst2", "clinc150", "xquad", "wikiann", "cola", "stsb", "banking77"):
        for path in sorted((folder / name).rglob("*")):
            if path.is_file():
                texts.update(_strings(path))
    return sorted(text for text in texts if text.strip())


def _strings(path: Path) -> Iterable[str]:
    content = path.read_text("utf-8", errors="surrogateescape")
    if path.suffix != ".json":
        return content.split("\n")
    found, left = [], [json.loads(content)]
    while left:
        value = left.pop()
        if isinstance(value, str):
            found += value.split("\n")
        elif isinstance(value, (dict, list)):
            left += value.values() if isinstance(value, dict) else value
    return found


@pytest.fixture(scope="session")
def utf16():
    """Returns a function that counts the UTF-16 code units of a text's first characters."""

    def count(text: str, characters: int) -> int:
        return len(text[:characters].encode("utf-16-le", "surrogatepass")) // 2

    return count

"""Reads the tables and sentences of the documents, and the results whose figures they cite."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.conftest import REPOSITORY


def result(name: str) -> Any:
    """The content of benchmarks/results/NAME.json."""
    return json.loads((REPOSITORY / f"benchmarks/results/{name}.json").read_text("utf-8"))


def rows_of_table(document: str, *header: str) -> list[list[str]]:
    """The rows of the one table whose header begins with these cells, without marks of bold."""
    lines = (REPOSITORY / document).read_text("utf-8").splitlines()
    (start,) = [i for i, line in enumerate(lines) if _cells(line)[: len(header)] == list(header)]
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(_cells(line))
    assert rows, (document, header)
    return rows


def figures(document: str, pattern: str) -> tuple[str, ...]:
    """The groups of a pattern that is found once, wherever the lines of the text end."""
    text = " ".join((REPOSITORY / document).read_text("utf-8").split())
    matches = list(re.finditer(pattern, text))
    assert len(matches) == 1, (document, pattern)
    return matches[0].groups()


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("**", "") for cell in line.strip().strip("|").split("|")]

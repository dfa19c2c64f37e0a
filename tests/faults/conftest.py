"""The table of a campaign: what was tried, what was clean, and the faults."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest
from tabulate import tabulate

from tests.conftest import REPOSITORY

_ROWS = pytest.StashKey[list[tuple[str, int, int]]]()


@pytest.fixture(scope="session")
def tally(pytestconfig) -> Callable[[str, int, Sequence[str]], None]:
    """A function that adds a row to the table, and fails if there are faults.

    It takes what was tried, how often, and a sentence for each fault.
    """
    rows = pytestconfig.stash.setdefault(_ROWS, [])

    def add(title: str, tried: int, faults: Sequence[str]) -> None:
        rows.append((title, tried, len(faults)))
        assert not faults, "\n".join(faults[:20])

    return add


def pytest_sessionfinish(session):
    # A worker's rows go to the process that prints.
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["faults"] = session.config.stash.get(_ROWS, [])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    node.config.stash.setdefault(_ROWS, []).extend(node.workeroutput.get("faults", []))


def pytest_terminal_summary(terminalreporter, config):
    rows = sorted(config.stash.get(_ROWS, []))
    if not rows:
        return
    table = [(title, tried, tried - faults, faults) for title, tried, faults in rows]
    names = ("what", "tried", "clean", "faults")
    sums = ("total", *(sum(column) for column in list(zip(*table, strict=True))[1:]))
    terminalreporter.write_line(tabulate([*table, sums], names, intfmt=","))
    path = REPOSITORY / "build" / "faults.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([dict(zip(names, row, strict=True)) for row in table], indent=2))

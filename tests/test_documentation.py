"""The commands and links of the documents are real."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import typer

from tfsqueeze.cli.main import app

REPOSITORY = Path(__file__).resolve().parents[1]
DOCUMENTS = [
    REPOSITORY / name
    for name in ("README.md", "CONTRIBUTING.md", "coral/README.md", "android_demo/README.md")
] + sorted((REPOSITORY / "docs").glob("*.md"))
_COMMAND = re.compile(r"^\s{3,}(tfsqueeze (?:.*\\\n)*.*)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#([^)]+))?\)")
COMMANDS = sorted(
    {command for path in DOCUMENTS for command in _COMMAND.findall(path.read_text("utf-8"))}
)


def test_there_are_commands():
    assert len(COMMANDS) > 40


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_line_takes_every_command(command):
    words = shlex.split(command.replace("\\\n", " "), comments=True)[1:]
    # What a shell takes for itself.
    for sign in ("<", "|", ">"):
        words = words[: words.index(sign)] if sign in words else words
    group = typer.main.get_command(app)
    with click.Context(group) as context:
        name, found, arguments = group.resolve_command(context, words)
        assert name is not None and found is not None
        # It parses all arguments, and runs nothing.
        found.make_context(name, list(arguments), parent=context)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_lead_somewhere(path):
    for target, anchor in _LINK.findall(path.read_text("utf-8")):
        if target.startswith(("http:", "https:")):
            continue
        linked = path.parent / target
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text("utf-8"), re.MULTILINE)
            assert anchor in map(_anchor, headings), f"{target}#{anchor}"


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")

"""On the site no link of a page leads out of docs/."""

from __future__ import annotations

import runpy

import pytest

from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def on_page_markdown():
    return runpy.run_path(str(REPOSITORY / "docs" / "site_links.py"))["on_page_markdown"]


@pytest.mark.parametrize("path", sorted((REPOSITORY / "docs").glob("*.md")), ids=lambda p: p.name)
def test_links_out_of_docs_lead_elsewhere(on_page_markdown, path):
    assert "](../" not in on_page_markdown(path.read_text("utf-8"))


def test_guides_of_other_folders_are_read_on_github(on_page_markdown):
    page = "[the app](../android_demo/README.md), [On a Coral board](../coral/README.md#run)"
    folder = "https://github.com/tfsqueeze/tfsqueeze/blob/main"
    assert on_page_markdown(page) == (
        f"[the app]({folder}/android_demo/README.md), "
        f"[On a Coral board]({folder}/coral/README.md#run)"
    )

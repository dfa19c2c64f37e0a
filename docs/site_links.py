"""Turns the documents' links to files outside docs/ into links to their copies on the site.

The same document is read in the repository, where a link leads to the file itself, and on the site,
which `docs/generate_pages.py` gives copies. MkDocs calls this file (`hooks` of mkdocs.yml).
"""

from __future__ import annotations

_COPIES = {
    "](../notebooks/": "](tutorials/",
    "](../CONTRIBUTING.md": "](contributing.md",
}


def on_page_markdown(markdown: str, **_: object) -> str:
    """Replaces the links of one page, before MkDocs reads it."""
    for source, copy in _COPIES.items():
        markdown = markdown.replace(source, copy)
    return markdown

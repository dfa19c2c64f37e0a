"""Turns the documents' links to files outside docs/ into links that work on the site.

The same document is read in the repository, where a link leads to the file itself, and on the site.
There a link leads to a copy, which `docs/generate_pages.py` makes, or to the file on GitHub. MkDocs
calls this file (`hooks` of mkdocs.yml).
"""

from __future__ import annotations

_ON_GITHUB = "](https://github.com/tfsqueeze/tfsqueeze/blob/main/"
_ON_THE_SITE = {
    "](../notebooks/": "](tutorials/",
    "](../CONTRIBUTING.md": "](contributing.md",
    "](../android_demo/README.md": f"{_ON_GITHUB}android_demo/README.md",
    "](../coral/README.md": f"{_ON_GITHUB}coral/README.md",
}


def on_page_markdown(markdown: str, **_: object) -> str:
    """Replaces the links of one page, before MkDocs reads it."""
    for source, target in _ON_THE_SITE.items():
        markdown = markdown.replace(source, target)
    return markdown

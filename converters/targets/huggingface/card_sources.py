"""What the model card of a checkpoint says of it, which an export's card says too."""

from __future__ import annotations

import re
from pathlib import Path

# What stays true of a checkpoint's weights in another format.
_FIELDS = ("language", "license", "license_name", "license_link", "datasets", "base_model")
_SCALAR = re.compile(r"([a-z_]+):\s*([\w.,:/@ -]+?)\s*")
_KEY = re.compile(r"([a-z_]+):\s*")
_ITEM = re.compile(r"\s*-\s+([\w.:/@-]+)\s*")
_LONGEST = 2**20


def read_card_fields(path: Path) -> dict[str, str | list[str]]:
    """Returns those fields of a card's front matter that its exports share.

    Plain values and lists of plain values are read; what YAML has beside them is left out.

    Args:
        path: a README.md, which need not exist.

    Example:
        >>> from tfsqueeze.checkpoints.model_sources import pretrained_folder
        >>> read_card_fields(pretrained_folder("squeezebert-tiny") / "README.md")
        {'language': 'en', 'license': 'apache-2.0'}
    """
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", errors="replace") as file:
        lines = file.read(_LONGEST).splitlines()
    if not lines or lines[0].strip() != "---":
        return {}
    found: dict[str, str | list[str]] = {}
    items: list[str] | None = None
    for line in lines[1:]:
        if line.strip() == "---":
            return {name: value for name, value in found.items() if value}
        item = _ITEM.fullmatch(line)
        if item and items is not None:
            items.append(item[1])
            continue
        items = None
        scalar, key = _SCALAR.fullmatch(line), _KEY.fullmatch(line)
        if key and key[1] in _FIELDS:
            items = found[key[1]] = []
        elif scalar and scalar[1] in _FIELDS:
            found[scalar[1]] = scalar[2]
    # Front matter without an end is none.
    return {}

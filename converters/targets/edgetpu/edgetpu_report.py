"""Writes a prediction for the Edge TPU as files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from converters.reports.placement_picture import draw_graph
from tfsqueeze.utils.files import write_atomically


def write_placement(facts: Mapping[str, Any], folder: Path, title: str) -> list[Path]:
    """Writes placement.json, placement.svg and placement.png.

    Args:
        facts: an `EdgeTpuCheck` as a dict; further keys go into placement.json.
        folder: the folder to write to.
        title: the title of the picture.

    Returns:
        The paths of the files.
    """
    contents = {
        "json": (json.dumps(facts, indent=2) + "\n").encode("utf-8"),
        **draw_graph(facts["operators"], title),
    }
    paths = []
    for suffix, content in contents.items():
        paths.append(folder / f"placement.{suffix}")
        with write_atomically(paths[-1]) as temporary:
            temporary.write_bytes(content)
    return paths

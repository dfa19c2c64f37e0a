"""A program of exported plain C that classifies a file of texts."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path

import numpy as np

from converters.targets.micro.plain_c import C_SOURCES

_MAIN = "classify_texts.c"


def write_program(texts: Mapping[str, str], folder: Path) -> list[Path]:
    """Writes the sources of a program and returns those to compile.

    Args:
        texts: the exported sources by file name.
        folder: an existing folder.
    """
    programs = resources.files("converters.targets.micro") / "programs"
    for name, text in {**texts, _MAIN: (programs / _MAIN).read_text("utf-8")}.items():
        (folder / name).write_text(text, "utf-8")
    return [folder / name for name in (_MAIN, *C_SOURCES)]


def write_input(texts: Sequence[str], folder: Path) -> None:
    """Writes the texts that a program is to classify.

    Args:
        texts: the texts.
        folder: the folder that the program runs in.
    """
    encoded = [text.encode("utf-8", "replace") for text in texts]
    (folder / "input.bin").write_bytes(
        b"".join(struct.pack("<I", len(text)) + text for text in encoded)
    )


def read_logits(count: int, folder: Path) -> np.ndarray:
    """Returns the logits that a program left, int8 [count, labels].

    Args:
        count: how many texts it was given.
        folder: the folder that it ran in.
    """
    return np.fromfile(folder / "output.bin", np.int8).reshape(count, -1)

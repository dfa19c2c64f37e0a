"""Unlabelled texts that give the ranges of a model's activations."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from tfsqueeze.data.sources.text_files import holds_pairs, text_files
from tfsqueeze.utils.errors import UserError

# English prose in the public domain: addresses of presidents of the United States, Shakespeare.
_PACKAGED = Path(str(resources.files("tfsqueeze.data.sources") / "calibration_texts.txt"))


class UnlabelledTexts(NamedTuple):
    """Texts, or pairs of texts.

    Args:
        texts: the text of each example, or the first text of each pair.
        text_pairs: the second text of each pair; None for single texts.
    """

    texts: list[str]
    text_pairs: list[str] | None


def calibration_texts(
    sources: Sequence[str | os.PathLike], *, most: int, seed: int = 0
) -> UnlabelledTexts:
    """Returns randomly chosen texts of files and datasets.

    Args:
        sources: what `text_files` takes: files with one text per line, .tsv files with two,
            folders of .txt files, or names of datasets. An empty sequence stands for some English
            prose in this package.
        most: the largest number of texts.
        seed: fixes the choice.

    Raises:
        UserError: a source cannot be read, there are no texts, or there are both single texts and
            pairs.

    Example:
        >>> from tfsqueeze.data.sources.calibration_texts import calibration_texts
        >>> len(calibration_texts([], most=8).texts)
        8
    """
    with tempfile.TemporaryDirectory() as folder:
        files = text_files(sources or [_PACKAGED], Path(folder))
        kinds = {holds_pairs(file) for file in files}
        if len(kinds) > 1:
            raise UserError(
                "the calibration texts are single texts and pairs (.tsv); give the kind that the "
                "model reads"
            )
        lines = [
            line
            for file in files
            # Other characters that end lines for Python may stand within a text.
            for line in file.read_bytes().decode("utf-8", "replace").split("\n")
            if line.strip()
        ]
    if not lines:
        raise UserError(f"{', '.join(map(os.fspath, sources))}: there are no texts to calibrate on")
    random.Random(seed).shuffle(lines)
    lines = lines[:most]
    if kinds == {False}:
        return UnlabelledTexts([line.strip() for line in lines], None)
    pairs = [line.split("\t") for line in lines]
    return UnlabelledTexts(
        [first.strip() for first, _ in pairs], [second.strip() for _, second in pairs]
    )

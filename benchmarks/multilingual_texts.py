"""The texts and their translations that a multilingual backbone learns from.

STSb's languages are translations of the English data, and nearly parallel: each lacks some lines.
Its terms (CC BY-SA 4.0) allow a model that ships; those of Multi30k (Elliott et al. 2016) do not.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.readers.tables import read_table
from tfsqueeze.utils.files import write_atomically

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pl", "pt")
CAPTION_LANGUAGES = ("en", "de", "fr")
_MOST_SHIFT = 40
# Translations are rarely more than this many times as long or as short.
_LENGTH_RATIO = 2.5


def write_multilingual_texts(data: Path, folder: Path, *, captions: bool) -> list[Path]:
    """Writes stsb.tsv with a column for each language, and the captions of Multi30k.

    Args:
        data: the folder of datasets, of which the training parts are read.
        folder: takes the files.
        captions: whether to add Multi30k, for a model that does not ship.

    Returns:
        The written files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / "stsb.tsv"]
    with write_atomically(written[0]) as temporary:
        rows = ["\t".join(LANGUAGES), *map("\t".join, stsb_rows(data, "train"))]
        temporary.write_text("\n".join(rows) + "\n", "utf-8")
    if captions:
        for language in CAPTION_LANGUAGES:
            path = folder / f"captions.{language}.txt"
            shutil.copyfile(data / "multi30k" / f"train.{language}.txt", path)
            written.append(path)
    return written


def stsb_rows(data: Path, part: str) -> list[list[str]]:
    """Returns the texts of STSb in all languages, an empty one where a language lacks a line.

    Args:
        data: the folder of datasets.
        part: `train` or `dev`.
    """
    tables = {
        language: read_table(data / "stsb" / language / f"{part}.tsv", text_pair_column="other")
        for language in LANGUAGES
    }
    english = tables["en"]
    columns = {"en": [*english.texts, *(english.text_pairs or ())]}
    for language in LANGUAGES[1:]:
        other = tables[language]
        firsts, seconds = [""] * len(english), [""] * len(english)
        for row, found in matching_rows(english, other):
            firsts[row], seconds[row] = _plain(other.texts[found]), _plain(_second(other, found))
        columns[language] = firsts + seconds
    columns["en"] = [_plain(text) for text in columns["en"]]
    return [list(row) for row in zip(*columns.values(), strict=True)]


def matching_rows(one: TextDataset, other: TextDataset) -> list[tuple[int, int]]:
    """Returns which rows of two languages have the same score and similar lengths, in order.

    It is the longest common subsequence (Needleman and Wunsch 1970), with rows at most 40 apart.

    Args:
        one: pairs with scores.
        other: their translations, of which some are missing.

    Returns:
        Indices of both, ascending.
    """
    lengths = [_lengths(one), _lengths(other)]
    width = 2 * _MOST_SHIFT + 1
    best = np.zeros((len(one) + 1, width), np.int32)
    is_match = np.zeros((len(one) + 1, width), bool)
    scores, others = list(one.labels or ()), list(other.labels or ())
    for row in range(len(one) - 1, -1, -1):
        for place in range(width - 1, -1, -1):
            column = row + place - _MOST_SHIFT
            if not 0 <= column < len(other):
                continue
            # The next row at the same column is one place to the left.
            skip_row = best[row + 1, place - 1] if place else 0
            skip_column = best[row, place + 1] if place + 1 < width else 0
            value = max(skip_row, skip_column)
            if scores[row] == others[column] and _alike(lengths[0][row], lengths[1][column]):
                matched = best[row + 1, place] + 1
                if matched >= value:
                    value, is_match[row, place] = matched, True
            best[row, place] = value
    found, row, place = [], 0, _MOST_SHIFT
    while row < len(one) and 0 <= place < width:
        if is_match[row, place]:
            found.append((row, row + place - _MOST_SHIFT))
            row += 1
        elif place and best[row + 1, place - 1] == best[row, place]:
            row, place = row + 1, place - 1
        else:
            place += 1
    return found


def _lengths(dataset: TextDataset) -> list[tuple[int, int]]:
    return [
        (len(first), len(second))
        for first, second in zip(dataset.texts, dataset.text_pairs or (), strict=True)
    ]


def _alike(ours: Sequence[int], theirs: Sequence[int]) -> bool:
    return all(
        max(one, other) <= _LENGTH_RATIO * max(1, min(one, other))
        for one, other in zip(ours, theirs, strict=True)
    )


def _second(dataset: TextDataset, row: int) -> str:
    assert dataset.text_pairs is not None
    return dataset.text_pairs[row]


def _plain(text: str) -> str:
    return " ".join(text.split())

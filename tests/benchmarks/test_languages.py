"""Texts of several languages are matched line by line, and models are measured on each."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from benchmarks.cli import app
from benchmarks.multilingual_texts import (
    LANGUAGES,
    matching_rows,
    stsb_rows,
    write_multilingual_texts,
)
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.data.readers.parallel_texts import parallel_files, read_parallel_texts

pytestmark = pytest.mark.benchmarks

ANIMALS = ["cat", "dog", "bird", "horse", "mouse", "sheep", "goat", "cow"]


def pairs(rows):
    return TextDataset(
        "pairs",
        [f"the {ANIMALS[row % 8]} number {row}" for row in rows],
        labels=[str(row * 7 % 11 / 2) for row in rows],
        text_pairs=[f"a {ANIMALS[row % 5]} of {row}" for row in rows],
    )


@settings(deadline=None, max_examples=30)
@given(st.sets(st.integers(0, 119), max_size=12))
def test_missing_rows_are_found(missing):
    kept = [row for row in range(120) if row not in missing]
    found = matching_rows(pairs(range(120)), pairs(kept))
    right = {(row, place) for place, row in enumerate(kept)}
    # A row beside a missing one of the same score may be taken for it.
    assert len(right & set(found)) >= len(kept) - 2 * len(missing)
    assert found == sorted(found) and len(found) <= len(kept)


@pytest.fixture
def data(tmp_path):
    for language in LANGUAGES:
        for part in ("train", "dev"):
            rows = range(40) if language == "en" else [n for n in range(40) if n != 7]
            table = pairs(rows)
            lines = ["text\tother\tlabel"]
            for text, other, label in zip(table.texts, table.text_pairs, table.labels, strict=True):
                lines.append(f"{language} {text}\t{language} {other}\t{label}")
            path = tmp_path / "stsb" / language / f"{part}.tsv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines) + "\n")
    (tmp_path / "multi30k").mkdir()
    for language in ("en", "de", "fr"):
        for part in ("train", "val"):
            lines = "".join(f"{animal} {n}\n" for n, animal in enumerate(ANIMALS))
            (tmp_path / "multi30k" / f"{part}.{language}.txt").write_text(lines)
    return tmp_path


def test_texts_are_written_for_pretraining(data, tmp_path):
    folder = tmp_path / "parallel"
    written = write_multilingual_texts(data, folder, captions=True)
    assert [path.name for path in written] == [
        "stsb.tsv",
        *(f"captions.{language}.txt" for language in ("en", "de", "fr")),
    ]
    table, captions = read_parallel_texts(parallel_files([folder]))
    assert list(table.texts) == list(LANGUAGES) and len(table) == 80
    assert list(captions.texts) == ["de", "en", "fr"]
    assert table.texts["en"][7] and not table.texts["de"][7]
    assert table.texts["pl"][8].removeprefix("pl ") == table.texts["en"][8].removeprefix("en ")
    assert len(write_multilingual_texts(data, folder, captions=False)) == 1
    assert len(stsb_rows(data, "dev")) == 80


def test_models_are_measured_in_each_language(data, tmp_path):
    folder = tmp_path / "report"
    arguments = ["languages", "characters", "--data", str(data), "--output-folder", str(folder)]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    (run,) = json.loads(result.stdout)["runs"]
    rows = {row["language"]: row for row in run["languages"]}
    assert list(rows) == list(LANGUAGES) and run["captions"] == len(ANIMALS)
    # The captions are the same in all languages.
    assert rows["de"]["recall_at_1"] == rows["fr"]["recall_at_10"] == 1
    assert rows["en"]["recall_at_1"] is None and rows["es"]["recall_at_1"] is None
    assert all(-1 <= row["spearman"] <= 1 for row in rows.values())
    page = (folder / "languages.md").read_text("utf-8")
    assert re.search(r"\| characters \| +de \| .*100\.0 %", page)
    assert (folder / "languages.png").read_bytes().startswith(b"\x89PNG")

"""The figures of README.md and docs/results.md are those of benchmarks/results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from converters.reports.formatting import percentage, with_spread

REPOSITORY = Path(__file__).resolve().parents[1]
# The row of the suite and its score, by how the first cell of a line begins.
ROWS = {
    "CLINC-150": ("clinc150", "accuracy"),
    "Banking77": ("banking77", "accuracy"),
    "Reuters R8": ("reuters-r8", "accuracy"),
    "SST-2": ("sst2", "accuracy"),
    "MRPC": ("mrpc", "accuracy"),
    "STS-B": ("stsb", "spearman"),
    "Quora": ("quora", "accuracy"),
    "SNLI": ("snli", "accuracy"),
    "RTE": ("rte", "accuracy"),
    "SNIPS": ("snips", "slot_f1"),
    "ATIS": ("atis", "slot_f1"),
    "WNUT 2017": ("wnut17", "f1"),
    "XQuAD": ("answers", "f1_xquad"),
}
COLUMNS = (("tiny", "int8"), ("tiny", "float32"), ("classical", None))


def suite_lines(document):
    """The lines of the table whose columns are int8, float32 and the classical method."""
    lines = (REPOSITORY / document).read_text("utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("| | int8 | float32 |"))
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


@pytest.mark.parametrize("document", ["README.md", "docs/results.md"])
def test_figures_of_the_suite(document):
    suite = json.loads((REPOSITORY / "benchmarks/results/suite.json").read_text("utf-8"))["rows"]
    found = list(suite_lines(document))
    assert len(found) > 5
    for title, *cells in found:
        (name,) = [name for name in ROWS if title.startswith(name)]
        row, score = ROWS[name]
        scores = {
            (one["column"], one["precision"]): one["scores"].get(score)
            for one in suite[row]["models"]
        }
        for column, cell in zip(COLUMNS, cells, strict=True):
            measured = scores.get(column)
            expected = measured and with_spread(measured["mean"], measured["spread"], percentage)
            assert cell.strip("*").removesuffix(" %") == (expected or ""), (title, column)

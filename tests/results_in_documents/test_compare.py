"""The figures beside the teacher in docs/results.md are those of compare/comparison.json."""

from __future__ import annotations

import pytest

from converters.reports.formatting import decimals, percentage
from tests.results_in_documents.documents import figures, result, rows_of_table

PAGE = "docs/results.md"
TITLES = {
    "the most frequent label": ("majority", None),
    "TF-IDF + logistic regression": ("classical", None),
    "MiniLM (all-MiniLM-L6-v2) fine-tuned, the teacher, float32": ("teacher", "float32"),
    "the same, int8 by ranges alone, without training": ("teacher", "int8"),
    "DistilBERT-type from scratch, float32": ("distilbert", "float32"),
    "ALBERT-type from scratch, float32": ("albert", "float32"),
    "SqueezeBERT from scratch, float32": ("scratch", "float32"),
    "SqueezeBERT distilled, float32": ("distilled", "float32"),
    "SqueezeBERT distilled, int8": ("distilled", "int8"),
}


@pytest.fixture(scope="module")
def datasets():
    """The rows of each dataset in the order of the columns, by method and precision."""
    by_name = {each["data"].rpartition("/")[2]: each for each in result("compare/comparison")}
    return {
        name: {(row["method"], row["precision"]): row for row in by_name[name]["rows"]}
        for name in ("sst2", "banking77", "clinc150", "reuters-r8")
    }


def score_text(row):
    spread = percentage(row["std"])
    return percentage(row["mean"]) + ("" if spread == "0.00" else f" ± {spread}")


def student_and_teacher(rows, field, scale):
    student, teacher = (rows[method, "int8"][field] / scale for method in ("distilled", "teacher"))
    return f"{student:.2f} ({teacher:.2f})"


def test_the_table(datasets):
    expected = [
        [title, *(score_text(rows[model]) for rows in datasets.values())]
        for title, model in TITLES.items()
    ]
    for title, field, scale in (
        ("file of the int8, MB (the teacher's)", "bytes", 1e6),
        ("its latency, ms (the teacher's)", "milliseconds", 1),
    ):
        cells = (student_and_teacher(rows, field, scale) for rows in datasets.values())
        expected.append([title, *cells])
    header = "three seeds ± standard deviation, accuracy in percent"
    assert rows_of_table(PAGE, header) == expected


def test_what_int8_and_distillation_lose(datasets):
    def points(name, worse, better):
        return 100 * (datasets[name][better]["mean"] - datasets[name][worse]["mean"])

    student, its_float = ("distilled", "int8"), ("distilled", "float32")
    lost = max(points(name, student, its_float) for name in datasets)
    behind = {name: points(name, student, ("teacher", "float32")) for name in datasets}
    farthest = sorted(behind, key=behind.__getitem__, reverse=True)[:2]
    assert farthest == ["sst2", "clinc150"]
    pattern = r"int8 loses at most (\S+) points .*? SST-2 \((\S+) points\) and CLINC-150 \((\S+)\)"
    expected = (decimals(lost), *(decimals(behind[name]) for name in farthest))
    assert figures(PAGE, "Averaged over the seeds, " + pattern) == expected

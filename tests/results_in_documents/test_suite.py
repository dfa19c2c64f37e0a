"""The figures of the suite in README.md and the pages are those of suite.json."""

from __future__ import annotations

import math

import pytest

from converters.reports.formatting import percentage, with_spread
from tests.results_in_documents.documents import figures, result, rows_of_table

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
    "SQuADShifts": ("squadshifts_new_wiki", "f1"),
    "XQuAD": ("answers", "f1_xquad"),
}
COLUMNS = (("tiny", "int8"), ("tiny", "float32"), ("classical", None))
# An earlier version trained these.
EARLIER = {"SNLI", "XQuAD"}
ANSWERS = (
    "f1_xquad",
    "f1_squadshifts_new_wiki",
    "f1_squadshifts_amazon_reviews",
    "f1_squadshifts_reddit",
    "f1_policyqa",
    "f1_tweetqa",
    "f1",
)


@pytest.fixture(scope="module")
def suite():
    return result("suite")["rows"]


def scores_of(row):
    """The scores of a row's models, by column and precision."""
    return {(model["column"], model["precision"]): model["scores"] for model in row["models"]}


@pytest.mark.parametrize("document", ["README.md", "docs/results.md"])
def test_figures_of_the_suite(suite, document):
    found = rows_of_table(document, "", "int8", "float32", "classical baseline")
    assert len(found) > 5
    for title, *cells in found:
        (name,) = [name for name in ROWS if title.startswith(name)]
        row, score = ROWS[name]
        scores = scores_of(suite[row])
        for column, cell in zip(COLUMNS, cells, strict=True):
            measured = scores.get(column, {}).get(score)
            expected = measured and with_spread(measured["mean"], measured["spread"], percentage)
            assert cell.removesuffix(" %") == (expected or ""), (title, column)


def test_what_int8_loses(suite):
    lost = {}
    for name, (row, score) in ROWS.items():
        scores = scores_of(suite[row])
        int8, float32 = (scores["tiny", precision][score] for precision in ("int8", "float32"))
        lost[name] = 100 * (float32["mean"] - int8["mean"])
    answers = lost.pop("SQuADShifts")
    most = max(points for name, points in lost.items() if name not in EARLIER)
    pattern = r"int8 loses at most (\S+) points of .*? answers of SQuADShifts lose (\S+)\. "
    expected = (str(math.ceil(10 * most) / 10), f"{answers:.1f}")
    assert figures("docs/results.md", pattern) == expected


def test_answers(suite):
    row = suite["answers"]
    scores = scores_of(row)
    expected = [
        [title, *(percentage(scores[column][name]["mean"]) for name in ANSWERS)]
        for title, column in (
            ("the sentence most like the question", ("classical", None)),
            ("float32", ("tiny", "float32")),
            ("int8", ("tiny", "int8")),
        )
    ]
    assert rows_of_table("docs/results.md", "F1 in percent") == expected
    questions = (f"{row['examples']['train']:,}",)
    assert figures("docs/results.md", r"learned from (\S+) questions") == questions
    assert figures("README.md", r"with (\S+) questions of nine other sources") == questions


def test_texts_of_the_demo(suite):
    row = suite["reuters-r8"]
    counts = tuple(f"{row['examples'][part]:,}" for part in ("train", "validation", "test"))
    pattern = r"\((\S+) texts to train on, (\S+) to validate, (\S+) to test\)"
    assert figures("docs/results.md", pattern) == counts
    classical = percentage(scores_of(row)["classical", None]["accuracy"]["mean"])
    pattern = r"from the (\S+) training texts .*? the (\S+) validation texts .*? \((\S+) %\)"
    assert figures("docs/results.md", "TF-IDF learns " + pattern) == (*counts[:2], classical)


def test_sizes_of_mrpc_and_rte(suite):
    examples = [suite[row]["examples"] for row in ("mrpc", "rte")]
    learned = [f"{each['train'] + each['validation']:,}" for each in examples]
    measured = [str(each["test"]) for each in examples]
    pattern = r"which have (\S+) and (\S+) pairs to learn from, .*? of n = (\d+) and (\d+) pairs"
    assert figures("docs/results.md", pattern) == (*learned, *measured)


def test_pairs_beside_small_models(suite):
    mrpc, stsb = (scores_of(suite[row]) for row in ("mrpc", "stsb"))
    most_frequent = f"{100 * mrpc['majority', None]['accuracy']['mean']:.1f}"
    cosine, tiny = (
        percentage(stsb[column]["spearman"]["mean"])
        for column in (("classical", None), ("tiny", "int8"))
    )
    page = "docs/edge-tpu-and-npu.md"
    pattern = r"(\S+) % of MRPC's pairs .*? TF-IDF gets (\S+) on STS-B\. .*? gets (\S+) there"
    assert figures(page, pattern) == (most_frequent, cosine, tiny)
    assert figures("docs/results.md", r"below the (\S+) of the cosine of TF-IDF") == (cosine,)

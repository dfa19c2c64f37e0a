"""The conditional random field that taggers are compared with."""

from __future__ import annotations

import sys

import pytest

from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.data.readers.conll import read_conll
from tfsqueeze.evaluation.crf_baseline import crf_baseline, word_features
from tfsqueeze.utils.errors import UserError


def cities(names: list[str]) -> TokenDataset:
    return TokenDataset(
        "cities",
        [["We", "went", "to", *name.split(), "today"] for name in names],
        [["O", "O", "O", "B-LOC", *["I-LOC"] * name.count(" "), "O"] for name in names],
    )


def test_names_are_found_by_their_neighbours():
    pytest.importorskip("sklearn_crfsuite")
    train = cities(["Bonn", "New York", "Rome", "Los Angeles", "Oslo", "San Jose"] * 3)
    result = crf_baseline(train, cities(["Paris", "Las Vegas"]))
    assert (result["precision"], result["recall"], result["f1"]) == (1.0, 1.0, 1.0)
    assert result["name"] == "conditional random field"
    assert result["settings"]["c1"] == 0.1
    assert crf_baseline(train, TokenDataset("t", [["Ann"]], [["B-PER"]]))["f1"] == 0.0
    with pytest.raises(UserError, match="t has no tags"):
        crf_baseline(train, TokenDataset("t", [["Ann"]]))


def test_features():
    first, second = word_features(["McDonald's", "2024"])
    assert {
        "word=McDonald's",
        "lower=mcdonald's",
        "suffix3=d's",
        "shape=XxXxx'x",
        "-1:outside",
        "+1:lower=2024",
        "+1:shape=dd",
        "+2:outside",
    } < set(first)
    assert {"shape=dd", "-1:shape=XxXxx'x"} < set(second)


def test_learns_from_real_texts(shared_dir):
    pytest.importorskip("sklearn_crfsuite")
    folder = shared_dir / "data" / "wikiann" / "en"
    train = read_conll(folder / "train.conll").sample(400, seed=0)
    result = crf_baseline(train, read_conll(folder / "dev.conll").sample(200, seed=0))
    assert 0.35 < result["f1"] < 0.8


def test_without_the_extra(monkeypatch):
    # Python's mark of a module that cannot be imported.
    monkeypatch.setitem(sys.modules, "sklearn_crfsuite", None)
    with pytest.raises(UserError, match=r"pip install 'tfsqueeze\[baselines\]'") as error:
        crf_baseline(cities(["Bonn"]), cities(["Rome"]))
    assert "\n" not in str(error.value)

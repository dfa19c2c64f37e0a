"""The figures of docs/languages.md are those of languages.json."""

from __future__ import annotations

import pytest

from converters.reports.formatting import decimals, percent
from tests.results_in_documents.documents import figures, result, rows_of_table

PAGE = "docs/languages.md"
LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pl", "pt")
TINY = "`squeezebert-tiny`, English alone"
TF_IDF = "TF-IDF of 2 to 4 characters"


@pytest.fixture(scope="module")
def run():
    (only,) = result("languages")["runs"]
    return only


@pytest.fixture(scope="module")
def models(run):
    """The scores by the name of the model and the language."""
    return {(row["name"], row["language"]): row for row in run["languages"]}


def test_similarity(models):
    def correlations(name):
        return [decimals(models[name, language]["spearman"], 3) for language in LANGUAGES]

    int8, float32 = correlations("tiny-8.tflite"), correlations("backbone")
    assert rows_of_table(PAGE, "", *LANGUAGES) == [
        ["int8 (float32)", *(f"{a} ({b})" for a, b in zip(int8, float32, strict=True))],
        [TINY, *correlations("squeezebert-tiny")],
        [TF_IDF, *correlations("characters")],
    ]


def test_search(run, models):
    def recalls(name):
        rows = (models[name, language] for language in ("de", "fr"))
        pairs = ((percent(row["recall_at_1"], 1), percent(row["recall_at_10"], 1)) for row in rows)
        return [f"{nearest} ({among_ten})" for nearest, among_ten in pairs]

    assert rows_of_table(PAGE, "nearest (among the ten nearest)") == [
        ["int8", *recalls("tiny-8.tflite")],
        [TINY, *recalls("squeezebert-tiny")],
        [TF_IDF, *recalls("characters")],
    ]
    captions = (f"{run['captions']:,}",)
    assert figures(PAGE, r"caption in another language, among (\S+) of Multi30k") == captions


def test_where_counting_words_is_ahead(models):
    ahead = [
        language
        for language in LANGUAGES
        if models["characters", language]["spearman"]
        > models["tiny-8.tflite", language]["spearman"]
    ]
    assert figures(PAGE, r"TF-IDF is ahead in (all seven) languages other than English")
    assert ahead == [language for language in LANGUAGES if language != "en"]

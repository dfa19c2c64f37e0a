"""A person's way through the page: typing, pressing the button, reading."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from converters.inference.predictor import Predictor
from converters.inference.sentence_embeddings_predictor import SentenceEmbeddingsPredictor
from converters.targets.web.web_target import MODEL_FILE, WebTarget

pytestmark = pytest.mark.web

TEXTS = ["the cat and the dog", "Bread, CHEESE & <b>soup</b>!", "", "snow " * 20]
PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def exported(trained_run, tmp_path_factory, npm):
    folder = tmp_path_factory.mktemp("page")
    WebTarget().export(trained_run, folder)
    return folder


def test_the_page_shows_what_python_predicts(exported, browser, tmp_path):
    picture = tmp_path / "page.png"
    seen = browser.run(
        exported, {"kind": "page", "items": [[text] for text in TEXTS]}, screenshot=picture
    )
    predictor = Predictor.open(exported / MODEL_FILE)
    for shown, prediction in zip(seen, predictor.predict(TEXTS), strict=True):
        assert shown["title"] == predictor.metadata.name
        assert shown["status"].endswith(" ms") and not shown["isError"]
        label, *rows = shown["result"].split("\n\n")
        assert label == prediction.label
        ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
        assert "".join(rows).split() == [
            word for name, share in ranked for word in (name, f"{100 * share:.1f}", "%")
        ]
    assert picture.read_bytes()[:4] == PNG


def test_the_page_asks_its_own_folder_alone(exported, browser):
    browser.run(exported, {"kind": "page", "items": [["the cat"]]})
    for path in browser.requested:
        assert (exported / path.removeprefix("/")).is_file(), path
    assert "/model.tflite" in browser.requested
    # One of the two runtimes.
    assert sum(path.endswith(".wasm") for path in browser.requested) == 1


@pytest.mark.parametrize("name", ["model.json", "model.tflite"])
def test_a_missing_file_is_one_sentence(name, exported, browser, tmp_path):
    for path in exported.iterdir():
        if path.name != name:
            (tmp_path / path.name).symlink_to(path)
    with pytest.raises(AssertionError, match="export the model again"):
        browser.run(tmp_path, {"kind": "predictions", "items": [["the cat"]]})


def test_the_shown_page_says_what_is_wrong(exported, browser, tmp_path):
    for path in Path(exported).iterdir():
        if path.name != "model.json":
            (tmp_path / path.name).symlink_to(path)
    shown = browser.run(tmp_path, {"kind": "status"})
    assert shown["isError"] and shown["status"].startswith("The model cannot be opened: ")


def test_an_embedder_finds_texts(task_run, npm, browser, texts, tmp_path):
    drawn = random.Random(0).sample([text for text in texts if text.isprintable()], 200)
    corpus, queries = drawn[:150], drawn[150:]
    WebTarget().export(task_run("vectors"), tmp_path, search_texts=corpus)
    answer = browser.run(tmp_path, {"kind": "predictions", "items": [[text] for text in queries]})
    embedder = SentenceEmbeddingsPredictor.open(tmp_path / MODEL_FILE)
    index = embedder.open_index(tmp_path / "model.safetensors")
    for found, matches in zip(answer["found"], index.search(queries, top_k=10), strict=True):
        cosines = [match["cosine"] for match in found["matches"]]
        assert cosines == pytest.approx([match.score for match in matches], abs=1e-5)
        assert found["matches"][0]["text"] == corpus[found["matches"][0]["index"]]
    (shown,) = browser.run(tmp_path, {"kind": "page", "items": [[corpus[0] or "a"]]})
    assert "1.000" in shown["result"]

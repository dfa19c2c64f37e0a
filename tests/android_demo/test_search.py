"""Kotlin finds the texts that `tfsqueeze search` finds."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path

import numpy as np
import pytest

from converters.inference.sentence_embeddings_predictor import SentenceEmbeddingsPredictor
from converters.targets.android.android_target import AndroidTarget

pytestmark = pytest.mark.android

TEXTS, QUERIES = 1000, 100
# Both add the products of float32 in another order.
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def exported(task_run, real_texts, tmp_path_factory):
    """Returns the exported model, its index, and texts beside those of the index."""
    lines = [text for text in real_texts if text.isprintable() and len(text) < 200]
    drawn = random.Random(0).sample(lines, TEXTS + QUERIES)
    folder = tmp_path_factory.mktemp("assets")
    result = AndroidTarget().export(task_run("vectors"), folder, search_texts=drawn[:TEXTS])
    model, index = (folder / file.name for file in result.files)
    return model, index, drawn[TEXTS:]


@pytest.fixture(scope="module")
def library():
    return Path(importlib.util.find_spec("ai_edge_litert").origin).parent / "libLiteRt.so"


def test_vectors(exported, core, library):
    model, _, queries = exported
    found = core.run([{"text": text} for text in queries], "predict", model, library)
    embedder = SentenceEmbeddingsPredictor.open(model)
    for one, vector in zip(found, embedder.encode(queries), strict=True):
        assert one["embedding"] == pytest.approx(vector.tolist(), abs=TOLERANCE)


def test_the_nearest_texts(exported, core, library, report):
    model, index, queries = exported
    found = core.run([{"text": text} for text in queries], "predict", model, library, index)
    opened = SentenceEmbeddingsPredictor.open(model).open_index(index)
    assert len(opened) == TEXTS
    compared = 0
    for one, matches in zip(found, opened.search(queries, top_k=5), strict=True):
        texts = [text for _, text, _ in one["matches"]]
        assert [cosine for _, _, cosine in one["matches"]] == pytest.approx(
            [match.score for match in matches], abs=TOLERANCE
        )
        # Texts that are equally near may come in another order.
        if min(np.diff([-match.score for match in matches])) > TOLERANCE:
            assert texts == [match.text for match in matches]
            compared += 1
    assert compared > QUERIES / 2
    report(f"search: {len(queries)} queries find alike among {TEXTS:,} texts")


def test_an_index_of_another_model_is_one_sentence(exported, core, library, tmp_path):
    model, index, _ = exported
    other = tmp_path / "other.safetensors"
    content = index.read_bytes()
    place = content.index(b'_index_1_of":"') + 14
    other.write_bytes(content[:place] + b"0" * 64 + content[place + 64 :])
    with pytest.raises(AssertionError, match="the index has the vectors of another model"):
        core.run([{"text": "a"}], "predict", model, library, other)

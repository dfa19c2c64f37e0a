"""An index of texts is searched after it was saved as before, and never with another model."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from converters.inference.search_index import SearchIndex
from tfsqueeze.utils.errors import UserError

TEXTS = ["cats sleep", "prices rose", "naïve ﬁlm", "", "東京"]


def vectors_of(count, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, 24)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def encode(queries):
    return vectors_of(len(list(queries)), seed=1)


@pytest.fixture
def index():
    return SearchIndex.of(TEXTS, vectors_of(len(TEXTS)), None, encode, "digest")


def test_the_nearest_texts_come_first(index):
    found = index.search(["one", "two"], top_k=3)
    cosines = encode(["one", "two"]) @ vectors_of(len(TEXTS)).T
    for matches, row in zip(found, cosines, strict=True):
        assert [match.index for match in matches] == np.argsort(-row)[:3].tolist()
        assert [match.text for match in matches] == [TEXTS[match.index] for match in matches]
        # A vector of int8 is within half a step of each channel.
        assert [match.score for match in matches] == pytest.approx(np.sort(row)[::-1][:3], abs=0.01)


def test_a_saved_index_finds_the_same(index, tmp_path):
    path = tmp_path / "texts.safetensors"
    index.save(path)
    again = SearchIndex.open(path, encode, "digest")
    assert again.search(["one", "two"]) == index.search(["one", "two"]) and len(again) == len(TEXTS)
    columns = load_file(path)
    assert columns["vectors"].dtype == np.int8 and columns["vectors"].shape == (5, 24)
    assert columns["texts"].tobytes().decode() == "".join(TEXTS)
    index.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
    with pytest.raises(UserError, match=r"does not end in \.safetensors"):
        index.save(tmp_path / "texts.bin")


def test_an_index_of_another_model_is_refused(index, tmp_path):
    index.save(tmp_path / "texts.safetensors")
    with pytest.raises(UserError, match="has the vectors of another model"):
        SearchIndex.open(tmp_path / "texts.safetensors", encode, "other")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda columns: columns.pop("zero_point"), "is damaged"),
        (lambda columns: columns.update(limits=columns["limits"][:-1]), "is damaged"),
        (lambda columns: columns.update(limits=columns["limits"][::-1].copy()), "is damaged"),
        (lambda columns: columns.update(vectors=columns["vectors"].astype(np.float32)), "damaged"),
        (lambda columns: columns.update(limits=columns["limits"].astype(float)), "is damaged"),
        (lambda columns: columns.update(texts=columns["texts"].view(np.int8)), "is damaged"),
        (lambda columns: columns.update(vectors=np.zeros((5, 0), np.int8)), "is damaged"),
        (lambda columns: columns.update(zero_point=np.array([128], np.int32)), "is damaged"),
        (lambda columns: columns.update(zero_point=np.zeros(1, np.float32)), "is damaged"),
    ],
)
def test_a_damaged_index_is_one_sentence(index, tmp_path, change, message):
    path = tmp_path / "texts.safetensors"
    index.save(path)
    columns = load_file(path)
    change(columns)
    save_file(columns, path, {"tfsqueeze_search_index_1_of": "digest"})
    with pytest.raises(UserError, match=message):
        SearchIndex.open(path, encode, "digest")


def test_an_index_of_other_channels_is_one_sentence(index, tmp_path):
    path = tmp_path / "texts.safetensors"
    index.save(path)
    columns = load_file(path)
    columns["vectors"] = columns["vectors"][:, 1:].copy()
    save_file(columns, path, {"tfsqueeze_search_index_1_of": "digest"})
    damaged = SearchIndex.open(path, encode, "digest")
    with pytest.raises(UserError, match="of 23 channels, and the model gives 24; make the index"):
        damaged.search(["one"])


def test_another_file_is_no_index(tmp_path):
    path = tmp_path / "model.safetensors"
    save_file({"a": np.zeros(2, np.float32)}, path)
    with pytest.raises(UserError, match="is no search index of this version"):
        SearchIndex.open(path, encode, "digest")
    path.write_bytes(b"\0" * 20)
    with pytest.raises(UserError, match="is not a safetensors file"):
        SearchIndex.open(path, encode, "digest")


@given(st.integers(0, 1000))
def test_int8_vectors_keep_the_cosines(seed):
    vectors = vectors_of(20, seed)
    queries = vectors_of(3, seed + 1)
    index = SearchIndex.of([str(row) for row in range(20)], vectors, None, lambda _: queries)
    for matches, row in zip(index.search(["a"] * 3, top_k=20), queries @ vectors.T, strict=True):
        assert max(abs(match.score - row[match.index]) for match in matches) < 0.01


@given(st.integers(0, 1000), st.integers(-128, 127))
def test_vectors_of_int8_stay_as_they_are(seed, zero_point):
    random = np.random.default_rng(seed)
    stored = random.integers(-128, 128, (9, 24), np.int8)
    steps = stored.astype(np.float32) - np.float32(zero_point)
    vectors = np.float32(0.013) * steps
    queries = vectors_of(2, seed)
    index = SearchIndex.of(list("abcdefghi"), vectors, (0.013, zero_point), lambda _: queries)
    cosines = queries @ (steps / np.linalg.norm(steps, axis=1, keepdims=True)).T
    for matches, row in zip(index.search(["a", "b"], top_k=9), cosines, strict=True):
        assert [match.score for match in matches] == pytest.approx(np.sort(row)[::-1], abs=1e-6)

"""From logits to valid tags in C, and from vectors to the nearest texts."""

from __future__ import annotations

import numpy as np
import pytest

from tests.converters.targets.micro.conftest import SANITIZERS
from tfsqueeze.decoding.tag_sequences import viterbi_decode
from tfsqueeze.tasks import SENTENCE_EMBEDDINGS, TOKEN_CLASSIFICATION
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

TOKENIZER = WordPieceTokenizer([*SPECIAL_TOKENS, "a"], max_length=10)
WORDS = 8
TAGS = ["B-city", "B-name", "I-city", "I-kind", "I-name", "O"]
SCALE, ZERO_POINT = np.float32(0.0731), -17


EACH_SET_OF_TAGS = pytest.mark.parametrize(
    "names", [TAGS, TAGS[::-1], ["O"], ["I-a", "O"]], ids=str
)


@pytest.fixture
def folder(names, write_sources):
    return write_sources(TOKENIZER, names, float(SCALE), ZERO_POINT, TOKEN_CLASSIFICATION)


def check(program, names):
    draw = np.random.default_rng(0)
    logits = np.concatenate(
        [
            draw.integers(low, high, (400, WORDS, len(names)))
            for low, high in ((-128, 128), (-3, 4), (5, 7))
        ]
    )
    values = SCALE * (logits.astype(np.float32) - np.float32(ZERO_POINT))
    expected = viterbi_decode(values, np.ones((len(logits), WORDS), bool), names)
    found = program.decode(logits.reshape(len(logits), -1), [("tags", "<i4", WORDS)])["tags"]
    np.testing.assert_array_equal(found, expected)


@EACH_SET_OF_TAGS
def test_tags_are_those_of_python(names, folder, host_program):
    """Also where sums are equal, which int8 logits often have."""
    check(host_program(folder, 10, SANITIZERS, TOKEN_CLASSIFICATION.name), names)


@pytest.mark.micro
@EACH_SET_OF_TAGS
def test_tags_on_a_cortex_m_are_those_of_python(names, folder, cortex_m_program):
    check(cortex_m_program(folder, 10, TOKEN_CLASSIFICATION.name), names)


@pytest.mark.micro
@EACH_SET_OF_TAGS
def test_tags_survive_fuzzing(names, folder, fuzz):
    fuzz(folder, "fuzz_tagger.c")


def test_small_and_large_scales_compile(write_sources, host_program):
    """What is too small for a float32 is 0."""
    for scale in (1e-4, 0.5, 3.0):
        folder = write_sources(TOKENIZER, TAGS, scale, 0, TOKEN_CLASSIFICATION)
        host_program(folder, 10, SANITIZERS, TOKEN_CLASSIFICATION.name)


@pytest.fixture(scope="module")
def vectors():
    return np.random.default_rng(0).integers(-128, 128, (50, 24)).astype(np.int8)


@pytest.fixture(scope="module")
def embedder(vectors, write_sources):
    return write_sources(
        TOKENIZER,
        ["channel"] * 24,
        float(SCALE),
        ZERO_POINT,
        SENTENCE_EMBEDDINGS,
        search_texts=[f"text {index}" for index in range(50)],
        search_vectors=vectors,
    )


def check_search(program, vectors):
    draw = np.random.default_rng(1)
    queries = np.concatenate(
        [vectors[:5], draw.integers(-128, 128, (200, 24)), -17 * np.ones((1, 24))]
    )
    queries = queries.astype(np.int8)
    rows = program.decode(queries, [("texts", "<i4", 3), ("cosines", "<f4", 3)])

    def unit(x):
        centred = x.astype(float) - ZERO_POINT
        return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)

    cosines = unit(queries) @ unit(vectors).T
    expected = np.argsort(-cosines, axis=1, kind="stable")[:, :3]
    np.testing.assert_array_equal(rows["texts"], expected)
    wanted = np.take_along_axis(cosines, expected, axis=1)
    np.testing.assert_allclose(rows["cosines"], wanted, atol=2e-6)


def test_the_nearest_vectors_are_found(embedder, vectors, host_program):
    check_search(host_program(embedder, 10, SANITIZERS, SENTENCE_EMBEDDINGS.name), vectors)


@pytest.mark.micro
def test_the_nearest_vectors_are_found_on_a_cortex_m(embedder, vectors, cortex_m_program):
    check_search(cortex_m_program(embedder, 10, SENTENCE_EMBEDDINGS.name), vectors)


@pytest.mark.micro
def test_search_survives_fuzzing(embedder, fuzz):
    fuzz(embedder, "fuzz_embedder.c")

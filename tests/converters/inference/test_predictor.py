"""Predictions from one file."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.inference.text_classification_predictor import TextClassificationPredictor
from converters.runtime.interpreters import available_runtimes
from converters.tflite.metadata import pack_metadata
from tfsqueeze.utils.errors import UserError


@pytest.fixture(scope="module")
def classifier(packed_model) -> TextClassificationPredictor:
    return TextClassificationPredictor.open(packed_model)


@pytest.mark.parametrize("runtime", [None, *available_runtimes()])
def test_the_file_alone_suffices(runtime, packed_model, tmp_path):
    path = tmp_path / "sentiment.tflite"
    path.write_bytes(packed_model)
    options = {} if runtime is None else {"runtime": runtime}
    classifier = TextClassificationPredictor.open(path, **options)
    texts = ["The film was GOOD!", "bad, bad films", "the film"]
    predictions = classifier.predict(texts)
    assert [prediction.text for prediction in predictions] == texts
    assert [prediction.label for prediction in predictions] == ["positive", "negative", "neutral"]
    for prediction in predictions:
        assert list(prediction.probabilities) == ["negative", "neutral", "positive"]
        assert sum(prediction.probabilities.values()) == pytest.approx(1)
        assert prediction.probability == max(prediction.probabilities.values())
        assert prediction.probability == prediction.probabilities[prediction.label]


def test_more_words_make_it_surer(classifier):
    once, twice = classifier.predict(["good", "good good"])
    assert twice.probability > once.probability


def test_several_inputs_are_filled_from_the_tokenizer(masked_model, metadata):
    classifier = TextClassificationPredictor.open(pack_metadata(masked_model, **metadata))
    (short, padded) = classifier.predict(["good", "good       "])
    assert short.probabilities == padded.probabilities


def test_one_text_needs_no_list(classifier):
    assert [classifier("the cat")] == classifier.predict(["the cat"])


def test_any_number_of_texts_in_order(classifier):
    texts = ["good", "bad"] * 150
    predictions = classifier.predict(iter(texts))
    assert [prediction.label for prediction in predictions] == ["positive", "negative"] * 150
    assert classifier.predict([]) == []


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(), max_size=8))
def test_any_unicode_is_answered(classifier, texts):
    predictions = classifier.predict(texts)
    assert [prediction.text for prediction in predictions] == texts
    assert all(prediction.label in classifier.metadata.labels for prediction in predictions)


def test_empty_and_huge_texts_are_answered(classifier):
    empty, huge = classifier.predict(["", "good " * 200_000])
    assert empty.label == "neutral"
    assert huge.label == "positive"


@pytest.mark.parametrize(
    ("texts", "message"),
    [("good", "a list of texts"), (["good", 3], "text 1 is 3, not a string")],
)
def test_what_is_no_list_of_texts_is_refused(texts, message, classifier):
    with pytest.raises(UserError, match=message):
        classifier.predict(texts)


def test_a_bare_model_is_refused(int8_model):
    with pytest.raises(UserError, match="carries no labels"):
        TextClassificationPredictor.open(int8_model)


def test_an_unknown_runtime_is_refused(packed_model):
    with pytest.raises(UserError, match="'nonesuch' is not available"):
        TextClassificationPredictor.open(packed_model, runtime="nonesuch")


def test_a_vocabulary_larger_than_the_embeddings_is_one_sentence(int8_model, metadata):
    larger = {**metadata, "vocabulary": [*metadata["vocabulary"], "new"]}
    with pytest.raises(UserError, match="has 12 tokens, and its network embeddings for 11"):
        TextClassificationPredictor.open(pack_metadata(int8_model, **larger))

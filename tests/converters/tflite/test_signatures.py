"""One file for several lengths: the numbers, the weights, and which length a text gets."""

from __future__ import annotations

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from converters.conversion.keras_to_tflite import convert_int8
from converters.conversion.runs import convert_run, pack
from converters.inference.text_classification_predictor import TextClassificationPredictor
from converters.runtime.interpreters import available_runtimes, open_model
from converters.tflite.flatbuffer import serialize_model
from converters.tflite.inspection import list_operators, require_int8
from converters.tflite.metadata import read_metadata
from converters.tflite.signature_names import signature_key, signature_length
from converters.tflite.signatures import merge_lengths
from converters.tflite.tflite_file import unpack_model

LENGTHS = (4, 8, 16)


@pytest.fixture(scope="module")
def separate(trained_run) -> dict[int, bytes]:
    return {length: convert_int8(trained_run.qat_model, length) for length in LENGTHS}


@pytest.fixture(scope="module")
def merged(separate) -> bytes:
    return serialize_model(merge_lengths(separate))


def test_keys_tell_their_length():
    assert [signature_length(signature_key(length)) for length in LENGTHS] == list(LENGTHS)
    assert signature_length("serving_default") is None


@pytest.mark.parametrize("runtime", available_runtimes())
def test_each_length_computes_what_its_own_file_does(separate, merged, trained_run, runtime):
    model = open_model(merged, runtime)
    assert set(model.by_length) == set(LENGTHS)
    assert model.input_details[0].shape == (1, max(LENGTHS))
    draw = np.random.default_rng(0)
    for length, content in separate.items():
        ids = draw.integers(1, trained_run.config.vocab_size, (6, length)).astype(np.int32)
        part, alone = model.by_length[length], open_model(content, runtime)
        assert part.input_details == alone.input_details
        assert [d.scale for d in part.output_details] == [d.scale for d in alone.output_details]
        expected = alone.predict_logits(ids)
        np.testing.assert_array_equal(part.predict_logits(ids), expected)
        assert np.ptp(expected) > 0
    # In turns, since the parts share an interpreter.
    ids = np.ones((1, 16), np.int32)
    before = model.predict_logits(ids)
    model.by_length[4].predict_logits(ids[:, :4])
    np.testing.assert_array_equal(model.predict_logits(ids), before)


def test_weights_are_there_once(separate, merged):
    model = schema.ModelT.InitFromPackedBuf(merged)
    largest = max((buffer.data for buffer in model.buffers if buffer.data is not None), key=len)
    for content in (*separate.values(), merged):
        assert content.count(largest.tobytes()) == 1
    assert len(merged) < 0.7 * sum(map(len, separate.values()))
    graphs = {operator.subgraph for operator in require_int8(merged)}
    assert graphs == {0, 1, 2}
    assert len(list_operators(merged)) == sum(map(len, map(list_operators, separate.values())))


def test_the_order_of_the_lengths_does_not_matter(separate, merged):
    reordered = {length: separate[length] for length in (8, 16, 4)}
    assert serialize_model(merge_lengths(reordered)) == merged


def test_unpacked_models_are_merged_like_files(separate, merged):
    unpacked = {length: unpack_model(content) for length, content in separate.items()}
    assert serialize_model(merge_lengths(unpacked)) == merged


@pytest.fixture(scope="module")
def packed(trained_run) -> bytes:
    return convert_run(trained_run, LENGTHS)


def test_a_run_is_packed_once_into_what_packing_step_by_step_gives(trained_run, packed, merged):
    assert packed == pack(trained_run, merged, max(LENGTHS))


def test_a_file_of_one_length_is_what_packing_step_by_step_gives(trained_run, separate):
    for length in LENGTHS[:1]:
        assert convert_run(trained_run, [length]) == pack(trained_run, separate[length], length)


def test_the_settings_of_the_tokenizer_have_the_length_of_the_file(trained_run, separate, packed):
    for content, length in ((packed, max(LENGTHS)), (pack(trained_run, separate[4], 4), 4)):
        settings = {**trained_run.tokenizer.settings(), "model_max_length": length}
        assert read_metadata(content).tokenizer == settings


@pytest.mark.parametrize("runtime", available_runtimes())
def test_texts_run_at_the_shortest_length_that_holds_them(
    trained_run, separate, packed, runtime, monkeypatch
):
    assert read_metadata(packed).labels == trained_run.label_names
    classifier = TextClassificationPredictor.open(packed, runtime)
    assert classifier.max_length == 16
    ran = []
    for length, model in classifier._by_length.items():
        monkeypatch.setattr(
            model,
            "predict",
            lambda inputs, model=model, length=length: (
                ran.append((length, len(inputs["input_ids"]))),
                type(model).predict(model, inputs),
            )[1],
        )
    # 2 special tokens and a token a word.
    texts = ["the cat", "the rain and the snow and the wind " * 9, "", "the cat dog cow fox horse"]
    tokens = trained_run.tokenizer(texts, max_length=16)["attention_mask"].numpy().sum(axis=1)
    assert tokens.tolist() == [4, 16, 2, 8]
    predictions = classifier.predict(texts)
    assert ran == [(4, 2), (8, 1), (16, 1)]
    assert [prediction.text for prediction in predictions] == texts
    for length, index in ((4, 0), (16, 1), (8, 3)):
        alone = TextClassificationPredictor.open(
            pack(trained_run, separate[length], length), runtime
        )
        assert alone.predict([texts[index]])[0] == predictions[index]

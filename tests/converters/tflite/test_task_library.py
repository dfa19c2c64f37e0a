"""Files for the Task Library and MediaPipe: what their readers look for, and the same answers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from converters.inference.predictor import Predictor
from converters.runtime.interpreters import available_runtimes, open_model
from converters.tflite import metadata_schema_generated as metadata_schema
from converters.tflite.metadata import pack_metadata
from converters.tflite.task_library import (
    ANSWERER_LENGTH,
    require_task_library,
    sign_for_task_library,
)
from converters.tflite.tflite_file import TFLiteFile
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.tasks import find_task
from tfsqueeze.utils.errors import UserError

TEXTS = ["good good film", "the bad film", "", "good bad"]


@pytest.fixture(scope="module")
def signed(packed_model) -> bytes:
    return sign_for_task_library(packed_model)


@pytest.fixture(scope="module")
def multi_label_model(int8_model, metadata) -> bytes:
    about = {"task": "multi-label-classification", "decoding": {"thresholds": [0.6, 0.5, 0.4]}}
    return pack_metadata(int8_model, **{**metadata, **about})


def described(content):
    """The ModelMetadata of a file, read with the classes of its schema alone."""
    model = schema.Model.GetRootAs(content)
    (entry,) = (
        entry
        for entry in map(model.Metadata, range(model.MetadataLength()))
        if entry.Name() == b"TFLITE_METADATA"
    )
    buffer = model.Buffers(entry.Buffer()).DataAsNumpy().tobytes()
    return metadata_schema.ModelMetadata.GetRootAs(buffer).SubgraphMetadata(0)


def test_inputs_and_outputs_are_those_that_the_readers_find(signed):
    model = schema.ModelT.InitFromPackedBuf(signed)
    (graph,) = model.subgraphs
    about = described(signed)
    # BertNLClassifier and BertPreprocessorCalculator find the inputs by these names.
    names = [about.InputTensorMetadata(i).Name() for i in range(about.InputTensorMetadataLength())]
    assert names == [b"ids", b"mask", b"segment_ids"]
    for index in graph.inputs:
        assert graph.tensors[index].type == schema.TensorType.INT32
        assert graph.tensors[index].shape.tolist() == [1, 8]
    # BertNLClassifier takes one output, of this name; MediaPipe float32 or uint8.
    assert about.OutputTensorMetadataLength() == len(graph.outputs) == 1
    output = about.OutputTensorMetadata(0)
    assert output.Name() == b"probability"
    assert graph.tensors[graph.outputs[0]].type == schema.TensorType.FLOAT32
    assert output.AssociatedFilesLength() == 1
    file = output.AssociatedFiles(0)
    assert file.Name() == b"labels.txt"
    assert file.Type() == metadata_schema.AssociatedFileType.TENSOR_AXIS_LABELS
    # Both make their tokenizer of the first process unit of the subgraph.
    assert about.InputProcessUnitsLength() == 1
    unit = about.InputProcessUnits(0)
    assert unit.OptionsType() == metadata_schema.ProcessUnitOptions.BertTokenizerOptions
    options = metadata_schema.BertTokenizerOptions()
    options.Init(unit.Options().Bytes, unit.Options().Pos)
    assert options.VocabFile(0).Name() == b"vocab.txt"


@pytest.mark.parametrize("runtime", available_runtimes())
@pytest.mark.parametrize("output_dtype", ["int8", "float32"])
def test_the_probabilities_are_those_of_the_logits(
    runtime, output_dtype, int8_model, float_output_model, metadata
):
    content = {"int8": int8_model, "float32": float_output_model}[output_dtype]
    plain = pack_metadata(content, **metadata)
    inputs = Predictor.open(plain)._tokenizer(TEXTS)
    logits = open_model(plain, runtime).predict_logits(inputs["input_ids"])
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = open_model(sign_for_task_library(plain), runtime).predict(inputs)
    assert list(found) == ["probability"]
    np.testing.assert_allclose(found["probability"], expected, atol=1e-6)
    assert np.ptp(expected) > 0.1


def test_added_inputs_change_nothing(signed):
    model = open_model(signed)
    inputs = Predictor.open(signed)._tokenizer(TEXTS)
    expected = model.predict(inputs)["probability"]
    others = {**inputs, "attention_mask": 1 - inputs["attention_mask"]}
    others["token_type_ids"] = inputs["token_type_ids"] + 1
    np.testing.assert_array_equal(model.predict(others)["probability"], expected)


def test_the_signature_of_the_file_names_them(signed):
    (graph,) = TFLiteFile.open(signed).graphs
    assert set(graph.signature.inputs) == {"input_ids", "attention_mask", "token_type_ids"}
    assert graph.signature.outputs == {"probability": graph.outputs[0]}


def test_tfsqueeze_predicts_and_evaluates_alike(packed_model, signed):
    plain, ours = Predictor.open(packed_model), Predictor.open(signed)
    for expected, found in zip(plain.predict(TEXTS), ours.predict(TEXTS), strict=True):
        assert found.label == expected.label
        assert found.probabilities == pytest.approx(expected.probabilities, abs=1e-6)
    with pytest.raises(UserError, match="the model is for single texts"):
        ours.predict(["good"], ["bad"])
    data = TextDataset("films", TEXTS, ["positive", "negative", "neutral", "neutral"])
    expected, found = plain.evaluate(data), ours.evaluate(data)
    assert found.pop("expected_calibration_error") == pytest.approx(
        expected.pop("expected_calibration_error"), abs=1e-5
    )
    assert found == expected
    with pytest.raises(UserError, match="the energy of a text is of logits"):
        ours.evaluate(data, out_of_scope=TextDataset("others", ["was"]))


def test_several_labels_have_probabilities_each(multi_label_model):
    plain = Predictor.open(multi_label_model)
    ours = Predictor.open(sign_for_task_library(multi_label_model))
    for expected, found in zip(plain.predict(TEXTS), ours.predict(TEXTS), strict=True):
        assert found.labels == expected.labels
        assert found.probabilities == pytest.approx(expected.probabilities, abs=1e-6)


def test_probabilities_of_0_and_1_are_finite_logits():
    for task in ("text-classification", "multi-label-classification"):
        output = find_task(task).outputs["logits"]
        logits = output.to_logits(np.array([[0.0, 1.0]], np.float32))
        assert np.isfinite(logits).all() and logits[0, 0] < -80 and logits[0, 1] > -1e-6


def test_equal_files_give_equal_bytes(packed_model, signed):
    assert sign_for_task_library(packed_model) == signed


@pytest.mark.parametrize(
    ("changes", "lengths", "message"),
    [
        ({"task": "token-classification"}, [8], "take models for .*, not for token-classification"),
        ({"task": "regression"}, [8], "not for regression; leave --signature out"),
        ({"pairs": True}, [8], "give a model single texts, and this one is for pairs"),
        ({"tokenizer": {"do_lower_case": False}}, [8], "lower-case every text, and the model know"),
        ({"vocabulary": ["[UNK]", "[PAD]"]}, [8], r"pad with id 0, which is '\[UNK\]'"),
        ({}, [8, 16], "take files of one length, not of 2; give one --max-length"),
        ({"task": "question-answering", "pairs": True}, [192], "384 tokens, not 192; give --max-l"),
    ],
)
def test_what_the_readers_cannot_use_is_one_sentence(packed_model, changes, lengths, message):
    about = dataclasses.replace(TFLiteFile.open(packed_model).metadata, **changes)
    with pytest.raises(UserError, match=f"the readers of the signature task-library .*{message}"):
        require_task_library(about, lengths)


def test_a_finder_of_answers_of_384_tokens_is_taken(packed_model):
    about = dataclasses.replace(
        TFLiteFile.open(packed_model).metadata, task="question-answering", pairs=True
    )
    require_task_library(about, [ANSWERER_LENGTH])

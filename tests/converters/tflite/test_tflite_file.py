"""A file that is opened and checked once, whatever is asked of it."""

from __future__ import annotations

import ai_edge_litert.interpreter
import pytest

from converters.inference.predictor import Predictor
from converters.runtime.interpreters import open_model
from converters.runtime.latency import measure_latency
from converters.tflite.flatbuffer import serialize_model
from converters.tflite.inspection import list_operators, require_int8
from converters.tflite.metadata import pack_metadata, read_metadata
from converters.tflite.packed_table import PackedTable
from converters.tflite.tflite_file import TFLiteFile, unpack_model
from tfsqueeze.utils.errors import UserError


@pytest.fixture
def checks(monkeypatch) -> list[int]:
    """The sizes of the files that were checked, in order."""
    sizes = []
    check = TFLiteFile.__init__

    def counted(self, content, *name):
        sizes.append(len(content))
        check(self, content, *name)

    monkeypatch.setattr(TFLiteFile, "__init__", counted)
    return sizes


def test_bytes_and_a_path_give_the_same_file(packed_model, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(packed_model)
    by_path, by_bytes = TFLiteFile.open(path), TFLiteFile.open(packed_model)
    assert by_path.content == by_bytes.content == packed_model
    assert (by_path.name, by_bytes.name) == (str(path), "the model")
    assert by_path.operators == by_bytes.operators and by_path.metadata == by_bytes.metadata


def test_an_open_file_is_returned_as_is(packed_model):
    file = TFLiteFile.open(packed_model)
    assert TFLiteFile.open(file) is file


def test_what_is_read_is_kept(packed_model):
    file = TFLiteFile.open(packed_model)
    assert file.operators is file.operators and file.metadata is file.metadata


def test_everything_takes_an_open_file_and_checks_no_more(packed_model, metadata, checks):
    file = TFLiteFile.open(packed_model)
    assert list_operators(file) == require_int8(file) == list(file.operators)
    assert vars(read_metadata(file)) == metadata
    assert pack_metadata(file, **metadata) == packed_model
    open_model(file)
    report = measure_latency({"model": file}, rounds=1, warmup=0)
    assert report.models[0].size_bytes == len(packed_model)
    Predictor.open(file)
    assert checks == [len(packed_model)]


def test_a_predictor_checks_its_file_once(packed_model, checks):
    Predictor.open(packed_model)
    assert checks == [len(packed_model)]


def test_checking_makes_one_interpreter(packed_model, monkeypatch):
    made = []
    interpreter = ai_edge_litert.interpreter.Interpreter
    monkeypatch.setattr(
        ai_edge_litert.interpreter,
        "Interpreter",
        lambda **options: made.append(options) or interpreter(**options),
    )
    file = TFLiteFile.open(packed_model)
    assert file.operators and file.metadata
    assert len(made) == 1


def test_an_unpacked_model_may_be_changed_and_packed(packed_model):
    file = TFLiteFile.open(packed_model)
    before = serialize_model(unpack_model(packed_model))
    model = unpack_model(file)
    model.subgraphs[0].tensors[0].name = b"another name"
    assert serialize_model(model) != before
    assert serialize_model(unpack_model(file)) == before
    assert unpack_model(model) is model


def test_an_offset_that_leads_out_of_the_file_is_one_sentence(packed_model, monkeypatch):
    # As in a field that LiteRT's check of offsets does not know yet.
    monkeypatch.setattr(PackedTable, "root", lambda content: PackedTable(content, len(content)))
    with pytest.raises(UserError, match="the model is damaged: an offset leads out of it; copy"):
        TFLiteFile(packed_model)


def test_the_error_names_the_path(tmp_path):
    path = tmp_path / "model.tflite"
    with pytest.raises(UserError, match=r"model\.tflite cannot be read: No such file"):
        TFLiteFile.open(path)
    path.write_bytes(b"text")
    with pytest.raises(UserError, match=r"model\.tflite is not a \.tflite file \(4 bytes"):
        TFLiteFile.open(path)

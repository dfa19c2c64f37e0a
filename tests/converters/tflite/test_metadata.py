"""Metadata inside .tflite files."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from flatbuffers.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.runtime.interpreters import available_runtimes, open_model
from converters.tflite.flatbuffer import serialize_model
from converters.tflite.inspection import list_operators
from converters.tflite.metadata import pack_metadata, read_metadata
from converters.tflite.tflite_file import unpack_model
from tfsqueeze.utils.errors import UserError

LINE = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\n"), min_size=1, max_size=8
)


def metadata_buffer(content: bytes) -> bytes:
    """The bytes of the buffer TFLITE_METADATA."""
    graph = schema.Model.GetRootAs(content, 0)
    (entry,) = [
        graph.Metadata(index)
        for index in range(graph.MetadataLength())
        if graph.Metadata(index).Name() == b"TFLITE_METADATA"
    ]
    return graph.Buffers(entry.Buffer()).DataAsNumpy().tobytes()


class Reader:
    """A table of any flatbuffer, read by slot numbers of the schema."""

    def __init__(self, buffer: bytes, position: int) -> None:
        self._table = Table(buffer, position)

    @classmethod
    def root(cls, buffer: bytes) -> Reader:
        return cls(buffer, struct.unpack_from("<I", buffer)[0])

    def text(self, slot: int) -> str:
        return self._table.String(self._table.Pos + self._table.Offset(4 + 2 * slot)).decode()

    def byte(self, slot: int) -> int:
        return self._table.Bytes[self._table.Pos + self._table.Offset(4 + 2 * slot)]

    def table(self, slot: int) -> Reader:
        position = self._table.Indirect(self._table.Pos + self._table.Offset(4 + 2 * slot))
        return Reader(self._table.Bytes, position)

    def tables(self, slot: int) -> list[Reader]:
        offset = self._table.Offset(4 + 2 * slot)
        start = self._table.Vector(offset)
        return [
            Reader(self._table.Bytes, self._table.Indirect(start + 4 * index))
            for index in range(self._table.VectorLen(offset))
        ]


def test_everything_comes_back(packed_model, metadata, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(packed_model)
    found = read_metadata(path)
    assert vars(found) == metadata == vars(read_metadata(packed_model))


@settings(max_examples=25, deadline=None)
@given(
    labels=st.lists(LINE, min_size=3, max_size=3),
    # One for each row of the embeddings.
    vocabulary=st.lists(LINE, min_size=11, max_size=11),
    extra=st.dictionaries(st.text(st.characters(blacklist_categories=["Cs"])), st.integers()),
)
def test_any_text_survives(int8_model, labels, vocabulary, extra):
    packed = pack_metadata(
        int8_model, name="n", description="", labels=labels, vocabulary=vocabulary,
        tokenizer={}, extra=extra,
        task="text-classification",
    )  # fmt: skip
    found = read_metadata(packed)
    assert (found.labels, found.vocabulary, found.extra) == (labels, vocabulary, extra)


@pytest.mark.parametrize("runtime", available_runtimes())
def test_the_network_is_unchanged(runtime, int8_model, packed_model):
    ids = np.random.default_rng(0).integers(0, 11, [10, 8], np.int32)
    np.testing.assert_array_equal(
        open_model(packed_model, runtime).predict_logits(ids),
        open_model(int8_model, runtime).predict_logits(ids),
    )
    assert list_operators(packed_model) == list_operators(int8_model)


def test_packing_is_reproducible_and_replaces(int8_model, packed_model, metadata):
    assert pack_metadata(int8_model, **metadata) == packed_model
    assert pack_metadata(packed_model, **metadata) == packed_model
    renamed = pack_metadata(packed_model, **{**metadata, "labels": ["a", "b", "c"]})
    assert read_metadata(renamed).labels == ["a", "b", "c"]


def test_any_unzip_opens_the_files(packed_model, metadata):
    with zipfile.ZipFile(io.BytesIO(packed_model)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["labels.txt", "vocab.txt", "tokenizer.json", "tfsqueeze.json"]
        # Android's reader maps the files and so takes uncompressed ones only.
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        assert archive.read("vocab.txt").decode().splitlines() == metadata["vocabulary"]


def test_the_metadata_buffer_follows_the_published_schema(packed_model):
    buffer = metadata_buffer(packed_model)
    assert buffer[4:8] == b"M001"
    root = Reader.root(buffer)
    assert root.text(0) == "sentiment" and root.text(7) == "1.1.0"
    assert [file.text(0) for file in root.tables(6)] == ["tokenizer.json", "tfsqueeze.json"]
    (subgraph,) = root.tables(3)
    (ids,), (logits,) = subgraph.tables(2), subgraph.tables(3)
    assert (ids.text(0), logits.text(0)) == ("ids", "logits")
    (labels,) = logits.tables(6)
    assert (labels.text(0), labels.byte(2)) == ("labels.txt", 2)  # TENSOR_AXIS_LABELS
    for unit in (*ids.tables(4), *subgraph.tables(5)):
        assert unit.byte(0) == 4  # BertTokenizerOptions
        (vocabulary,) = unit.table(1).tables(0)
        assert (vocabulary.text(0), vocabulary.byte(2)) == ("vocab.txt", 5)  # VOCABULARY
    assert len(ids.tables(4)) == len(subgraph.tables(5)) == 1


def test_each_input_has_metadata_in_the_order_of_the_graph(masked_model, metadata):
    packed = pack_metadata(masked_model, **metadata)
    (subgraph,) = Reader.root(metadata_buffer(packed)).tables(3)
    names = {"input_ids": "ids", "attention_mask": "mask"}
    expected = [names[detail.name] for detail in open_model(masked_model).input_details]
    assert [tensor.text(0) for tensor in subgraph.tables(2)] == expected


def test_buffers_are_aligned_as_the_schema_asks(packed_model):
    graph = schema.Model.GetRootAs(packed_model, 0)
    for index in range(graph.BuffersLength()):
        table = graph.Buffers(index)._tab
        if offset := table.Offset(4):
            assert table.Vector(offset) % 16 == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": ["a", "b"]}, r"there are 2 labels, but .* shapes \[\[1, 3\]\]"),
        ({"labels": ["a", "b\nc", "d"]}, r"label 1 is 'b\\nc'; it must have text"),
        ({"labels": ["a", "", "d"]}, "label 1 is ''"),
        ({"labels": [0, 1, 2]}, "label 0 is 0"),
        ({"vocabulary": []}, "there is no vocabulary token"),
        ({"tokenizer": {"a": object()}}, "tokenizer cannot be written as JSON"),
        ({"extra": {"accuracy": float("nan")}}, "extra cannot be written as JSON"),
    ],
)
def test_bad_metadata_is_one_sentence(change, message, int8_model, metadata):
    with pytest.raises(UserError, match=message):
        pack_metadata(int8_model, **{**metadata, **change})


def test_a_bare_model_has_none(int8_model):
    with pytest.raises(UserError, match="carries no labels and no vocabulary; convert"):
        read_metadata(int8_model)


def test_every_damaged_byte_is_noticed(packed_model, metadata):
    """Of the network by its checksum, of the files by the zip's; only the zip's padding is free."""
    generator = np.random.default_rng(0)
    noticed = 0
    for position in generator.integers(0, len(packed_model), 150):
        damaged = bytearray(packed_model)
        damaged[position] ^= 0xFF
        try:
            assert vars(read_metadata(bytes(damaged))) == metadata
        except UserError:
            noticed += 1
    assert noticed > 130


def test_a_changed_weight_is_noticed_by_checksum(packed_model):
    (weights,) = [
        buffer
        for buffer in (schema.Model.GetRootAs(packed_model, 0).Buffers(i) for i in range(1, 8))
        if not buffer.DataIsNone() and buffer.DataLength() == 72
    ]
    position = weights._tab.Vector(weights._tab.Offset(4))
    damaged = bytearray(packed_model)
    damaged[position + 5] ^= 1
    assert open_model(bytes(damaged)).run(np.zeros([1, 8], np.int32)).shape == (1, 3)
    with pytest.raises(UserError, match="checksum is wrong"):
        read_metadata(bytes(damaged))


@pytest.mark.parametrize("lost", [1, 30, 400, 1500])
def test_truncated_files_are_refused(lost, packed_model):
    with pytest.raises(UserError, match="truncated or damaged"):
        read_metadata(packed_model[:-lost])


def with_details(packed: bytes, change) -> bytes:
    """The packed model with tfsqueeze.json as `change` leaves it."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
        network = packed[: archive.infolist()[0].header_offset]
    details = json.loads(files["tfsqueeze.json"])
    change(details)
    stream = io.BytesIO(network)
    with zipfile.ZipFile(stream, "a") as archive:
        for name, content in {**files, "tfsqueeze.json": json.dumps(details)}.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_files_have_a_format_version(packed_model, metadata):
    def check(details):
        assert details["format_version"] == 1

    assert vars(read_metadata(with_details(packed_model, check))) == metadata


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda details: details.pop("format_version"), "does not say its format_version; convert"),
        (lambda details: details.update(format_version=2), "has format_version 2, and this tfsqu"),
        (lambda details: details.update(pairs=1), "pairs is '1', and must be of type bool"),
        (lambda details: details.update(extra=[]), "extra is '\\[\\]', and must be of type dict"),
        (lambda details: details.update(decoding=3), "decoding is '3', and must be of type dict"),
        (lambda details: details.pop("task"), "metadata of another tool, without 'task'"),
        (lambda details: details.pop("pairs"), "metadata of another tool, without 'pairs'"),
    ],
)
def test_other_formats_are_refused(packed_model, change, message):
    with pytest.raises(UserError, match=f"^the model.*{message}"):
        read_metadata(with_details(packed_model, change))


def test_a_missing_file_of_labels_is_named(packed_model):
    with zipfile.ZipFile(io.BytesIO(packed_model)) as archive:
        files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
        stream = io.BytesIO(packed_model[: archive.infolist()[0].header_offset])
    del files["labels.txt"]
    with zipfile.ZipFile(stream, "a") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(UserError, match="metadata of another tool, without 'labels.txt'"):
        read_metadata(stream.getvalue())


def test_metadata_of_other_tools_is_told_apart(packed_model):
    with zipfile.ZipFile(io.BytesIO(packed_model)) as archive:
        network = packed_model[: archive.infolist()[0].header_offset]
    stream = io.BytesIO(network)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("labels.txt", "a\nb\nc\n")
    with pytest.raises(UserError, match="metadata of another tool, without 'tfsqueeze.json'"):
        read_metadata(stream.getvalue())


def rewritten(packed, change, compression=zipfile.ZIP_STORED):
    """Changes the list of files at the end of a packed model."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        files = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
        stream = io.BytesIO(packed[: archive.infolist()[0].header_offset])
        stream.seek(0, io.SEEK_END)
    with zipfile.ZipFile(stream, "a", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, content in change(files):
            archive.writestr(name, content)
    return stream.getvalue()


def test_compressed_files_are_refused_before_they_take_memory(packed_model):
    bomb = rewritten(
        packed_model, lambda files: [*files, ("labels.txt", b"x" * (64 << 20))], zipfile.ZIP_LZMA
    )
    assert len(bomb) < 1 << 20
    with pytest.raises(UserError, match="is there twice, or is not stored"):
        read_metadata(bomb)
    # Files of others are not even read.
    other = rewritten(packed_model, lambda files: [*files, ("other.txt", b"x" * 1000)])
    assert vars(read_metadata(other)) == vars(read_metadata(packed_model))


def test_a_file_that_is_there_twice_is_refused(packed_model):
    twice = rewritten(packed_model, lambda files: [*files, ("vocab.txt", b"a\n")])
    with pytest.raises(UserError, match="vocab.txt is there twice"):
        read_metadata(twice)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("tfsqueeze.json", b"[" * 100_000, "tfsqueeze.json is nested too deeply"),
        ("tfsqueeze.json", b"[]", "tfsqueeze.json must hold a JSON object, not list"),
        ("tokenizer.json", b"3", "tokenizer.json must hold a JSON object, not int"),
        ("tokenizer.json", b'{"a": ' * 50_000, "tokenizer.json is nested too deeply"),
        ("labels.txt", b"a\nb\n", "it has 2 labels for 3 logits"),
        ("labels.txt", b"a\nb\nc\nd\n", "it has 4 labels for 3 logits"),
        ("vocab.txt", b"a\nb\n", "its vocabulary has 2 tokens, and its network embeddings for 11"),
    ],
)
def test_hostile_files_are_one_sentence(file, content, message, packed_model):
    changed = rewritten(
        packed_model,
        lambda files: [(name, content if name == file else old) for name, old in files],
    )
    with pytest.raises(UserError, match=message):
        read_metadata(changed)


@pytest.mark.parametrize("scale", [float("nan"), float("inf"), 0.0, -0.5])
def test_a_scale_that_is_no_positive_number_is_refused(scale, int8_model):
    model = unpack_model(int8_model)
    tensor = model.subgraphs[0].tensors[model.subgraphs[0].outputs[0]]
    tensor.quantization.scale = np.array([scale], np.float32)
    with pytest.raises(UserError, match=r"tensor \d+ has a scale that is not a positive number"):
        read_metadata(serialize_model(model))

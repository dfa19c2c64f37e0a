"""Tables of a flatbuffer, read by the numbers of their fields."""

from __future__ import annotations

import struct

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from converters.tflite.packed_table import PackedTable


def packed(table) -> PackedTable:
    builder = flatbuffers.Builder()
    builder.Finish(table.Pack(builder))
    return PackedTable.root(bytes(builder.Output()))


def test_fields_are_those_that_were_packed():
    buffers = [schema.BufferT(), schema.BufferT()]
    buffers[1].data, buffers[1].offset = np.array([3, 1, 255], np.uint8), 2**40
    model = schema.ModelT()
    model.version, model.description, model.buffers = 3, b"text", buffers
    model.metadataBuffer = [5, -6]
    table = packed(model)
    assert table.number(0, "I") == 3
    assert table.text(3) == b"text" and table.length(3) == 4
    assert table.numbers(5, "i") == (5, -6)
    first, second = table.tables(4)
    assert second.bytes(0).tolist() == [3, 1, 255] and second.number(1, "Q") == 2**40
    assert np.shares_memory(second.bytes(0), np.frombuffer(table.content, np.uint8))
    assert first.bytes(0).tolist() == [] and first.number(1, "Q") == 0


def test_what_is_not_there_is_empty():
    table = packed(schema.ModelT())
    for field in (2, 99):
        assert table.number(field, "i") == table.length(field) == 0
        assert table.numbers(field, "f") == () and table.tables(field) == []
        assert table.text(field) == b"" and table.table(field) is None


def test_a_table_of_offsets_may_be_empty_or_cut_short():
    for size in (0, 2, 4):
        # Where the table begins, the size of the offsets, a pad, and the way back to the size.
        table = PackedTable.root(struct.pack("<IHHi", 8, size, 0, 4))
        assert table.number(0, "I") == 0 and table.tables(1) == []


def test_a_table_within_a_table():
    tensor = schema.TensorT()
    tensor.quantization = schema.QuantizationParametersT()
    tensor.quantization.scale, tensor.quantization.zeroPoint = [0.5], [-(2**40)]
    quantization = packed(tensor).table(4)
    assert quantization.numbers(2, "f") == (0.5,)
    assert quantization.numbers(3, "q") == (-(2**40),)

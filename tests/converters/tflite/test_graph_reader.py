"""Graphs whose numbers lead nowhere are refused before a runtime sees them."""

from __future__ import annotations

import struct

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from converters.tflite import graph_reader
from converters.tflite.flatbuffer import serialize_model
from converters.tflite.graph_reader import read_graphs, unknown_metadata
from converters.tflite.packed_table import PackedTable
from converters.tflite.signatures import merge_lengths
from converters.tflite.tflite_file import TFLiteFile, unpack_model
from converters.tflite.tflite_operators import DamagedGraphError
from tfsqueeze.utils.errors import UserError


def changed(content, change) -> bytes:
    model = unpack_model(content)
    change(model)
    return serialize_model(model)


def test_the_graph_is_that_of_the_unpacked_file(int8_model):
    (graph,) = read_graphs(int8_model)
    (unpacked,) = unpack_model(int8_model).subgraphs
    assert (graph.inputs, graph.outputs) == (tuple(unpacked.inputs), tuple(unpacked.outputs))
    assert [tensor.name.encode() for tensor in graph.tensors] == [x.name for x in unpacked.tensors]
    assert [tensor.shape for tensor in graph.tensors] == [tuple(x.shape) for x in unpacked.tensors]
    for operator, other in zip(graph.operators, unpacked.operators, strict=True):
        assert [tensor.index for tensor in operator.inputs] == list(other.inputs)
        assert (
            vars(operator.options or schema.AddOptionsT()).keys()
            == vars(other.builtinOptions or schema.AddOptionsT()).keys()
        )
    assert graph.signature.key == "serving_default"
    assert graph.signature.inputs == {"input_ids": graph.inputs[0]}
    assert not graph.called and unknown_metadata(int8_model) == ()


def _set(path, value):
    """Returns a change of one field of a model, such as `subgraphs.0.inputs`."""

    def change(model):
        *parents, last = path.split(".")
        for name in parents:
            model = model[int(name)] if name.isdigit() else getattr(model, name)
        setattr(model, last, value)

    return change


def _unsigned(path, value):
    """As `_set`, in a file without signatures."""

    def change(model):
        model.signatureDefs = []
        _set(path, value)(model)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("subgraphs.0.tensors.1.buffer", 99), "tensor 1 names a buffer that is not there"),
        (_set("subgraphs.0.tensors.1.type", 99), "tensor 1 has a type that is not there"),
        (_set("subgraphs.0.tensors.1.name", b"\xff"), "tensor 1 has a name that is not UTF-8"),
        (_unsigned("subgraphs.0.inputs", [99]), "graph 0 has an input or output that is not"),
        (_unsigned("subgraphs.0.outputs", [-1]), "graph 0 has an input or output that is not"),
        (_set("subgraphs.0.operators.1.inputs", [99]), "operator 1 names a tensor or kind"),
        (_set("subgraphs.0.operators.1.inputs", [-2]), "operator 1 names a tensor or kind"),
        (_set("subgraphs.0.operators.1.outputs", [-1]), "operator 1 names a tensor or kind"),
        (_set("subgraphs.0.operators.1.opcodeIndex", 99), "operator 1 names a tensor or kind"),
        (_set("subgraphs", []), "it has no graph"),
        (_set("operatorCodes.0.builtinCode", 9999), "there is no builtin operator 9999"),
        (_set("metadata.0.buffer", 99), "its metadata name a buffer that is not there"),
        (_set("signatureDefs.0.subgraphIndex", 9), "'serving_default' is there twice, or of no"),
        (_set("signatureDefs.0.signatureKey", b"\xff"), "a signature has a name that is not UTF-8"),
        (_set("signatureDefs.0.inputs.0.tensorIndex", 3), "has other inputs or outputs than its"),
        (_set("signatureDefs.0.outputs.0.tensorIndex", 99), "has other inputs or outputs than its"),
        (lambda model: model.signatureDefs[0].inputs.append(model.signatureDefs[0].inputs[0]),
         "a signature has two inputs or outputs 'input_ids'"),
        (lambda model: model.signatureDefs.append(model.signatureDefs[0]), "is there twice"),
        (_set("buffers.3.offset", 2**40), "a buffer lies behind the end of the file"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_named(int8_model, change, message):
    with pytest.raises(DamagedGraphError, match=message):
        read_graphs(changed(int8_model, change))


def _call(options, **fields):
    def change(model):
        operator = model.subgraphs[0].operators[0]
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
        operator.builtinOptions = getattr(schema, f"{options}T")()
        vars(operator.builtinOptions).update(fields)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_call("WhileOptions", bodySubgraphIndex=7), "an operator runs a graph that is not there"),
        (_call("IfOptions", thenSubgraphIndex=-1), "an operator runs a graph that is not there"),
        (_call("CallOnceOptions", initSubgraphIndex=0), "graph 0 runs itself"),
    ],
)
def test_graphs_that_run_each_other_end(int8_model, change, message):
    with pytest.raises(DamagedGraphError, match=message):
        read_graphs(changed(int8_model, change))


def test_options_of_an_unknown_kind_are_not_read(int8_model):
    """The runtimes' check of offsets sees to it that they are in the file, and no more."""
    content = bytearray(int8_model)
    subgraph = PackedTable.root(int8_model).tables(2)[0]
    operator = subgraph.tables(3)[0]
    kind, options = (operator._place(field) for field in (3, 4))
    target = next(
        place
        for place in range(options + 4, len(content) - 4, 4)
        if abs(int.from_bytes(content[place : place + 4], "little", signed=True)) > 2**28
    )
    content[options : options + 4] = (target - options).to_bytes(4, "little")
    with pytest.raises(struct.error):
        PackedTable(bytes(content), target)
    for number in (0, 255):
        content[kind] = number
        (graph,) = read_graphs(bytes(content))
        assert graph.operators[0].options is None
        with pytest.raises(UserError, match=r"operator 0 \(GATHER\) has no GatherOptions"):
            TFLiteFile(bytes(content))


def test_a_custom_operator_does_not_pass_for_a_builtin_one(int8_model):
    def name(model):
        for code in model.operatorCodes:
            code.customCode = b"ADD"
        model.operatorCodes[0].builtinCode = schema.BuiltinOperator.CUSTOM
        model.operatorCodes[0].deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM

    (graph,) = read_graphs(changed(int8_model, name))
    first, *others = graph.operators
    assert first.name == "ADD" and not first.is_plain
    assert [operator.name for operator in others] == ["RESHAPE", "FULLY_CONNECTED"]


def test_the_larger_of_two_codes_counts_as_in_the_runtimes(int8_model):
    def hide(model):
        model.operatorCodes[0].builtinCode = schema.BuiltinOperator.ADD
        model.operatorCodes[0].deprecatedBuiltinCode = schema.BuiltinOperator.GATHER

    assert read_graphs(changed(int8_model, hide))[0].operators[0].name == "GATHER"


def test_a_name_that_is_there_once_cannot_be_read_a_thousand_times(int8_model, monkeypatch):
    strings: dict = {}
    create = flatbuffers.Builder.CreateString

    def create_once(builder, text, *options):
        if text not in strings:
            strings[text] = create(builder, text, *options)
        return strings[text]

    def add(model):
        tensor = model.subgraphs[0].tensors[0]
        tensor.name = b"x" * 10_000
        model.subgraphs[0].tensors += [tensor] * 1000

    monkeypatch.setattr(flatbuffers.Builder, "CreateString", create_once)
    content = changed(int8_model, add)
    assert len(content) < 200_000
    with pytest.raises(UserError, match=r"1,0\d\d parts of 10,\d\d\d,\d\d\d numbers or letters"):
        TFLiteFile(content)


def test_a_file_of_too_many_parts_is_refused(int8_model, monkeypatch):
    monkeypatch.setattr(graph_reader, "_MAX_PARTS", 10)
    with pytest.raises(UserError, match=r"the model is damaged: [\d,]+ bytes stand for"):
        TFLiteFile(int8_model)


def test_metadata_that_steer_a_runtime_are_named(int8_model):
    def add(model):
        entry = schema.MetadataT()
        entry.name, entry.buffer = b"model_control_dependencies", 0
        model.metadata.append(entry)

    content = changed(int8_model, add)
    assert unknown_metadata(content) == ("model_control_dependencies",)
    assert TFLiteFile(content).unknown == ("model_control_dependencies",)


def test_each_length_has_its_signature(int8_model):
    merged = merge_lengths({16: int8_model, 8: int8_model})
    graphs = read_graphs(serialize_model(merged))
    assert [graph.signature.key for graph in graphs] == ["length_16", "length_8"]
    assert [[operator.subgraph for operator in graph.operators] for graph in graphs] == [
        [0, 0, 0],
        [1, 1, 1],
    ]


def test_constants_are_read_in_place(int8_model):
    (graph,) = read_graphs(int8_model)
    weights = graph.operators[2].weights
    assert weights.values.shape == (3, 24) and weights.values.dtype == np.int8
    assert np.shares_memory(weights.data, np.frombuffer(int8_model, np.uint8))

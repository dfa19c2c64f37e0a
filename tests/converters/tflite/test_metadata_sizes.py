"""Networks whose inputs, outputs and lengths are not those of their task."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest

from converters.tflite.flatbuffer import serialize_model
from converters.tflite.metadata import pack_metadata, read_metadata
from converters.tflite.metadata_sizes import check_sizes
from converters.tflite.signatures import merge_lengths
from converters.tflite.tflite_file import TFLiteFile, unpack_model
from tfsqueeze.utils.errors import UserError


@pytest.fixture(scope="module")
def network(packed_model):
    return TFLiteFile(packed_model)


def with_tensor(graph, index, **fields):
    tensors = list(graph.tensors)
    tensors[index] = dataclasses.replace(tensors[index], **fields)
    return dataclasses.replace(graph, tensors=tuple(tensors))


@pytest.mark.parametrize(
    ("where", "fields", "message"),
    [
        ("inputs", {"name": "ids"}, r"its inputs are ids \[1, 8\], and a text needs one input_ids"),
        ("inputs", {"shape": (8,)}, r"its inputs are input_ids \[8\]"),
        ("outputs", {"shape": (1, 2)}, "it has 3 labels for 2 logits"),
        ("outputs", {"shape": ()}, "it has 3 labels for 0 logits"),
        ("outputs", {"shape": (1, 8, 3)}, r"its logits have the shape \[1, 8, 3\], not \[1, 3\]"),
        ("outputs", {"shape": (2, 3)}, r"its logits have the shape \[2, 3\], not \[1, 3\]"),
    ],
)
def test_inputs_and_outputs_are_those_of_the_task(network, where, fields, message):
    (graph,) = network.graphs
    changed = with_tensor(graph, getattr(graph, where)[0], **fields)
    with pytest.raises(UserError, match=f"a.tflite is damaged: {message}"):
        check_sizes([changed], network.metadata, "a.tflite")


def test_a_single_output_may_have_any_name(network):
    (graph,) = network.graphs
    check_sizes([with_tensor(graph, graph.outputs[0], name="Identity")], network.metadata, "a")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"inputs": ()}, "its inputs are none"),
        ({"outputs": ()}, "its outputs are none, and those of a text-classification are logits"),
    ],
)
def test_nothing_is_missing(network, fields, message):
    graph = dataclasses.replace(network.graphs[0], **fields)
    with pytest.raises(UserError, match=message):
        check_sizes([graph], network.metadata, "a.tflite")


def test_an_input_or_output_is_there_once(network):
    (graph,) = network.graphs
    for name, message in (("inputs", "its inputs are"), ("outputs", "its outputs are logits")):
        twice = dataclasses.replace(graph, **{name: getattr(graph, name) * 2})
        if name == "outputs":
            twice = with_tensor(twice, graph.outputs[0], name="logits")
        with pytest.raises(UserError, match=message):
            check_sizes([twice], network.metadata, "a.tflite")


def test_two_outputs_need_their_names(network):
    (graph,) = network.graphs
    metadata = dataclasses.replace(network.metadata, task="intent-and-slots", slots=["a", "b", "c"])
    tensors = [
        dataclasses.replace(graph.tensors[graph.outputs[0]], index=index, name=name, shape=shape)
        for index, (name, shape) in enumerate(
            (("slot_logits", (1, 8, 3)), ("intent_logits", (1, 3))), len(graph.tensors)
        )
    ]
    outputs = tuple(tensor.index for tensor in tensors)
    both = dataclasses.replace(graph, tensors=(*graph.tensors, *tensors), outputs=outputs)
    check_sizes([both], metadata, "a.tflite")
    renamed = with_tensor(both, outputs[1], name="intents")
    with pytest.raises(UserError, match="its outputs are intents, slot_logits, and those of"):
        check_sizes([renamed], metadata, "a.tflite")
    with pytest.raises(UserError, match="its outputs are StatefulPartitionedCall, and those of"):
        check_sizes([graph], metadata, "a.tflite")


@pytest.fixture(scope="module")
def lengths(int8_model):
    """A model of 8 and of 4 tokens, whose weights only fit the first."""
    shorter = unpack_model(int8_model)
    graph = shorter.subgraphs[0]
    for tensor in graph.tensors:
        shape = [4 if size == 8 else 12 if size == 24 else size for size in tensor.shape]
        tensor.shape = np.array(shape, np.int32)
    for operator in graph.operators:
        for index in operator.inputs:
            buffer = shorter.buffers[graph.tensors[index].buffer]
            if buffer.data is not None and len(buffer.data) == 72:
                buffer.data = buffer.data[:36]
            if buffer.data is not None and bytes(buffer.data) == np.int32([-1, 24]).tobytes():
                buffer.data = np.frombuffer(np.int32([-1, 12]).tobytes(), np.uint8)
    return merge_lengths({8: int8_model, 4: serialize_model(shorter)})


def packed(lengths, metadata, change=lambda model: None) -> bytes:
    model = copy.deepcopy(lengths)
    change(model)
    return pack_metadata(model, **metadata)


def test_each_length_is_checked(lengths, metadata):
    assert vars(read_metadata(packed(lengths, metadata))) == metadata


def _swap(model):
    model.subgraphs.reverse()
    for signature in model.signatureDefs:
        signature.subgraphIndex = 1 - signature.subgraphIndex


def _rename(key):
    def change(model):
        model.signatureDefs[1].signatureKey = key

    return change


def _rename_input(model):
    model.signatureDefs[1].inputs[0].name = b"ids"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_rename(b"length_5"), "its signature 'length_5' is not that of its graph of 4 tokens"),
        (_rename(b"short"), "its graph of 4 tokens has no signature that says so"),
        (_rename(b"length_99999999999"), "its graph of 4 tokens has no signature"),
        (_rename_input, "its signature 'length_4' is not that of its graph of 4 tokens"),
        (_swap, "it has 8 tokens after 4, and the longest comes first"),
        (lambda model: model.signatureDefs.pop(), "its graph of 4 tokens has no signature"),
    ],
)
def test_signatures_tell_the_lengths_of_their_graphs(lengths, metadata, change, message):
    with pytest.raises(UserError, match=message):
        read_metadata(packed(lengths, metadata, change))

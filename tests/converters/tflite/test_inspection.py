"""Operators of .tflite files and the strict int8 rule."""

from __future__ import annotations

import json

import pytest

from converters.runtime.interpreters import open_model
from converters.tflite.inspection import (
    NotFullyInt8Error,
    list_operators,
    offending_operators,
    require_int8,
    summarize_operators,
)
from converters.tflite.tflite_operators import Operator, Tensor
from tfsqueeze.utils.errors import UserError


def tensor(dtype, index=0, constant=False, graph_input=False, graph_output=False):
    return Tensor(index, f"t{index}", dtype, (1, 4), (), 0, constant, graph_input, graph_output)


def operator(name, inputs, outputs, index=0):
    return Operator(index, name, tuple(inputs), tuple(outputs))


def test_operators_are_read_from_the_file(int8_model):
    operators = list_operators(int8_model)
    assert [(op.index, op.name) for op in operators] == [
        (0, "GATHER"), (1, "RESHAPE"), (2, "FULLY_CONNECTED"),
    ]  # fmt: skip
    table, ids = operators[0].inputs
    assert (table.dtype, table.shape, table.is_constant) == ("int8", (11, 3), True)
    assert (ids.dtype, ids.is_constant, ids.is_graph_input) == ("int32", False, True)
    weights, bias = operators[2].inputs[1:]
    assert weights.shape == (3, 24) and len(weights.scales) == 3 and weights.is_constant
    assert bias.dtype == "int32" and bias.is_constant


def test_output_quantization_is_what_the_runtime_says(int8_model):
    output = list_operators(int8_model)[-1].outputs[0]
    detail = open_model(int8_model).output_details[0]
    assert output.is_graph_output and output.shape == detail.shape
    assert output.scales == (pytest.approx(detail.scale),)
    assert output.zero_point == detail.zero_point


def test_a_path_is_read_too(float_model, tmp_path):
    path = tmp_path / "float.tflite"
    path.write_bytes(float_model)
    assert list_operators(path) == list_operators(float_model)


def test_an_int8_model_passes(int8_model):
    assert require_int8(int8_model, allow_float_output=False) == list_operators(int8_model)


def test_a_float_output_passes_only_where_allowed(float_output_model):
    assert require_int8(float_output_model, allow_float_output=True)[-1].name == "DEQUANTIZE"
    with pytest.raises(
        NotFullyInt8Error,
        match=r"^1 of the model's 4 operators are not int8: DEQUANTIZE at 3 \(int8 -> float32\)$",
    ):
        require_int8(float_output_model, allow_float_output=False)


def test_the_error_names_the_first_offenders_and_counts_the_rest(float_model, masked_model):
    with pytest.raises(NotFullyInt8Error, match=r"GATHER at 0 \(int32 -> float32\), .*"):
        require_int8(float_model)
    with pytest.raises(NotFullyInt8Error, match=r"CAST at \d \(int32 -> float32\)"):
        require_int8(masked_model)


def test_more_than_three_offenders_are_counted(monkeypatch, int8_model):
    bad = [operator("MEAN", [tensor("float32")], [tensor("float32")], i) for i in range(6)]
    monkeypatch.setattr("converters.tflite.inspection.list_operators", lambda model: bad)
    with pytest.raises(NotFullyInt8Error, match=r"MEAN at 2 \(float32 -> float32\); and 3 more$"):
        require_int8(int8_model)


INT8, BIAS, IDS = tensor("int8"), tensor("int32", constant=True), tensor("int32", 7)


@pytest.mark.parametrize(
    "good",
    [
        operator("FULLY_CONNECTED", [INT8, tensor("int8", constant=True), BIAS], [INT8]),
        operator("MEAN", [INT8, BIAS], [INT8]),
        operator("SLICE", [INT8, tensor("int64", constant=True), BIAS], [INT8]),
        operator("SPLIT", [BIAS, INT8], [INT8, INT8]),
        operator("GATHER", [INT8, IDS], [INT8]),
        operator("EMBEDDING_LOOKUP", [IDS, INT8], [INT8]),
        operator("QUANTIZE", [INT8], [INT8]),
        operator("QUANTIZE", [tensor("float32", graph_input=True)], [INT8]),
        operator("DEQUANTIZE", [INT8], [tensor("float32", graph_output=True)]),
        operator("RANGE", [BIAS, BIAS, BIAS], [tensor("int32")]),
    ],
    ids=lambda op: op.name,
)
def test_operators_within_the_rule(good):
    assert offending_operators([good]) == []


@pytest.mark.parametrize(
    "bad",
    [
        operator("ADD", [INT8, tensor("float32", constant=True)], [INT8]),
        operator("ADD", [IDS, IDS], [IDS]),
        operator("RESHAPE", [IDS, BIAS], [IDS]),
        operator("CAST", [IDS], [tensor("float32")]),
        operator("GATHER", [tensor("float32", constant=True), IDS], [tensor("float32")]),
        operator("GATHER", [IDS, IDS], [IDS]),
        operator("EMBEDDING_LOOKUP", [INT8, IDS], [INT8]),
        operator("MEAN", [tensor("int16")], [tensor("int16")]),
        operator("MUL", [tensor("uint8")], [INT8]),
        operator("FULLY_CONNECTED", [INT8, tensor("int4", constant=True)], [INT8]),
        operator("LESS", [INT8, INT8], [tensor("bool")]),
        operator("ARG_MAX", [INT8, BIAS], [tensor("int32")]),
        operator("SHAPE", [INT8], [tensor("int32")]),
        operator("QUANTIZE", [tensor("float32")], [INT8]),
        operator("DEQUANTIZE", [INT8], [tensor("float32")]),
        operator("TANH", [INT8], [tensor("float32", graph_output=True)]),
        operator("QUANTIZE", [tensor("float32", graph_input=True)], [tensor("int16")]),
    ],
    ids=lambda op: op.name,
)
def test_operators_that_offend(bad):
    fine = operator("ADD", [INT8, INT8], [INT8], index=1)
    assert offending_operators([bad, fine]) == [bad]


def test_shapes_folded_from_constants_are_plumbing():
    shape = tensor("int32", index=3)
    pack = operator("PACK", [BIAS, BIAS], [shape])
    reshape = operator("RESHAPE", [INT8, shape], [INT8], index=1)
    assert offending_operators([pack, reshape]) == []
    assert offending_operators([reshape]) == [reshape]


def test_summary_counts_by_name_and_dtypes(float_output_model, int8_model):
    summary = summarize_operators(list_operators(float_output_model) + list_operators(int8_model))
    assert json.loads(json.dumps(summary)) == summary
    assert summary[0]["count"] == 2 and summary[-1]["count"] == 1
    assert summary[-1] == {
        "name": "DEQUANTIZE", "count": 1, "inputs": ["int8"], "outputs": ["float32"],
    }  # fmt: skip
    assert sum(row["count"] for row in summary) == 7


def test_weights_per_channel_and_per_tensor(sentiment_model, convert, int8_model, float_model):
    def weights(model):
        (operator,) = (operator for operator in list_operators(model) if operator.weights)
        assert (operator.name, operator.index) == ("FULLY_CONNECTED", 2)
        return operator.weights.dtype, len(operator.weights.scales)

    assert weights(int8_model) == ("int8", 3)
    assert weights(convert(sentiment_model, per_channel=False)) == ("int8", 1)
    assert weights(float_model) == ("float32", 0)


def test_damaged_files_are_refused(int8_model):
    with pytest.raises(UserError, match="truncated or damaged"):
        list_operators(int8_model[: len(int8_model) // 2])

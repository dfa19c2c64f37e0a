"""Files that the checks do not know run in a process of their own first."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from converters.inference.predictor import Predictor
from converters.runtime import interpreters, trial
from converters.runtime.interpreters import available_runtimes, open_model
from converters.runtime.latency import measure_latency
from converters.targets.registry import load_target
from converters.tflite.flatbuffer import serialize_model
from converters.tflite.metadata import pack_metadata
from converters.tflite.tflite_file import TFLiteFile, unpack_model
from tfsqueeze.utils.errors import UserError

EVERY_RUNTIME = available_runtimes()


def with_operator(content, name, inputs, output, options=None) -> bytes:
    """Appends an operator that computes a tensor nobody reads."""
    model = unpack_model(content)
    graph = model.subgraphs[0]
    code, operator = schema.OperatorCodeT(), schema.OperatorT()
    code.builtinCode = getattr(schema.BuiltinOperator, name)
    code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 2
    if options is not None:
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
        operator.builtinOptions = getattr(schema, f"{options}T")()
    model.operatorCodes.append(code)
    operands = []
    for tensor in (*inputs(model), output(model)):
        if tensor not in graph.tensors:
            graph.tensors.append(tensor)
        operands.append(graph.tensors.index(tensor))
    operator.opcodeIndex = len(model.operatorCodes) - 1
    operator.inputs, operator.outputs = operands[:-1], operands[-1:]
    graph.operators.append(operator)
    return serialize_model(model)


def constant(model, values, dtype):
    tensor, buffer = schema.TensorT(), schema.BufferT()
    array = np.asarray(values)
    tensor.name, tensor.shape, tensor.type = b"constant", list(array.shape), dtype
    tensor.buffer = len(model.buffers)
    buffer.data = np.frombuffer(array.tobytes(), np.uint8)
    model.buffers.append(buffer)
    return tensor


def sum_of_rows(content, scale) -> bytes:
    """Adds the looked up rows to themselves, with a scale of the sum."""

    def rows(model):
        graph = model.subgraphs[0]
        return graph.tensors[graph.operators[0].outputs[0]]

    def output(model):
        tensor = copy.deepcopy(rows(model))
        tensor.quantization.scale = np.array([scale], np.float32)
        return tensor

    return with_operator(content, "ADD", lambda model: [rows(model)] * 2, output, "AddOptions")


def filled(content, count) -> bytes:
    """Fills a vector of `count` floats, whose size the file does not tell."""

    def inputs(model):
        return [
            constant(model, np.int32([count]), schema.TensorType.INT32),
            constant(model, np.float32(1), schema.TensorType.FLOAT32),
        ]

    def output(model):
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.shapeSignature = b"filled", [1], [-1]
        return tensor

    return with_operator(content, "FILL", inputs, output)


@pytest.fixture
def trials(monkeypatch) -> list[str]:
    """The names of the files that were tried, in order."""
    names: list[str] = []
    run = trial.try_in_worker

    def tried(content, name, *more):
        names.append(name)
        run(content, name, *more)

    monkeypatch.setattr(interpreters, "try_in_worker", tried)
    return names


@pytest.mark.parametrize("runtime", EVERY_RUNTIME)
def test_what_is_known_is_not_tried(runtime, packed_model, float_model, masked_model, trials):
    for content in (packed_model, float_model, masked_model, sum_of_rows(packed_model, 0.1)):
        assert TFLiteFile(content).unknown == ()
        open_model(content, runtime)
    assert not trials


@pytest.mark.parametrize("runtime", EVERY_RUNTIME)
def test_what_is_unknown_is_tried_and_then_runs(runtime, int8_model, trials):
    content = filled(int8_model, 100)
    assert TFLiteFile(content).unknown == ("FILL",)
    ids = np.arange(8, dtype=np.int32)[None]
    np.testing.assert_array_equal(
        open_model(content, runtime).run(ids), open_model(int8_model, runtime).run(ids)
    )
    assert trials == ["the model"]


@pytest.mark.parametrize("runtime", EVERY_RUNTIME)
def test_a_runtime_that_crashes_is_one_sentence(runtime, int8_model, metadata, tmp_path):
    content = sum_of_rows(int8_model, 1e-12)
    path = tmp_path / "crash.tflite"
    path.write_bytes(pack_metadata(content, **metadata))
    message = f"crash.tflite is damaged, or has operators that {runtime} cannot run: a process "
    with pytest.raises(UserError, match=f"{message}that tried it ended by SIGABRT"):
        Predictor.open(path, runtime)
    with pytest.raises(UserError, match="ended by SIGABRT"):
        measure_latency({"model": path}, runtime=runtime)
    # Nothing runs it here.
    assert len(load_target("edgetpu").check(path).operators) == 4


@pytest.mark.parametrize("runtime", EVERY_RUNTIME)
def test_memory_is_bounded(runtime, int8_model):
    with pytest.raises(UserError, match="takes too much memory|cannot load the model"):
        open_model(filled(int8_model, 2**30 - 1), runtime)


def test_a_trial_that_went_well_is_not_repeated(int8_model, monkeypatch):
    monkeypatch.setattr(trial, "_passed", set())
    content = filled(int8_model, 20)
    open_model(content)

    def refuse(*arguments, **options):
        raise AssertionError("another trial")

    monkeypatch.setattr(trial.subprocess, "run", refuse)
    open_model(content)
    for other in ((content, "litert", "reference"), (filled(int8_model, 21),)):
        with pytest.raises(AssertionError, match="another trial"):
            open_model(*other)


def test_what_a_runtime_says_is_passed_on(int8_model):
    with pytest.raises(UserError, match="litert cannot load the model: Fill dimensions must be"):
        open_model(filled(int8_model, -5))


def test_a_trial_ends(int8_model, monkeypatch):
    monkeypatch.setattr(trial, "_SECONDS", 0.01)
    with pytest.raises(UserError, match=r"litert ran it for more than 0\.01 seconds"):
        open_model(filled(int8_model, 1))


def test_a_file_of_another_tool_is_refused_untried(int8_model, trials):
    with pytest.raises(UserError, match="carries no labels"):
        Predictor.open(sum_of_rows(int8_model, 1e-12))
    assert not trials

"""Latency measured in interleaved rounds."""

from __future__ import annotations

import json
import statistics
import time

import numpy as np
import pytest

from converters.runtime import latency as benchmark
from converters.runtime.interpreters import TensorDetails, available_runtimes
from converters.runtime.latency import measure_latency
from tfsqueeze.utils.errors import UserError


class SleepingModel:
    """Stands for an opened model; sleeps as long as its content says, in milliseconds."""

    input_details = (
        TensorDetails("input_ids", np.dtype(np.int32), (1, 64), 0.0, 0),
        TensorDetails("attention_mask", np.dtype(np.int32), (1, 64), 0.0, 0),
        TensorDetails("token_type_ids", np.dtype(np.int32), (1, 64), 0.0, 0),
        TensorDetails("embeddings", np.dtype(np.int8), (1, 64), 0.1, 0),
        TensorDetails("scores", np.dtype(np.float32), (1, 64), 0.0, 0),
    )
    log: list = []

    def __init__(self, content: bytes, runtime: str, num_threads: int) -> None:
        self.content = content

    def run_all(self, inputs):
        self.log.append((self.content, inputs))
        time.sleep(int(self.content) / 1000)


@pytest.fixture
def sleeping(monkeypatch):
    monkeypatch.setattr(benchmark, "open_model", SleepingModel)
    monkeypatch.setattr(SleepingModel, "log", [])
    return SleepingModel


def test_rounds_are_interleaved_and_ratios_are_per_round(sleeping):
    report = measure_latency({"fast": b"2", "slow": b"30"}, rounds=5, warmup=1)
    assert [content for content, _ in sleeping.log] == [b"2", b"30"] * 6
    fast, slow = report.models
    assert fast.ratios == (1.0,) * 5 and fast.ratio == 1.0
    assert fast.median >= 2 and slow.median >= 30
    assert len(slow.milliseconds) == 5
    expected = [b / a for a, b in zip(fast.milliseconds, slow.milliseconds, strict=True)]
    assert slow.ratios == pytest.approx(expected)
    assert slow.ratio == pytest.approx(statistics.median(expected)) and slow.ratio > 1
    assert slow.p10 <= slow.median <= slow.p90


def test_inputs_are_valid(sleeping):
    measure_latency({"model": b"0"}, rounds=1, warmup=0, vocab_size=30)
    ((_, inputs),) = sleeping.log
    assert inputs["input_ids"].min() >= 0 and 20 < inputs["input_ids"].max() < 30
    assert inputs["attention_mask"].all() and not inputs["token_type_ids"].any()
    for detail in sleeping.input_details:
        assert inputs[detail.name].dtype == detail.dtype
        assert inputs[detail.name].shape == detail.shape


@pytest.mark.parametrize("runtime", available_runtimes())
def test_real_models_are_measured(runtime, int8_model, float_model, tmp_path):
    path = tmp_path / "int8.tflite"
    path.write_bytes(int8_model)
    report = measure_latency(
        {"float32": float_model, "int8": path}, runtime=runtime, rounds=4, warmup=1, vocab_size=11
    )
    measured = report.to_dict()
    assert json.loads(json.dumps(measured)) == measured
    assert (measured["runtime"], measured["rounds"], measured["num_threads"]) == (runtime, 4, 1)
    assert [model["name"] for model in measured["models"]] == ["float32", "int8"]
    assert [model["size_bytes"] for model in measured["models"]] == [
        len(float_model), len(int8_model),
    ]  # fmt: skip
    assert all(
        model["median"] > 0 and model["load_milliseconds"] > 0 for model in measured["models"]
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rounds": 0}, "rounds=0"),
        ({"warmup": -1}, "warmup=-1"),
        ({"vocab_size": 0}, "vocab_size=0"),
        ({"vocab_size": 5000}, "gather index out of bounds"),
        ({"runtime": "nonesuch"}, "'nonesuch' is not available"),
    ],
)
def test_bad_options_are_one_sentence(options, message, int8_model):
    with pytest.raises(UserError, match=message):
        measure_latency({"int8": int8_model}, **options)


def test_no_model_is_one_sentence():
    with pytest.raises(UserError, match="no model to measure"):
        measure_latency({})

"""The noise of int8 in the hidden states."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from converters.experiments.signal_to_noise import measure_signal_to_noise
from converters.reports.verification_report import write_report
from tfsqueeze import AlbertConfig, AlbertForSequenceClassification, quantize_aware
from tfsqueeze.training.batches import tokenize


def test_each_layer_has_a_ratio(trained_run, tmp_path):
    inputs = {"input_ids": tokenize(trained_run.tokenizer, ["the cat runs", "rain and snow"] * 4)}
    rows = measure_signal_to_noise(trained_run, inputs)
    layers = trained_run.config.num_hidden_layers
    assert [row["layer"] for row in rows] == list(range(layers + 1))
    assert all(10 < row["decibels"] < 80 for row in rows)
    write_report({"title": "t", "signal_to_noise": rows}, tmp_path)
    text = (tmp_path / "report.md").read_text("utf-8")
    assert f"layer {layers}" in text and "dB" in text


def test_padding_does_not_count(trained_run):
    ids = tokenize(trained_run.tokenizer, ["the cat runs"])
    length = int((ids != 0).sum())
    found = [
        measure_signal_to_noise(trained_run, {"input_ids": rows})[-1]["decibels"]
        for rows in (ids, ids[:, :length])
    ]
    assert found[0] == pytest.approx(found[1], abs=0.5)


def test_without_noise_the_ratio_is_large(trained_run):
    same = dataclasses.replace(trained_run, qat_model=trained_run.float_model)
    ids = tokenize(trained_run.tokenizer, ["the cat runs"])
    rows = measure_signal_to_noise(same, {"input_ids": ids})
    assert all(row["decibels"] > 100 and np.isfinite(row["decibels"]) for row in rows)


@pytest.mark.slow
def test_layers_that_share_weights(trained_run):
    config = AlbertConfig(
        vocab_size=trained_run.tokenizer.vocab_size,
        embedding_size=16,
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=64,
    )
    model = AlbertForSequenceClassification(config, input_names=("input_ids",))
    ids = tokenize(trained_run.tokenizer, ["the cat runs", "rain and snow"])
    run = dataclasses.replace(
        trained_run, float_model=model, qat_model=quantize_aware(model, [{"input_ids": ids}])
    )
    rows = measure_signal_to_noise(run, {"input_ids": ids})
    assert len(rows) == 4 and all(row["decibels"] > 10 for row in rows)

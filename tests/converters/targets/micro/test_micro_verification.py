"""TensorFlow Lite Micro computes what the reference kernels compute, bit by bit."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from benchmarks.cortex_m import measure_on_cortex_m
from converters.runtime.interpreters import available_runtimes
from tfsqueeze.cli.main import app

pytestmark = pytest.mark.micro


@pytest.fixture(scope="module")
def reuters_run(tmp_path_factory):
    """The README's model for microcontrollers, after the first of its epochs."""
    folder = tmp_path_factory.mktemp("run") / "r8"
    result = CliRunner().invoke(
        app,
        [
            "train",
            "reuters-r8",
            "--output",
            str(folder),
            "--target",
            "micro",
            "--vocab-size",
            "5000",
            "--epochs",
            "1",
            "--qat-epochs",
            "0",
        ],
    )
    assert result.exit_code == 0, result.output
    return folder


def test_all_texts_of_reuters_r8(reuters_run):
    """Plain C, TensorFlow Lite Micro and the runtimes compute the same bits."""
    options = ["--target", "micro", "--runtime", "c", "--json"]
    result = CliRunner().invoke(app, ["verify", str(reuters_run), *options])
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    counts = {"validation": 548, "test": 2189}
    assert {name: part["examples"] for name, part in facts["parts"].items()} == counts
    compared = [*available_runtimes(), "tflite-micro"]
    for part in facts["parts"].values():
        assert part["mismatches"] == dict.fromkeys(compared, 0)
        assert part["accuracy"] > 0.7
    assert facts["model_bytes"] < 1 << 20 and facts["arena_bytes"] < 256 << 10


def test_texts_of_reuters_r8_in_tensorflow_lite_micro(reuters_run):
    """The arena is that which the library's own interpreter measured."""
    options = ["--target", "micro", "--runtime", "tflite-micro", "--examples", "100", "--json"]
    result = CliRunner().invoke(app, ["verify", str(reuters_run), *options])
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    for part in facts["parts"].values():
        assert part["examples"] == 100
        assert part["mismatches"] == dict.fromkeys(available_runtimes(), 0)
        assert part["accuracy"] > 0.7
    assert facts["model_bytes"] < 1 << 20 and facts["arena_bytes"] < 256 << 10


def test_texts_of_reuters_r8_on_emulated_microcontrollers(reuters_run, capsys):
    result = measure_on_cortex_m(reuters_run, texts=50)
    assert result["texts"] == 50
    # Of each text, in millions. TensorFlow Lite Micro's reference kernels take 901 on the M3.
    most = {"cortex-m3": 300, "cortex-m4": 120}
    for row in result["cortex_m"]:
        millions = max(row["instructions"]) / 1e6
        with capsys.disabled():
            print(f"\n{row['processor']}: at most {millions:.1f} million instructions for a text")
        assert row["mismatches"] == 0
        assert millions <= most.pop(row["processor"])
    assert not most


def test_a_mismatch_is_reported_and_fails(trained_run, topics_folder, monkeypatch):
    from converters.targets.micro import micro_verification

    run_in_workers = micro_verification.run_in_workers

    def with_one_wrong_logit(function, calls):
        results = run_in_workers(function, calls)
        if function is micro_verification.quantized_outputs:
            results[0]["logits"][0, 0] ^= 1
        return results

    monkeypatch.setattr(micro_verification, "run_in_workers", with_one_wrong_logit)
    result = CliRunner().invoke(
        app,
        [
            "verify",
            str(trained_run.folder),
            "--target",
            "micro",
            "--data",
            str(topics_folder),
            "--json",
        ],
    )
    assert result.exit_code == 1
    (part,) = json.loads(result.stdout)["parts"].values()
    assert part["mismatches"] == dict.fromkeys(available_runtimes(), 1)

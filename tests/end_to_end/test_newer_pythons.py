"""The main job on newer versions of Python, with numpy 2 and without tflite-runtime."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tests.environments.environment import run_tfsqueeze
from tfsqueeze.cli.main import app

pytestmark = pytest.mark.pythons


def succeeded(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


def here(*arguments):
    result = CliRunner().invoke(app, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("environment", ["train@3.12", "train@3.13"])
def test_a_model_is_trained_converted_and_verified(environment, topics_folder, tmp_path):
    def there(*arguments):
        return succeeded(run_tfsqueeze(environment, *map(str, arguments)))

    assert f"Python            │ {environment.partition('@')[2]}." in there("doctor")
    run, file = tmp_path / "run", tmp_path / "topics.tflite"
    small = "--preset squeezebert-micro --max-length 16 --vocab-size 200 --epochs 6 --qat-epochs 1"
    there("train", topics_folder, "-o", run, *small.split(), "--learning-rate", 0.005)
    there("convert", run, "-o", file)
    verified = json.loads(there("verify", run, "--model", file, "--json"))
    rows = [row for row in verified["accuracy"] if row["runtime"]]
    runtimes = {row["runtime"] for row in rows}
    assert "litert" in runtimes and "tflite-runtime" not in runtimes
    assert all(row["accuracy"] > 0.8 and row["agreement_with_qat"] > 0.95 for row in rows)
    # Its file and its run are those of any other Python.
    scores = json.loads(there("evaluate", file, topics_folder, "--json"))
    assert here("evaluate", file, topics_folder, "--json") == scores
    again = tmp_path / "again.tflite"
    assert CliRunner().invoke(app, ["convert", str(run), "-o", str(again)]).exit_code == 0
    assert here("evaluate", again, topics_folder, "--json") == scores


def test_litert_alone_is_enough_to_predict(topics_model):
    texts = ["the cat and the dog", "soup, rice and bread"]
    done = run_tfsqueeze("predict@3.13", "predict", topics_model, *texts, "--json")
    expected = here("predict", topics_model, *texts, "--json")
    for found, one in zip(json.loads(succeeded(done)), expected, strict=True):
        # numpy 2 rounds the last digit in another way.
        assert found.pop("probabilities") == pytest.approx(one.pop("probabilities"), abs=1e-12)
        assert found.pop("probability") == pytest.approx(one.pop("probability"), abs=1e-12)
        assert found == one
    refused = run_tfsqueeze("predict@3.13", "train", "reuters-r8", "-o", "run")
    assert refused.returncode == 1 and "pip install 'tfsqueeze[train]'" in refused.stderr

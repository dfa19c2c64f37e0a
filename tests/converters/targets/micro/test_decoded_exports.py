"""Exported models of several labels and of numbers, against the predictors of the file."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from converters.conversion.runs import convert_run
from converters.inference.predictor import predictor_class
from converters.runtime.interpreters import available_runtimes, open_model
from converters.runtime.workers import run_in_workers
from converters.targets.micro.micro_interpreter import predict
from converters.tflite.metadata import read_metadata
from tfsqueeze.cli.main import app

pytestmark = pytest.mark.micro


def command(*arguments):
    result = CliRunner().invoke(app, [*map(str, arguments), "--target", "micro", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module", params=["labels_run", "number_run"])
def run(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "mixed"
    return folder, command("export", run.folder, "--output", folder)


@pytest.fixture(scope="module")
def texts(mixed_folder):
    """All texts of the test part."""
    with (mixed_folder / "test.csv").open(encoding="utf-8") as lines:
        return [row["text"] for row in csv.DictReader(lines)]


def test_a_cortex_m_predicts_what_python_predicts(run, exported, texts, cortex_m_program):
    folder, facts = exported
    program = cortex_m_program(folder, run.options.max_length, run.task.name)
    ids = program.encode([text.encode() for text in texts])
    content = convert_run(run)
    call = content, {"input_ids": ids}, facts["arena_bytes"]
    logits = run_in_workers(predict, [call])[0]["logits"]
    # The optimized kernels may round another way.
    predictor = predictor_class(run.task.name)(
        open_model(content, kernels="reference"), read_metadata(content)
    )
    predictions = predictor.predict(texts)
    if run.label_names:
        has_label, _, probabilities = program.choose(logits)
        for row, shares, expected in zip(has_label, probabilities, predictions, strict=True):
            chosen = {name for name, has in zip(run.label_names, row, strict=True) if has}
            assert chosen == set(expected.labels)
            wanted = np.array(list(expected.probabilities.values()), np.float32)
            np.testing.assert_array_equal(shares, wanted)
        assert len({str(one.labels) for one in predictions}) > 3
    else:
        numbers, _ = program.tell(logits)
        assert numbers == [one.number for one in predictions]
        assert len(set(numbers)) > 3


def test_every_text_has_the_logits_of_the_reference_kernels(run, texts):
    options = () if run.label_names else ("--label-column", "number")
    facts = command("verify", run.folder, *options)
    assert {name: part["examples"] for name, part in facts["parts"].items()} == {
        "validation": 60,
        "test": len(texts),
    }
    for part in facts["parts"].values():
        assert part["mismatches"] == dict.fromkeys(available_runtimes(), 0)
        assert part["exact_match" if run.label_names else "r2"] > 0.7


def test_the_scores_are_printed(number_run, mixed_folder):
    options = ("--target", "micro", "--data", mixed_folder / "test.csv", "--label-column", "number")
    result = CliRunner().invoke(app, ["verify", *map(str, (number_run.folder, *options))])
    assert result.exit_code == 0, result.output
    assert "Pearson" in result.stdout and "R2" in result.stdout


def test_the_example_prints_the_prediction(run, exported, run_example):
    folder, _ = exported
    if run.label_names:
        lines = run_example(folder, [127, -128, 127]).splitlines()[2:]
        assert [line.split(": ")[1].split(",")[0] for line in lines] == ["animals", "weather"]
        assert lines[0].endswith(" per mille")
        assert run_example(folder, [-128] * 3).endswith(": no label\n")
    else:
        details = open_model(convert_run(run)).output_details[0]
        mean, scale = run.decoding["mean"], run.decoding["scale"]
        number = mean + scale * float(details.dequantize(np.array([-7]))[0])
        assert run_example(folder, [-7]).endswith(f": {number:.6g}\n")


def test_the_readme_names_the_sources(run, exported):
    folder, _ = exported
    readme = (folder / "README.md").read_text("utf-8")
    name = "classifier" if run.label_names else "regressor"
    assert f"A {run.task.title} for TensorFlow Lite Micro" in readme
    assert f"| `{name}.h`, `.c` |" in readme
    assert ("3 labels, texts of up to" in readme) == bool(run.label_names)

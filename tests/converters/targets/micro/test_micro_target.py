"""What `tfsqueeze export --target micro` writes, and what it refuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from converters.runtime.workers import run_in_workers
from converters.targets.export_folder import MARKER_FILE
from converters.targets.micro import micro_target
from converters.targets.micro.library_sources import Library
from tfsqueeze.cli.main import app
from tfsqueeze.utils.errors import UserError

PROGRAMS = Path(__file__).parent / "programs"
TEXTS = ["the cat and the dog", "Bread, CHEESE & soup!", "snow", "", "naïve \ud800 ☃ " * 20]


def export(run, output, *options):
    return CliRunner().invoke(
        app, ["export", str(run.folder), "--target", "micro", "--output", str(output), *options]
    )


@pytest.fixture(scope="module")
def exported(trained_run, tmp_path_factory):
    """The folder and what the command printed."""
    folder = tmp_path_factory.mktemp("export") / "topics"
    result = export(trained_run, folder, "--json")
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


def test_without_the_interpreter_nothing_is_written(trained_run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tflite_micro", None)
    result = export(trained_run, tmp_path / "out")
    assert result.exit_code == 1
    assert "pip install 'tfsqueeze[micro]'" in " ".join(result.stderr.split())
    assert not list(tmp_path.iterdir())


def test_an_unknown_target_is_refused(trained_run, tmp_path):
    result = CliRunner().invoke(
        app,
        [
            "export",
            str(trained_run.folder),
            "--target",
            "toaster",
            "--output",
            str(tmp_path / "out"),
        ],
    )
    assert result.exit_code == 1
    assert "'--target': 'toaster' is not one of 'edgetpu', 'ethos-u'" in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.micro
def test_the_model_is_that_of_conversion(exported, trained_run):
    from converters.conversion.keras_to_tflite import convert_int8
    from converters.targets.micro.micro_model import micro_model

    folder, facts = exported
    numbers = re.search(r"\{(.*)\}", (folder / "model_data.cc").read_text(), re.S)[1]
    content = bytes(int(number) for number in numbers.split(","))
    assert content == micro_model(
        convert_int8(trained_run.qat_model, trained_run.options.max_length)
    )
    assert facts["model_bytes"] == len(content)
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {file["name"] for file in facts["files"]} == names - {MARKER_FILE}


@pytest.mark.micro
def test_the_arena_is_the_smallest_that_works(exported, trained_run):
    from converters.conversion.keras_to_tflite import convert_int8
    from converters.targets.micro.micro_interpreter import predict
    from converters.targets.micro.micro_model import micro_model

    _, facts = exported
    model = micro_model(convert_int8(trained_run.qat_model, trained_run.options.max_length))
    ids = np.zeros((1, trained_run.options.max_length), np.int32)
    run_in_workers(predict, [(model, {"input_ids": ids}, facts["arena_bytes"])])
    with pytest.raises(UserError, match="cannot load the model in an arena of"):
        run_in_workers(predict, [(model, {"input_ids": ids}, facts["arena_bytes"] - 16)])


@pytest.mark.micro
def test_ids_and_labels_on_a_cortex_m_are_those_of_the_python_library(
    exported, trained_run, cortex_m_program
):
    from converters.conversion.keras_to_tflite import convert_int8
    from converters.targets.micro.micro_interpreter import predict
    from converters.targets.micro.micro_model import micro_model

    folder, facts = exported
    length = trained_run.options.max_length
    program = cortex_m_program(folder, length)
    ids = program.encode([text.encode("utf-8", "ignore") for text in TEXTS])
    np.testing.assert_array_equal(ids, trained_run.tokenizer(TEXTS)["input_ids"].numpy())
    model = micro_model(convert_int8(trained_run.qat_model, length))
    call = model, {"input_ids": ids}, facts["arena_bytes"]
    (outputs,) = run_in_workers(predict, [call])
    labels, _, _ = program.classify(outputs["logits"])
    assert [trained_run.label_names[i] for i in labels[:3]] == ["animals", "food", "weather"]


@pytest.mark.micro
def test_cmake_builds_what_needs_no_tensorflow(exported, tmp_path):
    folder, _ = exported
    subprocess.run(["cmake", "-S", folder, "-B", tmp_path], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", tmp_path], check=True, capture_output=True)
    assert (tmp_path / "libtfsqueeze_text.a").exists()


@pytest.mark.micro
def test_the_example_prints_the_label(exported, run_example):
    folder, facts = exported
    # Of two equal logits the first counts. How little the other class gets depends on the scale.
    arena, self_test, prediction = run_example(folder, [-128, 90, 90]).splitlines()
    assert arena == f"arena: {facts['arena_bytes']} bytes, {facts['arena_bytes']} of them used"
    # The stand-in gives each text the same logits.
    assert re.fullmatch(r"self-test: \d of the golden texts differ", self_test)
    printed = re.fullmatch(r"The company .*: food, (\d+) per mille", prediction)
    assert printed and 450 < int(printed[1]) <= 500


@pytest.mark.micro
def test_failures_are_printed(exported, run_example):
    folder, _ = exported
    printed = run_example(folder, [1, 2])
    assert printed == "output 0 of the model has another type or size than network.h says\n"
    printed = run_example(folder, [])
    assert "output 0 of the model" in printed


@pytest.mark.micro
def test_without_the_layout_of_the_library_nothing_compiles(exported):
    folder, _ = exported
    includes = [f"-I{PROGRAMS / 'tflite_micro'}", f"-I{folder}"]
    command = ["g++", "-std=c++17", "-fsyntax-only", *includes, folder / "network.cc"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode and "compile with -DTF_LITE_STATIC_MEMORY" in result.stderr
    # The headers of the Arduino library look at another name.
    command[1:1] = ["-DARDUINO=10819", "-Werror"]
    subprocess.run(command, check=True)


@pytest.mark.micro
def test_a_library_that_reads_one_scale_of_the_weights_does_not_compile(exported):
    folder, _ = exported
    includes = [f"-I{PROGRAMS / 'tflite_micro'}", f"-I{folder}"]
    options = ["-std=c++17", "-fsyntax-only", "-DTF_LITE_STATIC_MEMORY", "-DSTAND_IN_IS_OLD"]
    command = ["g++", *options, *includes, folder / "network.cc"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode and "needs TensorFlow Lite Micro of October 2024" in result.stderr


@pytest.mark.micro
@pytest.mark.parametrize(
    "libraries, message",
    [
        ([], "there is no libtensorflow-microlite.a in"),
        (["a", "b"], "there are 2 libraries"),
    ],
)
def test_cmake_takes_exactly_one_library(exported, tmp_path, libraries, message):
    folder, _ = exported
    for name in libraries:
        (tmp_path / "tflm" / "gen" / name).mkdir(parents=True)
        (tmp_path / "tflm" / "gen" / name / "libtensorflow-microlite.a").touch()
    command = ["cmake", "-S", folder, "-B", tmp_path / "build"]
    command.append(f"-DTFLITE_MICRO_DIR={tmp_path / 'tflm'}")
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode and message in " ".join(result.stderr.split())
    alone = ["cmake", "-S", folder, "-B", tmp_path / "alone", "-DTFLITE_MICRO_LIBRARY=some.a"]
    refused = subprocess.run(alone, capture_output=True, text=True, check=False)
    assert refused.returncode and "name its checkout with" in " ".join(refused.stderr.split())
    if libraries:
        named = tmp_path / "tflm" / "gen" / "a" / "libtensorflow-microlite.a"
        command.append(f"-DTFLITE_MICRO_LIBRARY={named}")
        subprocess.run(command, capture_output=True, check=True)


@pytest.mark.micro
@pytest.mark.parametrize(
    "limit, size, message",
    [
        (
            "FLASH_BYTES",
            50_000,
            r"bytes of flash, the library about .* more than the 50,000 .* train with",
        ),
        (
            "ARENA_BYTES",
            10_000,
            r"bytes of RAM, [\d,]+ more than the 10,000 .* max_length below 16",
        ),
    ],
)
def test_what_does_not_fit_is_refused(trained_run, tmp_path, monkeypatch, limit, size, message):
    monkeypatch.setattr(micro_target, limit, size)
    result = export(trained_run, tmp_path / "out")
    assert result.exit_code == 1
    assert re.search(message, " ".join(result.stderr.split())), result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("vocabulary_bytes", "search_bytes", "advice"),
    [
        (100_000, 640_000, "search fewer texts, which take 640,000 bytes"),
        (300_000, 0, "train with a vocab_size of at most about 4,400"),
        # Without any text it would still be too much.
        (200_000, 300_000, "train with a vocab_size of at most about 3,100"),
    ],
)
def test_the_larger_part_of_the_tables_is_to_become_smaller(vocabulary_bytes, search_bytes, advice):
    run = SimpleNamespace(config=SimpleNamespace(hidden_size=128, vocab_size=5000))
    library = Library({}, vocabulary_bytes + search_bytes, search_bytes, "", "", "", "")
    with pytest.raises(UserError, match=f"of a microcontroller; {advice}"):
        micro_target._check_limits(run, 700_000, library, 155 << 10, 1000, 64)


@pytest.mark.micro
def test_a_core_whose_library_does_not_fit_is_named(exported, trained_run, tmp_path, monkeypatch):
    _, facts = exported
    sizes = sorted(facts["flash_bytes"].values())
    monkeypatch.setattr(micro_target, "FLASH_BYTES", sizes[-1] - 1)
    assert export(trained_run, tmp_path / "out").exit_code == 0
    readme = (tmp_path / "out" / "README.md").read_text()
    assert readme.count(f", more than {sizes[-1] - 1:,}") == 1

"""Each command on .tflite files that once crashed it, and on files of other tools."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from converters.runtime.interpreters import available_runtimes
from converters.tflite.flatbuffer import serialize_model
from converters.tflite.tflite_file import unpack_model
from tfsqueeze.cli.main import app

# Where the reviewers' files are, and the commands that must refuse each of them.
_CASES = (
    "check-tracebacks",
    "metadata-tracebacks",
    "nan-answers",
    "tflite-native-crash",
    "vocabulary-mismatch",
    "zip-bomb",
)


@pytest.fixture(scope="module")
def cases(shared_dir):
    folder = shared_dir / "cases"
    if not folder.is_dir():
        pytest.skip(f"no cases at {folder}")
    return folder


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    path = tmp_path_factory.mktemp("texts") / "texts.csv"
    path.write_text("text,label\ngood film,positive\n")
    return path


def refusal(*arguments):
    """The one line that a command says where it refuses a file; empty where it does not."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), arguments
    lines = [line for line in result.stderr.splitlines() if not line.startswith("> ")]
    assert (result.exit_code, len(lines)) in ((0, 0), (1, 1)), (arguments, result.output)
    return lines[0] if lines else ""


@pytest.mark.parametrize("folder", _CASES)
def test_a_hostile_file_is_one_sentence(folder, cases, texts):
    files = sorted((cases / folder).glob("*.tflite"))
    assert len(files) >= 1
    for file in files:
        for runtime in available_runtimes():
            message = refusal("predict", file, "some text", "--runtime", runtime)
            assert file.name in message, message
        assert file.name in refusal("info", file)
        assert file.name in refusal("evaluate", file, texts)
        checked = refusal("check", file)
        assert not checked or f"{file.name} is damaged" in checked
        if "crash" in folder:
            for runtime in available_runtimes():
                message = refusal("benchmark", file, "--rounds", 1, "--runtime", runtime)
                assert file.name in message and "is damaged" in message


def test_a_file_of_another_tool_is_checked_and_measured_alone(cases, texts):
    for file in sorted((cases / "foreign_tflite").glob("*.tflite")):
        for command in (("predict", file, "a"), ("info", file), ("evaluate", file, texts)):
            assert "carries no labels and no vocabulary" in refusal(*command)
        assert not refusal("check", file)
        assert not refusal("benchmark", file, "--rounds", 1, "--runtime", "litert")


def test_only_targets_with_an_accelerator_are_checked_for(topics_model):
    for target in ("micro", "android"):
        message = refusal("check", topics_model, "--target", target)
        assert f"'{target}' is not one of 'edgetpu', 'ethos-u'" in message
    text = CliRunner().invoke(app, ["check", "--help"]).output
    assert "<edgetpu|ethos-u>" in text


def test_names_in_a_file_are_no_markup(tmp_path):
    import tensorflow as tf

    add = tf.function(lambda x: x + 1.0, input_signature=[tf.TensorSpec([1, 4])])
    concrete = add.get_concrete_function()
    model = unpack_model(tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert())
    for tensor in model.subgraphs[0].tensors:
        tensor.name = b"enc[a]/\x1b[/b]"
    file = tmp_path / "named.tflite"
    file.write_bytes(serialize_model(model))
    result = CliRunner().invoke(app, ["check", str(file)], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.exception
    assert "enc[a]/\ufffd[/b] is" in result.stdout

"""Apache Beam predicts each line of many files as `predict --json` does."""

from __future__ import annotations

import gzip
import importlib.util
import json
import types

import pytest
from typer.testing import CliRunner

from converters.tflite.metadata import pack_metadata
from tests.environments.environment import run_tfsqueeze
from tfsqueeze.cli.main import app

FILES = {
    "a.txt": b"a good film\nthe films was bad\r\n\n  \nno line break at the end: \xff",
    "b.txt": b"".join(b"%s film %d\n" % ((b"good", b"bad")[n % 2], n) for n in range(300)),
    "empty.txt": b"",
}
ONE_PROCESS = ""
TWO_PROCESSES = "--direct_running_mode=multi_processing --direct_num_workers=2"


@pytest.fixture(scope="module")
def folder(int8_model, metadata, tmp_path_factory):
    """Texts, and models of texts and of pairs."""
    folder = tmp_path_factory.mktemp("beam")
    (folder / "texts").mkdir()
    for name, content in FILES.items():
        (folder / "texts" / name).write_bytes(content)
    (folder / "texts" / "c.txt.gz").write_bytes(gzip.compress(b"packed and good\n"))
    (folder / "texts.tflite").write_bytes(pack_metadata(int8_model, **metadata))
    pairs = pack_metadata(int8_model, **{**metadata, "pairs": True})
    (folder / "pairs.tflite").write_bytes(pairs)
    return folder


def predict_files(*arguments):
    return run_tfsqueeze("beam", "predict-files", *map(str, arguments))


def predict(model, content):
    result = CliRunner().invoke(app, ["predict", str(model), "--json"], input=content)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def error_of(result, is_alone=True):
    assert result.returncode == 1
    assert result.stdout == ""
    *others, line = result.stderr.splitlines()
    # Worker processes of Beam print tracebacks of their own.
    assert not (others and is_alone)
    return line


def in_order(rows):
    return sorted(rows, key=lambda row: row["text"])


@pytest.mark.beam
@pytest.mark.parametrize("options", [ONE_PROCESS, TWO_PROCESSES], ids=["one", "two"])
def test_rows_are_those_of_predict(options, folder, tmp_path):
    model, prefix = folder / "texts.tflite", tmp_path / "labels" / "part"
    done = predict_files(
        model, folder / "texts" / "*.txt*", "-o", prefix, "--pipeline-options", options, "--json"
    )
    assert done.returncode == 0, done.stderr
    files = json.loads(done.stdout)["files"]
    assert sorted(map(str, prefix.parent.iterdir())) == files
    rows = [json.loads(line) for path in files for line in open(path, encoding="utf-8")]
    contents = [*FILES.values(), b"packed and good\n"]
    expected = [row for content in contents for row in predict(model, content)]
    assert len(expected) == 306 and in_order(rows) == in_order(expected)


@pytest.mark.beam
@pytest.mark.parametrize("options", [ONE_PROCESS, TWO_PROCESSES], ids=["one", "two"])
def test_a_line_that_is_refused_leaves_nothing(options, folder, tmp_path):
    content = b'good\tfilm\n{"question": "good", "context": "film"}\n'
    lines = tmp_path / "lines.txt"
    lines.write_bytes(content)
    model, prefix = folder / "pairs.tflite", tmp_path / "out" / "part"
    arguments = (model, lines, "-o", prefix, "--pipeline-options", options)
    lines.write_bytes(content + b'{"question": 1}\n')
    assert error_of(predict_files(*arguments), is_alone=options == ONE_PROCESS) == (
        """error: the line '{"question": 1}' is not a JSON object with `question` and `context`"""
    )
    assert list(tmp_path.rglob("part*")) == list(tmp_path.rglob("beam-temp*")) == []
    lines.write_bytes(content)
    done = predict_files(*arguments)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for path in done.stdout.split() for line in open(path)]
    assert in_order(rows) == in_order(predict(model, content))


@pytest.mark.beam
def test_bad_arguments_are_one_sentence(folder, tmp_path):
    model, texts, prefix = folder / "texts.tflite", folder / "texts" / "*.txt", tmp_path / "part"
    written = tmp_path / "part-00000-of-00002.jsonl"
    for arguments, message in {
        (tmp_path / "none.tflite", texts): "cannot read",
        (folder / "texts" / "b.txt", texts): "is not a .tflite file",
        (model, tmp_path / "*.txt"): "no file matches",
        (model, "unknown://texts"): "cannot look for unknown://texts",
        (model, texts, "--pipeline-options", "--runner=None"): "Unexpected pipeline runner: None",
        (model, texts, "--pipeline-options", "'"): "cannot be split into words: No closing",
        (model, texts, "--pipeline-options", "--direct_num_workers=x"): "invalid int value: 'x'",
    }.items():
        assert message in error_of(predict_files(*arguments, "-o", prefix))
        assert list(tmp_path.iterdir()) == []
    written.touch()
    error = error_of(predict_files(model, texts, "-o", prefix))
    assert error == f"error: {written} exists; choose another prefix, or remove it"


def test_without_beam_one_sentence_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(
        "tfsqueeze.utils.beam_pipelines.importlib",
        types.SimpleNamespace(
            util=types.SimpleNamespace(
                find_spec=lambda name: (
                    None if name == "apache_beam" else importlib.util.find_spec(name)
                )
            )
        ),
    )
    prefix = str(tmp_path / "part")
    result = CliRunner().invoke(app, ["predict-files", "a.tflite", "*.txt", "-o", prefix])
    assert result.exit_code == 1
    assert result.stderr == ("error: Apache Beam is not installed; pip install 'tfsqueeze[beam]'\n")

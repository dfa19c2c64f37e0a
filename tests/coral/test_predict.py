"""The script for the board on an exported folder, on the CPU."""

from __future__ import annotations

import csv
import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from converters.conversion.runs import convert_run
from converters.inference.predictor import Predictor
from converters.runtime.interpreters import available_runtimes
from converters.targets.edgetpu.edgetpu_target import EdgeTpuTarget
from tfsqueeze.data.readers.text_lines import read_plain_texts

CORAL = Path(__file__).resolve().parents[2] / "coral"
TEXTS = ["the cat dog horse", "the fog wind hail storm", "", "cheese [SEP] Bréad " * 20]


@pytest.fixture(scope="module")
def folder(trained_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("coral")
    EdgeTpuTarget().export(trained_run, folder)
    return folder


@pytest.fixture(scope="module")
def predict(tmp_path_factory):
    """Runs the script away from the repository: a board has the files of coral/ alone."""
    board = tmp_path_factory.mktemp("board")
    for file in CORAL.glob("*.py"):
        shutil.copy(file, board)

    def run(*arguments, stdin="", **environment):
        return subprocess.run(
            [sys.executable, str(board / "predict.py"), *map(str, arguments)],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=120,
            cwd=board,
            env={**os.environ, **environment},
        )

    return run


def predictions(predict, *arguments, stdin=""):
    done = predict(*arguments, "--json", stdin=stdin)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def file_predictor(run):
    """The predictor of the one-file model on the runtime that the script prefers."""
    return Predictor.open(convert_run(run), available_runtimes()[0])


def test_it_predicts_as_the_one_file_model_does(predict, folder, trained_run):
    done = predict(folder, *TEXTS)
    assert "running on the CPU" in done.stderr
    found = predictions(predict, folder, *TEXTS)
    expected = file_predictor(trained_run).predict(TEXTS)
    for one, other, line in zip(found, expected, done.stdout.splitlines(), strict=True):
        assert (one["label"], one["text"]) == (other.label, other.text)
        assert one["probability"] == pytest.approx(other.probability, abs=1e-6)
        assert line.startswith(f"{other.label}\t{one['probability']:.3f}\t")


@pytest.mark.parametrize("name", ["labels_run", "number_run"])
def test_several_labels_and_numbers_are_those_of_the_file(
    predict, name, request, mixed_folder, tmp_path
):
    run = request.getfixturevalue(name)
    EdgeTpuTarget().export(run, tmp_path)
    with (mixed_folder / "test.csv").open(encoding="utf-8") as lines:
        texts = [row["text"] for row in csv.DictReader(lines)]
    found = predictions(predict, tmp_path, *texts)
    expected = file_predictor(run).predict(texts)
    for one, other in zip(found, expected, strict=True):
        if name == "number_run":
            assert one["number"] == other.number
        else:
            assert one["labels"] == other.labels
            assert one["probabilities"] == pytest.approx(other.probabilities, abs=1e-15)
    (line,) = predict(tmp_path, texts[0]).stdout.splitlines()
    shown = line.split("\t")[0]
    if name == "number_run":
        assert len({one["number"] for one in found}) > 3
        assert shown == f"{expected[0].number:.6g}"
    else:
        assert len({str(one["labels"]) for one in found}) > 3
        named = ", ".join(f"{x} ({expected[0].probabilities[x]:.3f})" for x in expected[0].labels)
        assert shown == (named or "(none)")


@pytest.mark.parametrize("name", ["pairs", "bi-encoder"])
def test_pairs_are_those_of_the_file(predict, name, task_run, tmp_path):
    run = task_run(name)
    EdgeTpuTarget().export(run, tmp_path)
    pairs = list(zip(TEXTS, reversed(TEXTS), strict=True))
    lines = "".join(f"{text}\t{pair}\n" for text, pair in pairs)
    found = predictions(predict, tmp_path, stdin=lines)
    for one, other, (text, pair) in zip(
        found, file_predictor(run).predict(*zip(*pairs, strict=True)), pairs, strict=True
    ):
        assert (one["text"], one["text_pair"], one["label"]) == (text, pair, other.label)
        assert one["probability"] == pytest.approx(other.probability, abs=1e-6)
    assert predictions(predict, tmp_path, *pairs[0][:1], "--text-pair", pairs[0][1])[0]["label"]
    for arguments in (["a"], ["a", "b", "--text-pair", "c"]):
        done = predict(tmp_path, *arguments)
        assert done.returncode == 1 and "give --text-pair once for each text" in done.stderr


@pytest.mark.parametrize("name", ["tags", "intents"])
def test_spans_are_those_of_the_file(predict, name, task_run, tmp_path):
    run = task_run(name)
    EdgeTpuTarget().export(run, tmp_path)
    texts = [*TEXTS, "Ada Lovelace was seen near Berlin, today", "play me some hip hop please"]
    found = predictions(predict, tmp_path, *texts)
    shown = predict(tmp_path, *texts).stdout.splitlines()
    spans = 0
    for one, other, line in zip(found, file_predictor(run).predict(texts), shown, strict=True):
        expected = other.entities if name == "tags" else other.slots
        for span, entity in zip(
            one["entities" if name == "tags" else "slots"], expected, strict=True
        ):
            spans += 1
            score = span.pop("score")
            assert span == {x: getattr(entity, x) for x in ("text", "type", "start", "end")}
            assert score == pytest.approx(entity.score, abs=1e-6)
            assert f"{entity.type}: {entity.text} ({entity.score:.3f})" in line
        if name == "intents":
            assert one["intent"] == other.intent and line.startswith(other.intent)
            assert one["probability"] == pytest.approx(other.probability, abs=1e-6)
    assert spans


def test_an_embedder_finds_the_nearest_texts(predict, task_run, tmp_path):
    run = task_run("vectors")
    folder, corpus = tmp_path / "model", tmp_path / "corpus.txt"
    folder.mkdir()
    EdgeTpuTarget().export(run, folder)
    texts = ["cat dog", "bread and cheese", "rain", "a cold wind"]
    corpus.write_text("\n".join(texts))
    embedder = file_predictor(run)
    for one, other in zip(
        predictions(predict, folder, *TEXTS), embedder.predict(TEXTS), strict=True
    ):
        assert one["embedding"] == pytest.approx(other.embedding, abs=1e-6)
    found = predictions(predict, folder, *TEXTS, "--corpus", corpus)
    for one, matches in zip(found, embedder.search(texts, TEXTS, top_k=3), strict=True):
        assert [match["text"] for match in one["matches"]] == [match.text for match in matches]
        assert [match["score"] for match in one["matches"]] == pytest.approx(
            [match.score for match in matches], abs=1e-6
        )


def test_only_an_embedder_has_a_corpus(predict, folder, tmp_path):
    done = predict(folder, "a text", "--corpus", tmp_path / "corpus.txt")
    assert done.returncode == 1 and "--corpus is for models of sentence-embeddings" in done.stderr


@pytest.fixture
def script(monkeypatch):
    """The script as a module."""
    monkeypatch.syspath_prepend(str(CORAL))
    return importlib.import_module("predict")


@pytest.fixture
def read_corpus(script, tmp_path):
    """Returns a function that reads a corpus of these bytes."""
    model = SimpleNamespace(
        description={"task": "sentence-embeddings"}, predict=lambda _: {"embedding": [1.0]}
    )

    def read(content):
        (tmp_path / "corpus.txt").write_bytes(content)
        return script.read_corpus(tmp_path / "corpus.txt", model)

    return read


def test_an_empty_corpus_is_refused(read_corpus):
    for content in (b"", b" \n\r\n"):
        with pytest.raises(SystemExit, match="corpus.txt is empty; it needs a text on each line"):
            read_corpus(content)


def test_the_texts_of_a_corpus_are_those_that_search_reads(read_corpus, tmp_path):
    content = "\ufeffa\u2028b\n\n c\x0cd\r\ne\rf"
    texts = read_corpus(content.encode()).texts
    assert texts == ["a\u2028b", "c\x0cd", "e\rf"]
    assert texts == list(read_plain_texts(tmp_path / "corpus.txt").texts)


def test_a_folder_of_an_older_export_is_refused(predict, folder, tmp_path):
    for path in folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    described = json.loads((folder / "model.json").read_text("utf-8"))
    del described["task"]
    (tmp_path / "model.json").unlink()
    (tmp_path / "model.json").write_text(json.dumps(described), "utf-8")
    done = predict(tmp_path, "a text")
    assert done.returncode == 1 and "holds no model ('task'); name a folder" in done.stderr


def test_texts_come_from_standard_input(predict, folder):
    done = predict(folder, "--device", "cpu", stdin="the cat cow\nthe rain snow\n")
    labels = [line.split("\t")[0] for line in done.stdout.splitlines()]
    assert labels == ["animals", "weather"]


@pytest.mark.parametrize("variables", [{}, {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"}])
def test_bytes_that_are_no_text_are_left_out(predict, folder, variables):
    text = "the cat caf\udce9 cow"
    shown = text.replace("\udce9", "\ufffd")
    for arguments, stdin in ([text], ""), ([], f"{text}\r\n"):
        done = predict(folder, *arguments, "--json", stdin=stdin, **variables)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert (found["text"], found["label"]) == (shown, "animals")


@pytest.mark.parametrize("file", ["model.json", "look_ups.npz", "tokenizer.json", "body.tflite"])
def test_a_file_of_the_folder_is_missing(script, folder, tmp_path, file):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / file).unlink()
    with pytest.raises(SystemExit, match=rf"error: {tmp_path} holds no model \(.*; name a folder"):
        script.Predictor(tmp_path)


@pytest.mark.parametrize("file", ["look_ups.npz", "tokenizer.json"])
def test_tables_or_a_tokenizer_that_were_copied_in_part(script, folder, tmp_path, file):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    for size in (100, 0):
        os.truncate(tmp_path / file, size)
        with pytest.raises(SystemExit, match=rf"error: {tmp_path / file} is truncated, or changed"):
            script.Predictor(tmp_path)


@pytest.mark.parametrize("share", [0.999, 0.9, 0.6, 0.3, 0.01, 0])
def test_a_body_that_was_copied_in_part(predict, folder, tmp_path, share):
    """Each in a process of its own: tflite-runtime would crash or never end."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    body = tmp_path / "body.tflite"
    os.truncate(body, int(share * body.stat().st_size))
    done = predict(tmp_path, "a text")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    expected = f"{body} is truncated, or changed since the export; copy the folder again"
    assert line == f"error: {expected}"


def test_a_compiled_body_that_was_copied_in_part(script, folder, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    described = json.loads((tmp_path / "model.json").read_text("utf-8"))
    described["sha256"]["body_edgetpu.tflite"] = described["sha256"]["body.tflite"]
    (tmp_path / "model.json").write_text(json.dumps(described), "utf-8")
    (tmp_path / "body_edgetpu.tflite").write_bytes(b"TFL3")
    with pytest.raises(SystemExit, match=r"body_edgetpu\.tflite is truncated, or changed"):
        script.Predictor(tmp_path)
    (tmp_path / "body_edgetpu.tflite").unlink()
    assert script.Predictor(tmp_path).device == "CPU"


def test_a_tpu_that_is_asked_for_must_be_there(predict, folder):
    done = predict(folder, "a text", "--device", "tpu")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("error: the Edge TPU cannot be used")


def test_a_folder_without_a_model(predict, tmp_path):
    done = predict(tmp_path, "a text")
    assert done.returncode == 1
    assert "tfsqueeze export --target edgetpu" in done.stderr and "Traceback" not in done.stderr

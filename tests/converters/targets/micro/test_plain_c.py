"""The export to plain C: a text gets the logits of the reference kernels, bit by bit."""

from __future__ import annotations

import json
import re
import subprocess

import numpy as np
import pytest
from typer.testing import CliRunner

from converters.runtime.interpreters import available_runtimes, open_model
from converters.targets.export_folder import MARKER_FILE
from converters.targets.micro import micro_target
from converters.targets.micro.plain_c import plain_c
from converters.targets.micro.plain_c_verification import run_on_host
from tests.converters.targets.micro.conftest import SANITIZERS, WARNINGS
from tfsqueeze.cli.main import app

TEXTS = ["the cat and the dog", "Bread, CHEESE & soup!", "snow", "", "naïve ☃ " * 20, "hot soup"]


@pytest.fixture(scope="module")
def model(topics_model):
    return topics_model.read_bytes()


@pytest.fixture(scope="module")
def expected(trained_run, model):
    """The logits of the texts by LiteRT's reference kernels."""
    ids = trained_run.tokenizer(TEXTS)["input_ids"].numpy()
    opened = open_model(model, "litert", "reference")
    return np.concatenate([opened.run(row[None]) for row in ids])


def export(run, output, *options):
    return CliRunner().invoke(
        app,
        [
            "export",
            str(run.folder),
            *("--target", "micro", "--runtime", "c", "--output", str(output)),
            *options,
        ],
    )


@pytest.fixture(scope="module")
def exported(trained_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "topics"
    result = export(trained_run, folder, "--json")
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


@pytest.mark.parametrize("options", [WARNINGS, SANITIZERS], ids=["warnings", "sanitizers"])
def test_texts_get_the_logits_of_the_reference_kernels(
    options, compiler, trained_run, model, expected
):
    rows = [(text,) for text in TEXTS]
    found = run_on_host(plain_c(trained_run, model), rows, options)
    np.testing.assert_array_equal(found.outputs["logits"], expected)


def test_the_example_prints_a_label(compiler, exported, trained_run, tmp_path):
    folder, _ = exported
    files = [*folder.glob("*.c"), folder / "example" / "main.c"]
    command = [compiler, *WARNINGS, f"-I{folder}", *files, "-o", tmp_path / "example"]
    subprocess.run(command, check=True)
    # It ends with status 2 if the ids or logits of a golden text differ.
    printed = subprocess.run([tmp_path / "example"], capture_output=True, text=True, check=True)
    label, per_mille = re.fullmatch(r".+: (.+), (\d+) per mille\n", printed.stdout).groups()
    assert label in trained_run.label_names
    assert 1000 / len(trained_run.label_names) <= int(per_mille) <= 1000


def test_the_facts_are_those_of_the_folder(exported):
    folder, facts = exported
    files = [path for path in folder.rglob("*") if path.is_file()]
    names = {str(path.relative_to(folder)) for path in files} - {MARKER_FILE}
    assert {file["name"] for file in facts["files"]} == names
    assert {"tfsqueeze.c", "network.c", "tokenizer.c", "CMakeLists.txt"} <= names
    assert f"NETWORK_ARENA_BYTES {facts['arena_bytes']}\n" in (folder / "network.h").read_text()
    # The embeddings alone take most of it.
    assert 1000 < facts["network_bytes"] < sum(file["bytes"] for file in facts["files"])
    assert facts["runtime"] == "c" and "tfsqueeze_dense" in facts["kernels"]


def test_an_arena_that_is_too_small_is_refused(compiler, exported, tmp_path):
    folder, _ = exported
    (tmp_path / "small.c").write_text(
        '#include "tfsqueeze.h"\n'
        "static int32_t arena[NETWORK_ARENA_BYTES / 4];\n"
        "int main(void) {\n"
        "  tfsqueeze_result result;\n"
        "  return !(tfsqueeze_classify(0, 0, &result) == -1 &&\n"
        "           tfsqueeze_self_test(&result) == -1 &&\n"
        "           tfsqueeze_init(arena, sizeof arena - 1) == -1 &&\n"
        "           tfsqueeze_init((char *)arena + 1, sizeof arena) == -1 &&\n"
        "           tfsqueeze_init(0, sizeof arena) == -1 &&\n"
        "           tfsqueeze_classify(0, 0, &result) == -1 &&\n"
        "           tfsqueeze_init(arena, sizeof arena) == 0 &&\n"
        "           tfsqueeze_self_test(&result) == 0 &&\n"
        "           tfsqueeze_classify(0, 0, &result) == 0);\n}\n"
    )
    files = [tmp_path / "small.c", *folder.glob("*.c")]
    subprocess.run(
        [compiler, *WARNINGS, *SANITIZERS, f"-I{folder}", *files, "-o", tmp_path / "small"],
        check=True,
    )
    subprocess.run([tmp_path / "small"], check=True)


@pytest.mark.micro
def test_verify_compares_every_text(compiler, trained_run, topics_folder, monkeypatch):
    from converters.targets.micro import plain_c_verification

    command = ["verify", str(trained_run.folder), "--target", "micro", "--runtime", "c"]
    command += ["--data", str(topics_folder), "--json"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    (part,) = json.loads(result.stdout)["parts"].values()
    assert part["mismatches"].items() >= dict.fromkeys(available_runtimes(), 0).items()

    run = plain_c_verification.run_on_host

    def with_one_wrong_logit(*arguments):
        found = run(*arguments)
        found.outputs["logits"][0, 0] ^= 1
        return found

    monkeypatch.setattr(plain_c_verification, "run_on_host", with_one_wrong_logit)
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    (part,) = json.loads(result.stdout)["parts"].values()
    assert set(part["mismatches"].values()) == {1}


@pytest.mark.micro
@pytest.mark.parametrize(
    "limit, message",
    [
        (
            "FLASH_BYTES",
            r"bytes of flash, the library about [\d,]+, [\d,]+ more than the 2,000 .* train with",
        ),
        ("ARENA_BYTES", r"bytes of RAM, [\d,]+ more than the 2,000 .* max_length below 16"),
    ],
)
def test_what_does_not_fit_is_refused(trained_run, tmp_path, monkeypatch, limit, message):
    monkeypatch.setattr(micro_target, limit, 2000)
    result = export(trained_run, tmp_path / "out")
    assert result.exit_code == 1
    assert re.search(message, " ".join(result.stderr.split())), result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "target, runtime, message",
    [
        ("micro", "rust", "micro has no runtime 'rust'; it has tflite-micro and c"),
        ("android", "c", "android has no runtime 'c'; it has no choice"),
    ],
)
def test_an_unknown_runtime_is_refused(trained_run, tmp_path, target, runtime, message):
    arguments = ["export", str(trained_run.folder), "--target", target, "--runtime", runtime]
    result = CliRunner().invoke(app, [*arguments, "--output", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())
    assert not list(tmp_path.iterdir())


def test_a_runtime_without_a_target_is_refused(trained_run):
    result = CliRunner().invoke(app, ["verify", str(trained_run.folder), "--runtime", "c"])
    assert result.exit_code == 1
    assert "--runtime goes with --target" in " ".join(result.stderr.split())


@pytest.mark.micro
def test_cmake_builds_the_example(exported, tmp_path):
    folder, _ = exported
    subprocess.run(["cmake", "-S", folder, "-B", tmp_path], check=True, capture_output=True)
    subprocess.run(["cmake", "--build", tmp_path], check=True, capture_output=True)
    subprocess.run([tmp_path / "tfsqueeze_example"], check=True)


@pytest.mark.micro
def test_c_plus_plus_takes_the_header(exported, tmp_path):
    folder, _ = exported
    (tmp_path / "main.cc").write_text('#include "tfsqueeze.h"\nint main() { return 0; }\n')
    command = ["g++", "-std=c++11", "-Wall", "-Wextra", "-Werror", f"-I{folder}"]
    subprocess.run([*command, "-fsyntax-only", tmp_path / "main.cc"], check=True)

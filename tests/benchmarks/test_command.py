"""`python -m benchmarks`: reports from a run, and one-line errors."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from benchmarks.cli import app, speed_commands
from benchmarks.comparison import Selection
from converters.reports.page import escape_markdown
from converters.runtime.interpreters import available_runtimes
from tfsqueeze.utils.errors import UserError


def test_files_given_by_path_are_reported(dense_models, tmp_path) -> None:
    files = [str(path) for path in dense_models.values()]
    arguments = [
        "models",
        *files,
        "--only",
        "none of the others",
        "--runtime",
        "litert",
        "--rounds",
        "2",
        "--output-folder",
        str(tmp_path),
    ]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert printed == json.loads((tmp_path / "models.json").read_text())
    (run,) = printed["runs"]
    assert [row["name"] for row in run["models"]] == [f"{file} on litert" for file in files]
    assert run["baseline"] == f"{files[0]} on litert"
    assert run["models"][1]["speedup"] < 1
    assert printed["machine"]["cores"] >= 1
    table = (tmp_path / "models.md").read_text()
    assert all(f"| {escape_markdown(file)} on litert |" in table for file in files)
    assert (tmp_path / "models.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_each_length_is_a_run(dense_models, tmp_path) -> None:
    arguments = ["models", str(dense_models["small"]), "--only", "none", "--runtime", "litert"]
    arguments += ["--rounds", "1", "--length", "16", "--length", "32", "--json"]
    result = CliRunner().invoke(app, [*arguments, "--output-folder", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert [run["length"] for run in json.loads(result.stdout)["runs"]] == [16, 32]


def test_each_backend_runs_its_own_files() -> None:
    selection = Selection(("litert", "onnxruntime", "openvino", "openvino-bfloat16", "ncnn"))
    assert selection.backends_of(".tflite") == ["litert"]
    assert selection.backends_of(".onnx") == ["onnxruntime"]
    assert selection.backends_of(".ncnn.zip") == ["ncnn"]
    both = ["openvino", "openvino-bfloat16"]
    assert selection.backends_of(".openvino.onnx", "openvino-float32-conv") == both
    # int8 products do not change.
    assert selection.backends_of(".openvino.onnx", "openvino-int8-conv") == ["openvino"]


@pytest.mark.benchmarks
def test_formulations_are_trained_and_measured(topics_folder, tmp_path) -> None:
    arguments = [
        "formulations",
        "--data",
        str(topics_folder),
        "--only",
        "as published",
        "--epochs",
        "2",
        "--length",
        "16",
        "--output-folder",
        str(tmp_path),
        "--json",
    ]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    (run,) = json.loads(result.stdout)["runs"]
    assert run["examples"] == 30
    rows = {(row["file"], row["runtime"]): row for row in run["formulations"]}
    assert set(rows) == {
        (file, runtime) for file in ("int8", "mobile") for runtime in available_runtimes()
    }
    for row in rows.values():
        assert row["loss"] == pytest.approx(row["float_accuracy"] - row["accuracy"])
        assert row["agreement_with_qat"] > 0.8
    assert "as published" in (tmp_path / "formulations.md").read_text()
    assert (tmp_path / "formulations.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.benchmarks
def test_the_target_table(topics_folder, tmp_path) -> None:
    arguments = [
        "targets",
        "--data",
        str(topics_folder),
        "--length",
        "16",
        "--epochs",
        "1",
        "--preset",
        "squeezebert-edgetpu",
        "--no-bert",
        "--output-folder",
        str(tmp_path),
        "--json",
    ]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    (run,) = json.loads(result.stdout)["runs"]
    assert run["examples"] == 30
    tpu = next(row for row in run["targets"] if row["target"] == "edgetpu")
    assert tpu["macs_on_device"] == tpu["macs"] > 0
    assert tpu["operators_on_device"] == tpu["operators"]
    assert abs(tpu["score"] - tpu["float_score"]) < 0.2
    assert {row["target"] for row in run["targets"]} | {
        row["target"] for row in run["missing"]
    } >= {"edgetpu", "ethos-u"}
    assert "squeezebert-edgetpu" in (tmp_path / "targets.md").read_text()
    assert (tmp_path / "targets.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.benchmarks
def test_a_row_of_the_suite_is_in_the_target_table(pairs_folder, tmp_path) -> None:
    (tmp_path / "data" / "pairs").mkdir(parents=True)
    (tmp_path / "data" / "pairs" / "mrpc").symlink_to(pairs_folder)
    arguments = ["targets", "--row", "mrpc", "--suite-data", str(tmp_path / "data")]
    arguments += ["--preset", "squeezebert-micro", "--output-folder", str(tmp_path), "--json"]
    result = CliRunner().invoke(app, [*arguments, "--no-bert"])
    assert result.exit_code == 0, result.output
    (run,) = json.loads(result.stdout)["runs"]
    assert (run["data"], run["score"]) == ("mrpc", "accuracy")
    assert all(abs(row["score"] - row["float_score"]) < 0.2 for row in run["targets"])
    # Its layers all attend, which an Edge TPU does not.
    assert any(row["target"] == "edgetpu" for row in run["missing"])
    assert "ethos-u" in {row["target"] for row in run["targets"]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["targets", "--row", "quantum"], "the suite has no row 'quantum'; it has clinc150, "),
        (["targets", "--data", "a", "--length", "16", "--length", "32"], "1 datasets, 2 lengths"),
        (
            ["formulations", "--only", "quantum"],
            "no formulation's name holds quantum; there are micro",
        ),
        (
            ["models", "--runtime", "tensorrt"],
            "'--runtime': 'tensorrt' is not one of 'litert', 'tflite-runtime'",
        ),
        (
            ["operators", "--runtime", "tensorrt"],
            "'--runtime': 'tensorrt' is not one of 'litert', 'tflite-runtime'",
        ),
        (["models", "--only", "gpt", "--runtime", "litert"], "no model's name holds gpt"),
        (["models", "--preset", "squeezebert-huge"], "no preset is named 'squeezebert-huge'"),
    ],
)
def test_errors_are_one_line(arguments, message, tmp_path) -> None:
    result = CliRunner().invoke(app, [*arguments, "--output-folder", str(tmp_path)])
    assert result.exit_code == 1
    errors = [line for line in result.stderr.splitlines() if "error:" in line]
    assert len(errors) == 1
    assert message in errors[0]
    assert "Traceback" not in result.output


def test_a_runtime_that_is_not_installed_is_named(monkeypatch) -> None:
    monkeypatch.setattr(speed_commands, "available_backends", lambda: ["litert"])
    for command in ("models", "operators"):
        result = CliRunner().invoke(app, [command, "--runtime", "onnxruntime"])
        assert result.exit_code == 1
        assert "'onnxruntime' is not available here; there are litert" in result.stderr


def test_selection_keeps_to_the_runtimes_and_names() -> None:
    selection = Selection(("litert",), only=("squeezebert", "bert-base f"))
    names = [spec.name for spec in selection.specs()]
    assert "bert-base float32" in names
    assert "squeezebert-base int8" in names
    assert not any(text in name for name in names for text in ("onnx", "mobilebert", "albert"))
    with pytest.raises(UserError, match="there are bert-base float32"):
        Selection(("litert",), only=("gpt",)).specs()

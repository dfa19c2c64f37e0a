"""`python -m benchmarks instructions`."""

from __future__ import annotations

import json
import shutil

import pytest
from typer.testing import CliRunner

from benchmarks import instructions
from benchmarks.cli import app
from benchmarks.comparison import Selection
from benchmarks.instructions import count_models
from converters.arm64.plugin import InstructionCounts
from converters.arm64.sysroot import Sysroot
from converters.reports.page import escape_markdown


@pytest.mark.arm64
@pytest.mark.skipif(
    shutil.which("qemu-aarch64") is None,
    reason="qemu-aarch64 is not installed (apt-get install qemu-user)",
)
def test_files_are_counted_and_reported(dense_models, tmp_path) -> None:
    files = [str(path) for path in dense_models.values()]
    result = CliRunner().invoke(
        app,
        [
            "instructions",
            *files,
            "--only",
            "none of the others",
            "--runtime",
            "litert",
            "--cpu",
            "cortex-a76",
            "--runs",
            "2",
            "--output-folder",
            str(tmp_path),
            "--json",
        ],
    )
    assert result.exit_code == 0, result.output
    printed = json.loads(result.stdout)
    assert printed == json.loads((tmp_path / "instructions.json").read_text())
    (run,) = printed["runs"]
    assert (run["cpu"], run["runs"], run["baseline"]) == ("cortex-a76", 2, files[0])
    assert run["wheels"]["ai-edge-litert"] == "2.3.0" and "libc6" in run["debian_packages"]
    small, large = run["instructions"]
    assert small["times_fewer"] == 1
    assert large["times_fewer"] == small["total"] / large["total"] < 0.01
    # Four products an instruction, and what is around them.
    macs = 8 * 2048 * 2048
    assert macs / 4 < large["simd"] < large["total"] < macs
    assert large["spread"] < 0.001 * large["total"]
    table = (tmp_path / "instructions.md").read_text()
    assert all(f"| {escape_markdown(file)} on litert |" in table for file in files)
    assert "Instructions are not time" in table
    assert (tmp_path / "instructions.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def counted(monkeypatch, tmp_path):
    """Emulates nothing: a file's name holds the instructions of its runs."""
    monkeypatch.setattr(instructions, "emulator_version", lambda: "an emulator")
    sysroot = Sysroot(tmp_path)
    (tmp_path / "debian_packages.json").write_text("{}")
    monkeypatch.setattr(instructions, "ensure_sysroot", lambda: sysroot)
    monkeypatch.setattr(instructions, "ensure_plugin", lambda: tmp_path / "plugin.so")

    def count(path, backend, cpu, runs):
        calls.append((path, backend, cpu, runs))
        return [InstructionCounts(int(total), 0, 0, 0) for total in path.stem.split("-")]

    calls = []
    monkeypatch.setattr(instructions, "_count", count)
    return calls


@pytest.fixture
def files(tmp_path):
    paths = tuple(tmp_path / name for name in ("900-400-500-600.tflite", "90-40-50-61.tflite"))
    for path in paths:
        path.write_text(path.name)
    return paths


def test_each_runtime_has_its_baseline_and_runs_their_median(counted, files, tmp_path) -> None:
    selection = Selection(("litert", "tflite-runtime"), only=("nothing",), files=files)
    steps = []
    runs = count_models(
        selection,
        ["cortex-a53", "cortex-a76"],
        tmp_path / "kept",
        runs=3,
        progress=lambda *step: steps.append(step),
    )
    assert [run["cpu"] for run in runs] == ["cortex-a53", "cortex-a76"]
    for run in runs:
        rows = run["instructions"]
        assert [row["backend"] for row in rows] == ["litert", "tflite-runtime"] * 2
        assert [row["total"] for row in rows] == [500, 500, 50, 50]
        assert [row["first_total"] for row in rows] == [900, 900, 90, 90]
        assert [row["spread"] for row in rows] == [200, 200, 21, 21]
        assert [row["times_fewer"] for row in rows] == [1, 1, 10, 10]
    assert steps.pop(0) == (0, 8, "preparing the emulator")
    assert [step[:2] for step in steps] == [(done, 8) for done in range(8)]
    assert steps[-1][2] == f"{files[1]} on tflite-runtime, cortex-a76"


def test_an_interrupted_call_goes_on_and_changes_are_counted_anew(counted, files, tmp_path) -> None:
    def count(runs=3, cpus=("cortex-a53", "cortex-a76")):
        before = len(counted)
        selection = Selection(("litert",), only=("nothing",), files=files)
        result = count_models(selection, cpus, tmp_path / "kept", runs=runs)
        return result, len(counted) - before

    first, calls = count(cpus=["cortex-a53"])
    assert calls == 2
    both, calls = count()
    assert calls == 2 and both[0] == first[0]
    assert count(runs=2)[1] == 4
    files[0].write_text("another model")
    assert count()[1] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cpu", "cortex-m4"], "'--cpu': 'cortex-m4' is not one of 'cortex-a53', 'cortex-a76'"),
        (["--runtime", "onnxruntime"], "'onnxruntime' is not one of 'litert', 'tflite-runtime'"),
        (["--only", "gpt"], "no model's name holds gpt"),
        ([], "qemu-aarch64 is not installed; on Debian: apt-get install qemu-user"),
    ],
)
def test_errors_are_one_line_and_come_before_any_work(
    arguments, message, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(instructions, "ensure_models", None)
    result = CliRunner().invoke(app, ["instructions", *arguments, "--output-folder", str(tmp_path)])
    assert result.exit_code == 1
    errors = [line for line in result.stderr.splitlines() if "error:" in line]
    assert len(errors) == 1 and message in errors[0]
    assert list(tmp_path.iterdir()) == []

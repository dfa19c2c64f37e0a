"""The main job on real data, as `make demo` runs it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_demo_keeps_its_promises_on_reuters_r8(tmp_path):
    finished = subprocess.run(
        [
            sys.executable,
            "-c",
            "from tfsqueeze.cli.main import app; app()",
            "demo",
            "--output",
            str(tmp_path / "demo"),
            "--json",
        ],
        capture_output=True,
        text=True,
        timeout=2400,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    results = json.loads(finished.stdout)
    # The command exits with 1 where a check fails; that it made them is for us to see.
    claims = [check["claim"] for check in results["checks"]]
    assert any("at least 96.0 %" in claim for claim in claims)
    assert any("within 0.5 points of float" in claim for claim in claims)
    assert any("predicts as the QAT model does" in claim for claim in claims)
    assert any("post-training" in claim for claim in claims)
    assert all(check["passed"] for check in results["checks"])
    report = tmp_path / "demo" / "report"
    assert json.loads((report / "report.json").read_text())["checks"] == results["checks"]
    assert {"report.md", "report.html"} <= {path.name for path in report.iterdir()}
    assert list(report.glob("*.png"))
    assert (tmp_path / "demo" / "model.tflite").stat().st_size > 0

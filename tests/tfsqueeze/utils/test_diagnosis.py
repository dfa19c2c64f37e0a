"""What `tfsqueeze doctor` finds."""

from __future__ import annotations

import json
import sys
from importlib import metadata

from typer.testing import CliRunner

from converters.runtime import interpreters
from tfsqueeze.cli.main import app
from tfsqueeze.utils.diagnosis import describe_machine, find_parts, why_training_fails

CPU_INFO = "processor\t: 0\nmodel name\t: A Chip\nflags\t\t: fpu avx2 amx_int8 sse\n"


def test_what_is_missing_has_a_remedy():
    def version(name):
        if name != "tensorflow":
            raise metadata.PackageNotFoundError(name)
        return "2.21.0"

    found = {finding.part: finding for finding in find_parts(version, lambda name: None)}
    assert found["tensorflow"].found == "2.21.0"
    assert found["ethos-u-vela"].found is None
    assert "tfsqueeze[ethos-u]" in found["ethos-u-vela"].remedy
    assert found["edgetpu_compiler"].found is None


def test_the_processor_is_described(tmp_path):
    path = tmp_path / "cpuinfo"
    path.write_text(CPU_INFO)
    facts = describe_machine(path)
    assert facts["processor"] == "A Chip"
    assert facts["fast instructions"] == "avx2, amx_int8"
    assert "processor" not in describe_machine(tmp_path / "none")


def test_why_training_fails():
    script = "import sys; sys.exit('no such library: libfoo.so')"
    assert why_training_fails([sys.executable, "-c", script]) == "no such library: libfoo.so"
    assert "status 3" in why_training_fails([sys.executable, "-c", "raise SystemExit(3)"])
    assert why_training_fails([sys.executable, "-c", "pass"]) is None


def test_the_command(monkeypatch):
    result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert "litert" in found["runtimes"]
    assert {"part", "found", "purpose", "remedy"} == set(found["parts"][0])
    text = CliRunner().invoke(app, ["doctor"]).output
    assert "predict: works on " in text and "train, convert: works" in text
    assert found["training"] == {"works": True, "reason": None}
    monkeypatch.setattr(interpreters, "available_runtimes", lambda: [])
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1 and "pip install ai-edge-litert" in result.output

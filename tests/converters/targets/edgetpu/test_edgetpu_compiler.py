"""The compiler's log, in the format of logs in the issues of google-coral/edgetpu.

The tests do not have the compiler itself.
"""

from __future__ import annotations

import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converters.targets.edgetpu import edgetpu_compiler
from converters.targets.edgetpu.rules import MAPPED, NOT_SUPPORTED
from converters.targets.target import OperatorRow
from tfsqueeze.utils.errors import UserError

LOG = """Edge TPU Compiler version 16.0.384591198
Started a compilation timeout timer of 180 seconds.

Model compiled successfully in 412 ms.

Input model: body.tflite
Input size: 179.38KiB
Output model: body_edgetpu.tflite
Output size: 312.64KiB
On-chip memory used for caching model parameters: 155.75KiB
On-chip memory remaining for caching model parameters: 7.52MiB
Off-chip memory used for streaming uncached model parameters: 0.00B
Number of Edge TPU subgraphs: 1
Total number of operations: 6
Operation log: body_edgetpu.log

Model successfully compiled but not all operations are supported by the Edge TPU. A percentage \
of the model will instead run on the CPU, which is slower.
Number of operations that will run on Edge TPU: 4
Number of operations that will run on CPU: 2

Operator                       Count      Status

CONV_2D                        3          Mapped to Edge TPU
ADD                            1          Mapped to Edge TPU
ADD                            1          More than one subgraph is not supported
GATHER                         1          Operation not supported
Compilation child process completed within timeout period.
Compilation succeeded!
"""


def prediction(*rows):
    return [OperatorRow(0, name, "x", (1,), placement, "", 0, (), ()) for name, placement in rows]


def test_a_log_is_read():
    log = edgetpu_compiler.parse_log(LOG)
    assert log.version == "16.0.384591198"
    assert len(log.operators) == 4
    assert log.operators[0] == edgetpu_compiler.LoggedOperators("CONV_2D", 3, MAPPED)
    assert log.operators[-1].status == NOT_SUPPORTED


def test_agreement_is_by_kind_of_operator():
    log = edgetpu_compiler.parse_log(LOG)
    rows = [("CONV_2D", "TPU")] * 3 + [("ADD", "TPU"), ("ADD", "CPU"), ("GATHER", "CPU")]
    assert edgetpu_compiler.compare(prediction(*rows), log).agrees
    other = edgetpu_compiler.compare(prediction(*rows[:-1], ("GATHER", "TPU")), log)
    assert not other.agrees
    assert {"name": "GATHER", "predicted_on_tpu": 1, "compiled_on_tpu": 0, "total": 1} in (
        other.to_dict()["operators"]
    )


@given(st.text())
def test_other_texts_are_refused_or_read(text):
    try:
        log = edgetpu_compiler.parse_log(text)
    except UserError as error:
        assert "no table of operators" in str(error)
    else:
        assert log.operators


def fake_compiler(folder, monkeypatch, script):
    program = folder / edgetpu_compiler.PROGRAM
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_compiler_on_the_path_is_run(tmp_path, monkeypatch):
    """A stand-in that prints a log: what is tested is how it is called and read."""
    (tmp_path / "log.txt").write_text(LOG)
    fake_compiler(tmp_path, monkeypatch, f'test "$1 $2" = "-s -o" && cat {tmp_path}/log.txt')
    assert edgetpu_compiler.is_installed()
    log = edgetpu_compiler.compile_for_edgetpu(tmp_path / "body.tflite", tmp_path)
    assert log == edgetpu_compiler.parse_log(LOG)


def test_a_refusal_is_passed_on(tmp_path, monkeypatch):
    fake_compiler(tmp_path, monkeypatch, "echo Invalid model: body.tflite; exit 1\n")
    with pytest.raises(UserError, match="refused .*body.tflite: Invalid model"):
        edgetpu_compiler.compile_for_edgetpu(tmp_path / "body.tflite", tmp_path)

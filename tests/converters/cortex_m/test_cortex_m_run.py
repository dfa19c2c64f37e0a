"""Emulated microcontrollers compute the logits of the reference kernels, and how fast."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from converters.cortex_m import cortex_m_emulator
from converters.cortex_m.cortex_m_emulator import BOARDS, compile_program, find_tools, run_program
from converters.cortex_m.cortex_m_run import run_on_cortex_m
from converters.runtime.interpreters import open_model
from converters.targets.micro.plain_c import plain_c
from tfsqueeze.utils.errors import UserError

TEXTS = ["the cat and the dog", "Bread, CHEESE & soup!", "", "naïve ☃ " * 20]


def test_a_missing_tool_is_named(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UserError, match="arm-none-eabi-gcc and qemu-system-arm cannot be found"):
        find_tools()


@pytest.mark.micro
def test_the_logits_are_those_of_the_reference_kernels(trained_run, topics_model):
    model = topics_model.read_bytes()
    opened = open_model(model, "litert", "reference")
    ids = trained_run.tokenizer(TEXTS)["input_ids"].numpy()
    expected = np.concatenate([opened.run(row[None]) for row in ids])
    sources = plain_c(trained_run, model)
    runs = {cpu: run_on_cortex_m(sources, [(text,) for text in TEXTS], cpu) for cpu in BOARDS}
    for run in runs.values():
        np.testing.assert_array_equal(run.outputs["logits"], expected)
        assert len(run.instructions) == len(TEXTS)
        assert run.flash_bytes > sources.network_bytes + sources.library.table_bytes
    # 1.1 million for 16 tokens of 32 channels; the DSP instructions save some of them.
    assert 100_000 < min(runs["cortex-m4"].instructions)
    assert max(runs["cortex-m4"].instructions) < min(runs["cortex-m3"].instructions) < 1_500_000


@pytest.mark.micro
def test_instructions_between_marks_are_counted(tmp_path):
    program = tmp_path / "program.c"
    program.write_text(
        '#define MARK() __asm__ volatile("dbg #7")\n'
        "int main(void) {\n"
        "  MARK();\n"
        '  for (int i = 0; i < 1000; i++) __asm__ volatile("nop\\nnop\\nnop");\n'
        "  MARK();\n"
        "  return 0;\n}\n"
    )
    compile_program([program], tmp_path / "program.elf", "cortex-m3")
    (count,) = run_program(tmp_path / "program.elf", "cortex-m3", tmp_path)
    # Three nops, a decrement and a branch, and what stands around the loop.
    assert 4990 <= count <= 5010


@pytest.mark.micro
def test_a_program_that_fails_or_is_no_c_is_an_error(tmp_path):
    program = tmp_path / "program.c"
    program.write_text("int main(void) { return 3; }\n")
    compile_program([program], tmp_path / "program.elf", "cortex-m4")
    with pytest.raises(UserError, match="on an emulated cortex-m4 ended with"):
        run_program(tmp_path / "program.elf", "cortex-m4", tmp_path)
    program.write_text("int main(void) { return x; }\n")
    with pytest.raises(UserError, match="refused the sources: .*'x' undeclared"):
        compile_program([program], tmp_path / "program.elf", "cortex-m4")
    assert cortex_m_emulator.BOARDS.keys() == {"cortex-m3", "cortex-m4"}

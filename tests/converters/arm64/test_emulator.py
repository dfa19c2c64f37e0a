"""What `run_on_arm64` refuses before it emulates anything."""

from __future__ import annotations

import numpy as np
import pytest

from converters.arm64 import emulator
from converters.arm64.emulator import run_on_arm64
from tfsqueeze.utils.errors import UserError

IDS = np.ones([2, 8], np.int32)


@pytest.fixture
def no_emulation(monkeypatch):
    """The emulator seems to be there, and is never needed."""
    monkeypatch.setattr(emulator, "find_emulator", lambda: "qemu-aarch64")
    monkeypatch.setattr(emulator, "ensure_sysroot", None)


def test_a_missing_emulator_says_what_to_install(int8_model, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="qemu-aarch64 is not installed; .*install qemu-user"):
        run_on_arm64(int8_model, IDS)


@pytest.mark.parametrize(
    ("inputs", "options", "message"),
    [
        (IDS, {"cpu": "cortex-m4"}, "processor 'cortex-m4' is unknown"),
        (
            IDS,
            {"runtime": "onnxruntime"},
            "'onnxruntime' has no aarch64 wheel here; there are litert",
        ),
        (IDS[:, :5], {}, r"input_ids has shape \[2, 5\]; the model takes \[1, 8\]"),
        (IDS[:0], {}, "the inputs have no rows"),
        ({"ids": IDS}, {}, "the inputs given are ids; the model takes input_ids"),
    ],
)
def test_bad_arguments_are_refused(no_emulation, int8_model, inputs, options, message) -> None:
    with pytest.raises(UserError, match=message):
        run_on_arm64(int8_model, inputs, **options)


def test_a_damaged_model_is_refused(no_emulation, int8_model) -> None:
    with pytest.raises(UserError, match="truncated or damaged"):
        run_on_arm64(int8_model[: len(int8_model) // 2], IDS)

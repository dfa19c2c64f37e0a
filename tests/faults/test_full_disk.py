"""A command on a full disk ends with one line, and leaves what was there before."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY
from tests.faults import commands
from tests.faults.killed_process import ONE_THREAD

pytestmark = pytest.mark.faults
_KB = 1024


@pytest.fixture
def disk(tmp_path):
    """The folder of a small disk, and a function that changes its size in kilobytes."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def resize(kilobytes, *options):
        size = f"size={kilobytes}k"
        return subprocess.run(
            ["mount", "-t", "tmpfs", "-o", ",".join([*options, size]), "tmpfs", str(folder)],
            capture_output=True,
        )

    if not shutil.which("mount") or resize(64).returncode:
        pytest.skip("this user may not mount a disk of its own")
    yield folder, lambda kilobytes: resize(kilobytes, "remount").check_returncode()
    subprocess.run(["umount", "--lazy", str(folder)], check=False)


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "tfsqueeze", *map(str, arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        env={**os.environ, **ONE_THREAD, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


def complaints(result):
    """Returns what is wrong with the end of a command on a full disk."""
    lines = result.stderr.strip().splitlines()
    if result.returncode != 1:
        yield f"exit status {result.returncode}"
    if "Traceback" in result.stderr:
        yield "a traceback: " + lines[-1]
    elif not lines or "No space left on device" not in lines[-1]:
        yield f"no sentence: {lines[-1:]}"


def temporary_files(folder):
    return [path.name for path in folder.rglob(".*-*") if path.name != ".lock"]


def test_convert_and_export(tally, disk, trained_run):
    folder, resize = disk
    faults, tried = [], 0
    for arguments, path in (
        (["convert", trained_run.folder, "--output"], folder / "model.tflite"),
        (["export", trained_run.folder, "--target", "micro", "--output"], folder / "micro"),
        (["export", trained_run.folder, "--target", "android", "--output"], folder / "android"),
    ):
        resize(64)
        filler = folder / "filler"
        filler.write_bytes(bytes(48 * _KB))
        if path.suffix:
            path.write_text("old")
        result = run(*arguments, path)
        tried += 1
        found = list(complaints(result))
        if path.suffix and path.read_text() != "old":
            found.append("the old result is gone")
        if left := temporary_files(folder):
            found.append(f"it left {left}")
        if found:
            faults.append(f"{arguments[0]} {path.name}: {'; '.join(found)}")
        with contextlib.suppress(OSError):
            path.unlink()
    tally("full disk: convert and export", tried, faults)


def test_train(tally, disk, topics_folder, one_layer_options, tmp_path):
    """At whatever write the disk is full: with more room the run goes on as if nothing was."""
    folder, resize = disk
    options = commands.with_dropout(one_layer_options)
    arguments = [
        "train",
        topics_folder,
        *("--epochs", options.epochs, "--qat-epochs", options.qat_epochs),
        *("--max-length", options.max_length, "--batch-size", options.batch_size),
        *("--vocab-size", options.vocab_size, "--seed", 1, "--target", "micro"),
        "--output",
    ]
    whole = run(*arguments, tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    expected = commands.results(tmp_path / "whole")
    size = sum(path.stat().st_size for path in (tmp_path / "whole").rglob("*")) // _KB
    faults = []
    shares = (0.02, 0.15, 0.3, 0.5, 0.7, 0.9)
    for share in shares:
        resize(max(8, int(share * size)))
        result = run(*arguments, folder / "run")
        found = list(complaints(result))
        resize(4 * size)
        again = run(*arguments, folder / "run")
        if again.returncode:
            found.append(f"it does not resume: {again.stderr.strip().splitlines()[-1:]}")
        elif commands.results(folder / "run") != expected:
            found.append("the resumed run differs")
        if found:
            faults.append(f"train on {share:.0%} of the room: {'; '.join(found)}")
        shutil.rmtree(folder / "run", ignore_errors=True)
    tally("full disk: train", len(shares), faults)

"""Outputs are whole or as they were, whatever happens to the process that writes them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

REPOSITORY = Path(__file__).resolve().parents[3]


def test_an_exception_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), write_atomically(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_folder_replaces_a_folder_at_once(tmp_path):
    """A reader never finds the folder missing, nor files of both versions."""
    path, stop, missing = tmp_path / "folder", threading.Event(), []

    def write(version):
        with write_atomically(path) as temporary:
            temporary.mkdir()
            for index in range(20):
                (temporary / f"{version}-{index}").write_text("")

    def watch():
        while not stop.is_set():
            if not path.exists():
                missing.append(time.monotonic())

    write(0)
    watcher = threading.Thread(target=watch)
    watcher.start()
    for version in range(1, 40):
        write(version)
    stop.set()
    watcher.join()
    assert not missing
    assert {file.name for file in path.iterdir()} == {f"39-{index}" for index in range(20)}
    assert list(tmp_path.iterdir()) == [path]


def test_without_exchanging_names_it_works_too(tmp_path, monkeypatch):
    monkeypatch.setattr("tfsqueeze.utils.files.ctypes.CDLL", lambda *_, **__: object())
    for version in "ab":
        with write_atomically(tmp_path / "folder") as temporary:
            temporary.mkdir()
            (temporary / version).touch()
    assert [file.name for file in (tmp_path / "folder").iterdir()] == ["b"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_a_killed_process_moved_aside_comes_back(tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    (path / "old").touch()
    program = f"""
import os, signal
from pathlib import Path
from tfsqueeze.utils import files
files.ctypes.CDLL = lambda *_, **__: object()
rename = Path.rename
def rename_and_die(self, target):
    rename(self, target)
    os.kill(os.getpid(), signal.SIGKILL)
Path.rename = rename_and_die
with files.write_atomically({str(path)!r}) as temporary:
    temporary.mkdir()
"""
    died = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(REPOSITORY)}
    )
    assert died.returncode == -signal.SIGKILL and not path.exists()
    with pytest.raises(RuntimeError), write_atomically(path):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == [path] and [file.name for file in path.iterdir()] == ["old"]


def test_a_mount_point_is_refused_before_the_work():
    with (
        pytest.raises(UserError, match="^/proc is a mount point, which cannot be replaced; name a"),
        write_atomically("/proc"),
    ):
        raise AssertionError("the work began")


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_a_killed_process_left_is_swept(kind, tmp_path):
    path = tmp_path / "out.bin"
    program = f"""
import sys, time
from tfsqueeze.utils.files import write_atomically
with write_atomically({str(path)!r}) as temporary:
    temporary.mkdir() if {kind == "folder"} else temporary.write_text("half")
    print("ready", flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert process.stdout.readline() == b"ready\n"
    # While it runs, what it writes is its own.
    with write_atomically(path) as temporary:
        temporary.write_text("other")
    assert len(list(tmp_path.iterdir())) == 2
    process.send_signal(signal.SIGKILL)
    process.wait()
    with write_atomically(path) as temporary:
        temporary.write_text("new")
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]

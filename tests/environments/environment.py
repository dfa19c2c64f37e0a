"""Virtual environments of other packages, in which tests open what tfsqueeze wrote, or run it.

Their packages do not go together with TensorFlow's, or with its pinned versions, so each has an
environment of its own in the cache, of the pinned packages in NAME.txt beside this file. A name
such as `train@3.13` is that of the packages in train.txt for another version of Python.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from tfsqueeze.utils.archives import cache_dir

_FOLDER = Path(__file__).parent
_REPOSITORY = _FOLDER.parents[1]


def make_environment(name: str) -> Path:
    """Makes an environment if it is not there; returns its Python."""
    folder = _folder(name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not _ready(folder).exists():
            subprocess.run([_interpreter(name), "-m", "venv", "--clear", folder], check=True)
            pip = [_python(folder), "-m", "pip", "install", "--quiet"]
            subprocess.run([*pip, "--requirement", _requirements(name)], check=True)
            _ready(folder).touch()
    return _python(folder)


def run_in_environment(name: str, script: Path, *arguments: str | Path) -> str:
    """Runs a script with the Python of an environment; returns what it printed.

    Skips the test where there is no such environment.
    """
    folder = _made(name, "make readers")
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [_python(folder), script, *arguments],
        capture_output=True,
        text=True,
        timeout=500,
        env={**variables, "GLOG_minloglevel": "2", "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_tfsqueeze(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a command of tfsqueeze with the packages of an environment.

    Skips the test where there is no such environment.
    """
    folder = _made(name, "make pythons" if "@" in name else f"make {name}")
    return subprocess.run(
        [_python(folder), "-m", "tfsqueeze", *arguments],
        capture_output=True,
        text=True,
        timeout=500,
        env={**os.environ, "PYTHONPATH": str(_REPOSITORY)},
    )


def _made(name: str, command: str) -> Path:
    folder = _folder(name)
    if not _ready(folder).exists():
        pytest.skip(f"no environment {name}; make it with `{command}`")
    return folder


def _requirements(name: str) -> Path:
    return _FOLDER / f"{name.partition('@')[0]}.txt"


def _interpreter(name: str) -> str:
    _, _, version = name.partition("@")
    if not version:
        return sys.executable
    command = f"python{version}"
    # A shim of pyenv may be there without a Python behind it.
    found = shutil.which(command)
    if found is None or subprocess.run([found, "--version"], capture_output=True).returncode:
        raise SystemExit(f"there is no {command} on the PATH; install Python {version}")
    return found


def _folder(name: str) -> Path:
    digest = hashlib.sha256(_requirements(name).read_bytes()).hexdigest()[:12]
    return cache_dir() / "environments" / f"{name}-{digest}"


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _ready(folder: Path) -> Path:
    return folder / ".ready"

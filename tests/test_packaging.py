"""What an installed tfsqueeze promises before any model is made."""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import json
import subprocess
import sys

import pytest

import tfsqueeze

_HEAVY = ("tensorflow", "tf_keras", "keras", "tensorflow_text", "tensorflow_model_optimization")


@pytest.mark.parametrize("module", ["tfsqueeze", "converters", "tfsqueeze.cli.main"])
def test_import_does_not_load_tensorflow(module: str) -> None:
    code = (
        f"import sys, json, {module}; "
        f"print(json.dumps([name for name in {_HEAVY!r} if name in sys.modules]))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == []


def test_version_is_that_of_the_installed_package() -> None:
    assert importlib.metadata.version("tfsqueeze") == tfsqueeze.__version__


def test_command_is_installed_and_loads() -> None:
    (command,) = importlib.metadata.entry_points(group="console_scripts", name="tfsqueeze")
    assert callable(command.load())


def test_presets_are_package_data() -> None:
    folder = importlib.resources.files("tfsqueeze.configs.presets")
    presets = {entry.name: entry for entry in folder.iterdir() if entry.name.endswith(".json")}
    assert "squeezebert-base.json" in presets
    for name, entry in presets.items():
        assert json.loads(entry.read_text(encoding="utf-8"))["hidden_size"] > 0, name


def test_every_lazy_name_of_the_package_is_there() -> None:
    for name in tfsqueeze.__all__:
        assert getattr(tfsqueeze, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Missing'"):
        _ = tfsqueeze.Missing

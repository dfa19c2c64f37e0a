"""What an installed tfsqueeze promises before any model is made."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.resources
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import converters.inference
import tfsqueeze

_HEAVY = ("tensorflow", "tf_keras", "keras", "tensorflow_text", "tensorflow_model_optimization")


@pytest.mark.parametrize(
    "module",
    [
        "tfsqueeze",
        "converters",
        "tfsqueeze.cli.main",
        "converters.inference.text_classification_predictor",
    ],
)
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


@pytest.mark.parametrize("package", [tfsqueeze, converters, converters.inference])
def test_every_lazy_name_of_a_package_is_there(package: ModuleType) -> None:
    for name in package.__all__:
        value = getattr(package, name)
        assert getattr(value, "__name__", name) == name
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="no attribute 'Missing'"):
        _ = package.Missing


@pytest.mark.parametrize("package", [tfsqueeze, converters, converters.inference])
def test_type_checkers_see_the_lazy_names(package: ModuleType) -> None:
    tree = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    assert ast.unparse(block.test) == "TYPE_CHECKING"
    imported = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }
    assert len(imported) == sum(len(node.names) for node in block.body)
    assert imported == package._MODULES
    assert package.__all__ == sorted(imported)

"""The rules of the layout that no linter knows."""

from __future__ import annotations

import ast
import collections
import json
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
MODULES = [
    path
    for package in ("tfsqueeze", "converters")
    for path in sorted((REPOSITORY / package).rglob("*.py"))
]


def _repeated(places: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: where for name, where in places.items() if len(where) > 1}


def test_no_two_modules_have_one_name():
    places = collections.defaultdict(list)
    for path in MODULES:
        if not path.stem.startswith("__"):
            places[path.stem].append(str(path.relative_to(REPOSITORY)))
    assert not _repeated(places)


def test_no_modules_import_each_other():
    # Imports inside functions are for what is heavy, not for what would be a circle.
    graph = grimp.build_graph("tfsqueeze", exclude_type_checking_imports=True, cache_dir=None)
    circles = [
        (module, imported)
        for module in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(module))
        if graph.find_shortest_chain(imported, module)
    ]
    assert circles == []


def test_no_two_public_classes_have_one_name():
    places = collections.defaultdict(list)
    for path in MODULES:
        # Generated code has the names of its schema.
        if path.stem.endswith("_generated"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(path.relative_to(REPOSITORY)))
    assert not _repeated(places)


def test_the_names_of_tasks_stand_in_one_module():
    from tfsqueeze.tasks import TASKS, TaskName

    assert [name.value for name in TaskName] == list(TASKS)
    elsewhere = [
        str(path.relative_to(REPOSITORY))
        for path in MODULES
        # Hugging Face calls a problem type and some tasks by the same words.
        if path.stem not in ("task_names", "problem_type", "pipeline_tags")
        and any(
            isinstance(node, ast.Constant) and node.value in TASKS
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
        )
    ]
    assert elsewhere == []


# What a device must not load to predict.
_HEAVY = ("tensorflow", "tf_keras", "tfsqueeze.data.readers", "tfsqueeze.data.sources")


@pytest.mark.parametrize("names", ["tfsqueeze.tasks", "converters.inference.predictor"])
def test_importing_for_prediction_loads_no_reader_and_no_tensorflow(names):
    code = f"import json, sys, {names}; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(
        subprocess.run(
            [sys.executable, "-c", code], check=True, text=True, capture_output=True
        ).stdout
    )
    assert not [name for name in loaded if name.startswith(_HEAVY)]


def test_predicting_loads_no_reader_and_no_tensorflow(topics_model):
    code = (
        "import json, sys\n"
        "from converters.inference.predictor import Predictor\n"
        f"Predictor.open({str(topics_model)!r}).predict(['the cat'])\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    loaded = json.loads(
        subprocess.run(
            [sys.executable, "-c", code], check=True, text=True, capture_output=True
        ).stdout.splitlines()[-1]
    )
    assert not [name for name in loaded if name.startswith(_HEAVY)]

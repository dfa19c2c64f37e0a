"""The names of the targets, and what all targets have in common."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import pytest

from converters.inference.predictor import Predictor
from converters.targets.registry import TARGETS, load_target
from converters.targets.target import DeviceRow, ExportedFile, ExportResult, Target
from converters.targets.target_names import TargetName
from tfsqueeze.tasks import TASKS, TEXT_CLASSIFICATION
from tfsqueeze.utils.errors import UserError


class ToyTarget(Target):
    """Writes the length of a model, and supports classifiers of single texts."""

    name = "toy"
    title = "Toy"
    supported_tasks = frozenset({TEXT_CLASSIFICATION.name})
    supports_pairs = False

    def _export(self, run, folder, options):
        path = folder / "length.txt"
        path.write_text(str(options.max_length))
        return ExportResult(
            target=self.name,
            summary={"length": str(options.max_length)},
            files=(ExportedFile.from_path(path, folder),),
            devices=(DeviceRow("toy", 2, 1, 10, 5, 3, "1 KiB", None),),
            details={"max_length": options.max_length},
        )


def make_run(task="text-classification", reads_pairs=False):
    return SimpleNamespace(
        folder=Path("runs/mine"),
        task=TASKS[task],
        reads_pairs=reads_pairs,
        options=SimpleNamespace(max_length=128),
    )


def test_each_name_has_a_class():
    assert tuple(TARGETS) == get_args(TargetName)
    for name in TARGETS:
        target = load_target(name)
        assert isinstance(target, Target) and target.name == name and target.title
        assert target.supported_tasks <= set(TASKS)


def test_an_unknown_name_is_refused():
    with pytest.raises(UserError, match="there is no target 'toaster'; there are edgetpu, ethos-u"):
        load_target("toaster")


def test_an_export_is_a_json_able_dict(tmp_path):
    assert ToyTarget().export(make_run(), tmp_path).to_dict() == {
        "target": "toy",
        "max_length": 128,
        "summary": {"length": "128"},
        "files": [{"name": "length.txt", "bytes": 3}],
        "devices": [
            {
                "device": "toy",
                "operators": 2,
                "operators_on_device": 1,
                "macs": 10,
                "macs_on_device": 5,
                "model_bytes": 3,
                "memory": "1 KiB",
                "microseconds": None,
            }
        ],
    }
    assert ToyTarget().export(make_run(), tmp_path, 16).details == {"max_length": 16}


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            make_run("masked-lm"),
            "runs/mine is a model for masked-lm; the target toy takes models for "
            "text-classification of single texts",
        ),
        (
            make_run(reads_pairs=True),
            "runs/mine is a model for text-classification of pairs of texts; the target toy takes "
            "models for text-classification of single texts",
        ),
    ],
)
def test_an_unsupported_run_is_refused_before_anything_is_written(tmp_path, run, message):
    with pytest.raises(UserError) as error:
        ToyTarget().export(run, tmp_path)
    assert str(error.value) == message
    assert not list(tmp_path.iterdir())


def test_a_target_without_accelerator_or_interpreter_says_so():
    with pytest.raises(UserError, match="the target toy has no accelerator to check a file for"):
        ToyTarget().check(b"")
    with pytest.raises(UserError, match="the target toy has no interpreter to verify a run in"):
        ToyTarget().verify(make_run(), {})


def test_the_example_of_contributing_exports_a_run(trained_run, tmp_path):
    text = (Path(__file__).resolve().parents[3] / "CONTRIBUTING.md").read_text("utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    module = {}
    exec(example, module)
    result = module["BoardTarget"]().export(trained_run, tmp_path)
    assert [file.name for file in result.files] == ["model.tflite"]
    (prediction,) = Predictor.open(tmp_path / "model.tflite").predict(["wheat and corn"])
    assert prediction.label in trained_run.label_names

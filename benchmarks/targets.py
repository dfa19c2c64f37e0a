"""Makes the target table: how much of each preset runs on each device, and how accurate it is."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from converters.targets.target import DeviceRow
    from converters.targets.target_names import TargetName
    from tfsqueeze.tasks import Task
    from tfsqueeze.training.trained_run import TrainedRun

# Presets with the size of their vocabulary. With 8,000 tokens, model and tokenizer of
# squeezebert-micro would exceed 1 MB of flash.
PRESETS = {
    "squeezebert-edgetpu": 8000,
    "squeezebert-micro": 5000,
}
# So many texts run on each emulated processor.
_EMULATED_TEXTS = 3


@dataclasses.dataclass(frozen=True)
class TargetData:
    """What presets are trained on and measured with.

    name: what tables call the data. task: the task. splits: the parts; without a test part the
        validation part is what is measured. score: the name of the task's score. training: options
        of `TrainingOptions` instead of those that the data choose.
    """

    name: str
    task: Task
    splits: Any
    score: str
    training: Mapping[str, Any]


def named_data(data: str, max_length: int, epochs: int, seed: int = 0) -> TargetData:
    """Returns labelled texts, as `load_dataset` takes them, with the settings of the demo."""
    from tfsqueeze.data.sources.named_datasets import load_dataset
    from tfsqueeze.tasks import TEXT_CLASSIFICATION

    return TargetData(
        data,
        TEXT_CLASSIFICATION,
        load_dataset(data, seed=seed),
        "accuracy",
        {"max_length": max_length, "epochs": epochs, "patience": 10},
    )


def suite_data(row: str, folder: Path, seed: int = 0) -> TargetData:
    """Returns the data of a row of the suite (`benchmarks/suite/rows.py`).

    row: its name. folder: that of all data. seed: draws the validation part.

    Raises UserError for an unknown row, and where the data cannot be read.
    """
    from benchmarks.suite.rows import ROWS
    from benchmarks.tasks.measured_data import divide
    from benchmarks.tasks.run import as_splits

    if row not in ROWS:
        raise UserError(f"the suite has no row {row!r}; it has {', '.join(ROWS)}")
    settings = ROWS[row]
    return TargetData(
        row,
        settings.task,
        as_splits(divide(settings, folder, seed, None)),
        next(iter(settings.scores)),
        {},
    )


def compare_targets(
    data: TargetData,
    folder: Path,
    *,
    presets: Sequence[str] = tuple(PRESETS),
    seed: int = 0,
    progress: Callable[[str, int, int], Sequence] = lambda *_: (),
) -> dict[str, Any]:
    """Trains each preset on a dataset, from scratch, and exports it to every target.

    Args:
        data: what to train on.
        folder: where the training runs DATA-PRESET are kept. An interrupted run is resumed.
        presets: names among `PRESETS`.
        seed: seed of training.
        progress: see `train_task`.

    Returns:
        A JSON-able dict with the settings, `examples` (number of texts), `targets` and `missing`.
        `targets` has a row for each preset and device: a `converters.targets.target.DeviceRow`
        with `preset`, `target`, `score` (of the int8 file on LiteRT, whose numbers the split or
        compiled form of each target keeps) and `float_score` (of Keras). Rows of the plain C on
        emulated processors have `instructions`, the mean of 3 texts. `missing` says why a target
        has no row for a preset.

    Raises:
        UserError: a preset is unknown.
    """
    from converters.conversion.runs import convert_run
    from converters.inference.float_model import open_float_model
    from converters.inference.predictor import Predictor
    from converters.targets.registry import TARGETS
    from tfsqueeze.recipes.data_facts import find_facts
    from tfsqueeze.recipes.recipe import make_recipe
    from tfsqueeze.training.train_task import train_task

    unknown = [preset for preset in presets if preset not in PRESETS]
    if unknown:
        raise UserError(f"the table has no preset {unknown[0]!r}; it has {', '.join(PRESETS)}")
    test = data.splits.test or data.splits.validation
    facts = find_facts(data.task.name, data.splits)
    rows, missing = [], []
    for index, preset in enumerate(presets):
        given = {"preset": preset, "vocab_size": PRESETS[preset], "seed": seed, **data.training}
        options = make_recipe(facts, given).options
        position = f"{index + 1}/{len(presets)}"
        run = train_task(
            folder / f"{Path(data.name).name}-{preset}",
            data.task,
            data.splits,
            options,
            lambda stage, *counts, position=position: progress(f"{position} {stage}", *counts),
            dataset_name=data.name,
        )
        measured = {
            "preset": preset,
            "score": Predictor.open(convert_run(run)).evaluate(test)[data.score],
            "float_score": open_float_model(run).evaluate(test)[data.score],
        }
        for target in TARGETS:
            try:
                rows += [
                    {**measured, "target": target, **device.to_dict()}
                    for device in _export_devices(target, run)
                ]
            except UserError as error:
                missing.append({"preset": preset, "target": target, "why": str(error)})
        try:
            rows += [{**measured, "target": "micro", **row} for row in _plain_c_rows(run, test)]
        except UserError as error:
            missing.append({"preset": preset, "target": "micro, plain C", "why": str(error)})
    return {
        "data": data.name,
        "score": data.score,
        "seed": seed,
        "epochs": options.epochs,
        "max_length": options.max_length,
        "examples": len(test),
        "targets": rows,
        "missing": missing,
    }


def bert_row(progress: Callable[[int, int, str], None] | None = None) -> dict[str, Any]:
    """Returns the row of BERT-base on the Edge TPU, int8 by the stock converter, 128 tokens.

    Args:
        progress: see `benchmarks.models.ensure_models`, which builds the model on first use; this
            takes some minutes.
    """
    from benchmarks.models import ensure_models, tflite_peers
    from converters.targets.edgetpu.edgetpu_check import check_edgetpu
    from converters.targets.edgetpu.edgetpu_target import device_row

    (spec,) = (spec for spec in tflite_peers(128) if spec.name == "bert-base int8")
    (path,) = ensure_models([spec], progress=progress)
    return {
        "preset": "bert-base, stock int8 conversion",
        "target": "edgetpu",
        "score": None,
        "float_score": None,
        **device_row(check_edgetpu(path), path.stat().st_size).to_dict(),
    }


def _export_devices(target: TargetName, run: TrainedRun) -> tuple[DeviceRow, ...]:
    from converters.targets.registry import load_target

    with tempfile.TemporaryDirectory() as folder:
        return load_target(target).export(run, Path(folder)).devices


def _plain_c_rows(run: TrainedRun, test) -> list[dict[str, Any]]:
    """Returns a row for each emulated processor that runs the plain C of a run.

    Raises UserError where a tool is not installed, or the C computes other outputs than LiteRT.
    """
    from benchmarks.cortex_m import run_texts
    from converters.targets.registry import load_target

    with tempfile.TemporaryDirectory() as folder:
        (device,) = load_target("micro", "c").export(run, Path(folder)).devices
    rows = []
    for measured in run_texts(run, test.sample(_EMULATED_TEXTS, seed=0)):
        if measured["mismatches"]:
            raise UserError(
                f"{measured['processor']} computes other outputs than LiteRT's reference kernels "
                f"for {measured['mismatches']} of {_EMULATED_TEXTS} texts; compare both processors "
                f"with `python -m benchmarks cortex-m {run.folder}`"
            )
        rows.append(
            {
                **device.to_dict(),
                "device": f"{measured['processor']}, plain C, emulated",
                "model_bytes": measured["flash_bytes"],
                "instructions": float(np.mean(measured["instructions"])),
            }
        )
    return rows

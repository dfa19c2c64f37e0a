"""Makes the target table: how much of each preset runs on each device, and how accurate it is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from converters.targets.registry import TargetName
    from converters.targets.target import DeviceRow
    from tfsqueeze.training.trained_run import TrainedRun

# Presets with the size of their vocabulary. With 8,000 tokens, model and tokenizer of
# squeezebert-micro would exceed 1 MB of flash.
PRESETS = {
    "squeezebert-edgetpu": 8000,
    "squeezebert-edgetpu-hybrid": 8000,
    "squeezebert-micro": 5000,
}


def compare_targets(
    data: str,
    folder: Path,
    *,
    max_length: int,
    epochs: int,
    presets: Sequence[str] = tuple(PRESETS),
    seed: int = 0,
    progress: Callable[[str, int, int], Sequence] = lambda *_: (),
) -> dict[str, Any]:
    """Trains each preset on a dataset, as the demo does, and exports it to every target.

    Args:
        data: a dataset, as `load_dataset` takes it. The accuracy is measured on the test split,
            or on the validation split where there is none.
        folder: where the training runs DATA-PRESET are kept. An interrupted run is resumed.
        max_length: length of training and export, in tokens.
        epochs: number of epochs of the float stage.
        presets: names among `PRESETS`.
        seed: seed of the data's split and of training.
        progress: see `train_task`.

    Returns:
        A JSON-able dict with the settings, `examples` (number of texts), `targets` and `missing`.
        `targets` has a row for each preset and device: a `converters.targets.target.DeviceRow`
        with `preset`, `target`, `accuracy` (of the int8 file on LiteRT, whose numbers the split
        or compiled form of each target keeps) and `float_accuracy` (of Keras). `missing` says
        why a target has no row for a preset.

    Raises:
        UserError: the data cannot be read, or a preset is unknown.
    """
    from converters.runtime.workers import predict_logits, run_in_workers
    from converters.targets.registry import TARGETS
    from tfsqueeze.data.sources.named_datasets import load_dataset
    from tfsqueeze.tasks import TEXT_CLASSIFICATION
    from tfsqueeze.training.batches import evaluation_batches, tokenize
    from tfsqueeze.training.train_task import train_task
    from tfsqueeze.training.training_options import TrainingOptions

    unknown = [preset for preset in presets if preset not in PRESETS]
    if unknown:
        raise UserError(f"the table has no preset {unknown[0]!r}; it has {', '.join(PRESETS)}")
    splits = load_dataset(data, seed=seed)
    test = splits.test or splits.validation
    rows, missing = [], []
    for index, preset in enumerate(presets):
        options = TrainingOptions(
            preset=preset,
            model={"hidden_dropout_prob": 0.2},
            max_length=max_length,
            vocab_size=PRESETS[preset],
            epochs=epochs,
            label_smoothing=0.05,
            patience=10,
            seed=seed,
        )
        position = f"{index + 1}/{len(presets)}"
        run = train_task(
            folder / f"{Path(data).name}-{preset}",
            TEXT_CLASSIFICATION,
            splits,
            options,
            lambda stage, *counts, position=position: progress(f"{position} {stage}", *counts),
            dataset_name=data,
        )
        from converters.conversion.runs import convert_run

        ids, labels = tokenize(run.tokenizer, test.texts), test.label_ids(run.label_names)
        ((logits, _),) = run_in_workers(
            predict_logits, [(convert_run(run), ids, "litert", "default")]
        )
        in_keras = run.float_model.predict(evaluation_batches(ids), verbose=0)
        measured = {
            "preset": preset,
            "accuracy": float((logits.argmax(1) == labels).mean()),
            "float_accuracy": float((in_keras.argmax(1) == labels).mean()),
        }
        for target in TARGETS:
            try:
                rows += [
                    {**measured, "target": target, **device.to_dict()}
                    for device in _export_devices(target, run)
                ]
            except UserError as error:
                missing.append({"preset": preset, "target": target, "why": str(error)})
    return {
        "data": data,
        "seed": seed,
        "epochs": epochs,
        "max_length": max_length,
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
        "accuracy": None,
        "float_accuracy": None,
        **device_row(check_edgetpu(path), path.stat().st_size).to_dict(),
    }


def _export_devices(target: TargetName, run: TrainedRun) -> tuple[DeviceRow, ...]:
    from converters.targets.registry import load_target

    with tempfile.TemporaryDirectory() as folder:
        return load_target(target).export(run, Path(folder)).devices

"""The target table: what of each preset runs on each device's accelerator, and how well."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tfsqueeze.utils.errors import UserError

# With the entries of its vocabulary: of 8,000, model and tokenizer would exceed 1 MB of flash.
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

    data: what `load_dataset` takes. The test split is measured, or that for validation where
        there is none.
    folder: takes the training runs, DATA-PRESET, which go on where they were after an
        interruption.
    progress: see `train_classifier`.

    Returns a JSON-able dict: the settings, `examples`, and `targets`: a row for each preset and
    device, as the target's `devices` (see `converters.targets.registry`) with `preset`, and `accuracy`
    (of the int8 file on LiteRT, whose numbers each target's split or compiled form keeps) and
    `float_accuracy` (of Keras). `missing` says why a target has no row for a preset.

    Raises UserError where the data cannot be read or a preset is unknown.
    """
    from converters.runtime.workers import predict_logits, run_in_workers
    from converters.targets.registry import TARGETS
    from tfsqueeze.data.sources.named_datasets import load_dataset
    from tfsqueeze.training.batches import evaluation_batches, tokenize
    from tfsqueeze.training.train_task import train_classifier
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
        place = f"{index + 1}/{len(presets)}"
        run = train_classifier(
            folder / f"{Path(data).name}-{preset}",
            splits,
            options,
            lambda stage, *counts, place=place: progress(f"{place} {stage}", *counts),
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
                    {**measured, "target": target, **device} for device in _devices(target, run)
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
    """BERT-base of 128 tokens, made int8 by the stock converter, on the Edge TPU, as a row of the
    table; built on first use (some minutes)."""
    from benchmarks.models import ensure_models, tflite_peers
    from converters.targets.edgetpu.edgetpu_target import check, device_row

    (spec,) = (spec for spec in tflite_peers(128) if spec.name == "bert-base int8")
    (path,) = ensure_models([spec], progress=progress)
    return {
        "preset": "bert-base, stock int8 conversion",
        "target": "edgetpu",
        "accuracy": None,
        "float_accuracy": None,
        **device_row(check(path), path.stat().st_size),
    }


def _devices(target, run):
    from converters.targets.registry import load_target

    with tempfile.TemporaryDirectory() as folder:
        return load_target(target).export(run, Path(folder))["devices"]

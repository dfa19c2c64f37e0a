"""What the campaign of kills runs: small trainings, conversions, exports and comparisons."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import tf_keras as keras

from converters.conversion.runs import convert
from converters.experiments.comparison import compare
from converters.experiments.comparison_options import ComparisonOptions
from tests.faults.killed_process import BACKUP, STEP
from tfsqueeze.cli.main import app
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.pretraining import pretrain as pretraining
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.training_options import TrainingOptions

_STEPS_PER_BACKUP = 3


class _Steps(keras.callbacks.Callback):
    """Tells audit hooks of each step and of each backup, which TensorFlow itself writes."""

    def on_train_begin(self, logs: Any = None) -> None:
        keras.callbacks.BackupAndRestore._backup = _audited(_BACKUP)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        sys.audit(STEP)


_BACKUP = keras.callbacks.BackupAndRestore._backup


def _audited(backup):
    def run(self, *arguments, **named):
        sys.audit(BACKUP)
        backup(self, *arguments, **named)
        sys.audit(BACKUP)

    return run


def train(folder: Path, data: Path, options: TrainingOptions) -> None:
    """Trains in `folder`, with dropout of every kind."""
    train_task(folder, TEXT_CLASSIFICATION, load_dataset(data), options, lambda *_: [_Steps()])


def with_dropout(options: TrainingOptions) -> TrainingOptions:
    """Returns the options with dropout of every kind, and few epochs."""
    return dataclasses.replace(
        options,
        model={
            **options.model,
            "hidden_dropout_prob": 0.1,
            "attention_probs_dropout_prob": 0.1,
        },
        epochs=3,
        qat_epochs=2,
        patience=3,
        word_dropout=0.1,
        subword_dropout=0.1,
        noisy_copies=1,
    )


def convert_in(folder: Path, run: Path) -> None:
    """Converts a run to a file in `folder`."""
    convert(run, folder / "model.tflite")


def export_in(folder: Path, run: Path, target: str) -> None:
    """Exports a run for a target to `folder/exported`."""
    arguments = ["export", str(run), "--target", target, "--output", str(folder / "exported")]
    app([*arguments, "--json"], standalone_mode=False)


def compare_in(folder: Path, data: Path, backbone: Path) -> None:
    """Compares two methods in `folder`."""
    options = ComparisonOptions(
        seeds=1,
        methods=("majority", "scratch"),
        backbone=str(backbone),
        scratch_epochs=2,
    )
    compare(folder, str(data), lambda seed: load_dataset(data, seed=seed), options)


def pretrain(folder: Path, texts: Path, model: dict[str, Any]) -> None:
    """Pretrains in `folder` with a backup after every third step."""
    pretraining._CHECKPOINT_STEPS = _STEPS_PER_BACKUP
    options = PretrainingOptions(
        "mlm",
        "squeezebert-micro",
        model,
        vocab_size=200,
        max_length=24,
        epochs=2,
        batch_tokens=480,
        learning_rate=1e-2,
    )
    pretraining.pretrain(folder, [texts], options, lambda *_: [_Steps()])


def results(folder: Path) -> dict[str, str]:
    """Returns the digest of everything in a folder that two equal runs have in common.

    Keras files hold the time at which they were written, so their weights count. Times and logs do
    not.
    """
    digests = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or "logs/" in name or path.name in _TIMES:
            continue
        digests[name] = _digest(path)
    return digests


_TIMES = {"seconds.json", "latency.json", ".lock", "lock"}


def _digest(path: Path) -> str:
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as file:
            return _weights_digest(file)
    content = path.read_bytes()
    if path.parent.name.startswith("seed-") and path.suffix == ".json":
        rows = json.loads(content)
        for row in rows:
            row.pop("seconds", None)
        content = json.dumps(rows).encode()
    return hashlib.sha256(content).hexdigest()


def _weights_digest(file: Any) -> str:
    digest = hashlib.sha256()

    def add(name, node):
        # A finished fit needs neither the state of the optimizer nor that of the metrics.
        if isinstance(node, h5py.Dataset) and "layer" in name:
            digest.update(name.encode() + node[()].tobytes())

    with h5py.File(file) as weights:
        weights.visititems(add)
    return digest.hexdigest()

"""What int8 costs each formulation of the graph in accuracy, on every runtime."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tfsqueeze.utils.errors import UserError

# Fields of the config over those of squeezebert-micro, which is the first.
_PUBLISHED = {
    "layer_types": ["attention", "attention"],
    "hidden_act": "gelu",
    "classifier_pooling": "cls",
}
FORMULATIONS: dict[str, dict[str, Any]] = {
    "micro: convolution, attention, relu, maximum": {},
    "as published: attention, gelu, first token": _PUBLISHED,
    "sigmoid_gelu": {**_PUBLISHED, "hidden_act": "sigmoid_gelu"},
    "no_norm": {**_PUBLISHED, "normalization_type": "no_norm"},
    "squeeze_expand in place of feed-forward": {
        **_PUBLISHED,
        "feed_forward_type": "squeeze_expand",
    },
    "squeeze_expand after feed-forward": {**_PUBLISHED, "feed_forward_type": "both"},
}


def compare_formulations(
    data: str,
    folder: Path,
    *,
    only: Sequence[str] = (),
    epochs: int = 6,
    max_length: int = 128,
    seed: int = 0,
    progress: Callable[[str, int, int], Sequence] = lambda *_: (),
) -> dict[str, Any]:
    """Trains each of `FORMULATIONS` on a dataset and measures both profiles on every runtime.

    data: what `load_dataset` takes. The test split is measured, or that for validation where
        there is none.
    folder: takes the training runs, which go on where they were after an interruption.
    only: if given, formulations whose name holds one of these.
    progress: see `train_task`.

    Returns a JSON-able dict: the settings, `examples`, and `formulations`, a row for each file and
    runtime: `accuracy`, `float_accuracy` and `qat_accuracy` of the Keras models, `loss` (the
    float model's accuracy less this one) and `agreement_with_qat`.

    Raises UserError where no formulation is left or the data cannot be read.
    """
    from converters.conversion.runs import MOBILE_FILE, QAT_FILE, convert_run
    from converters.experiments.run_verification import verify_run
    from tfsqueeze.data.sources.named_datasets import load_dataset
    from tfsqueeze.tasks import TEXT_CLASSIFICATION
    from tfsqueeze.training.train_task import train_task
    from tfsqueeze.training.training_options import TrainingOptions

    chosen = {
        name: fields
        for name, fields in FORMULATIONS.items()
        if not only or any(text in name for text in only)
    }
    if not chosen:
        raise UserError(
            f"no formulation's name holds {' or '.join(only)}; there are {'; '.join(FORMULATIONS)}"
        )
    splits = load_dataset(data, seed=seed)
    test = splits.test or splits.validation
    rows = []
    for index, (name, fields) in enumerate(chosen.items()):
        options = TrainingOptions(
            preset="squeezebert-micro",
            model={"hidden_dropout_prob": 0.2, **fields},
            max_length=max_length,
            epochs=epochs,
            qat_epochs=1,
            label_smoothing=0.05,
            learning_rate=1e-3,
            patience=epochs,
            seed=seed,
        )
        position = f"{index + 1}/{len(chosen)}"
        run = train_task(
            folder / splits.train.name / str(list(FORMULATIONS).index(name)),
            TEXT_CLASSIFICATION,
            splits,
            options,
            lambda stage, *counts, position=position: progress(f"{position} {stage}", *counts),
            dataset_name=data,
        )
        files = {QAT_FILE: convert_run(run), MOBILE_FILE: convert_run(run, profile="mobile")}
        measured = verify_run(run, files, test, reference_examples=0)["accuracy"]
        in_keras = {row["model"]: row["accuracy"] for row in measured if row["kernels"] is None}
        rows += [
            {
                "name": name,
                "data": data,
                "file": row["model"].split()[0],
                "runtime": row["runtime"],
                "accuracy": row["accuracy"],
                "float_accuracy": in_keras["Keras float"],
                "qat_accuracy": in_keras["Keras QAT"],
                "loss": in_keras["Keras float"] - row["accuracy"],
                "agreement_with_qat": row["agreement_with_qat"],
            }
            for row in measured
            if row["kernels"] == "default"
        ]
    return {
        "data": data,
        "seed": seed,
        "epochs": epochs,
        "max_length": max_length,
        "examples": len(test),
        "formulations": rows,
    }

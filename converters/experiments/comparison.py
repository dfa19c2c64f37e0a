"""Compares ways to solve a task: baselines, a fine-tuned BERT, and SqueezeBERT."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tf_keras as keras

from converters.conversion.keras_to_tflite import convert_float
from converters.conversion.runs import convert_run
from converters.experiments.comparison_methods import (
    FITTED,
    check_comparable,
    fitted_score,
    fitting_copies,
    fitting_length,
    fitting_methods,
    token_counts,
    training_options,
)
from converters.experiments.comparison_options import METHODS, ComparisonOptions
from converters.experiments.robustness_tasks import find_robustness_task
from converters.inference.float_model import open_float_model
from converters.inference.predictor import Predictor
from converters.runtime.workers import latency, run_in_workers
from tfsqueeze.models.complexity import count_macs
from tfsqueeze.tasks import Task
from tfsqueeze.training.encoded_files import digest_of_parts
from tfsqueeze.training.examples import Examples, add_unlabelled
from tfsqueeze.training.run_folder import claim_folder, lock_folder
from tfsqueeze.training.train_task import train_task
from tfsqueeze.utils.files import write_atomically

_LATENCY_ROUNDS = 40


@dataclasses.dataclass(frozen=True)
class Claim:
    """One claim on the distilled model, with the measured figure.

    Args:
        text: what the figure is, after the figure itself: `points above the teacher`.
        value: the figure.
        unit: `points` of the score between two models, or a `ratio` of their costs.

    Example:
        >>> Claim("of the bytes of the teacher's int8", 0.25, "ratio").value
        0.25
    """

    text: str
    value: float
    unit: Literal["points", "ratio"]


def compare(
    folder: Path,
    data: str,
    task: Task,
    load: Callable[[int], Any],
    options: ComparisonOptions,
    callbacks: Callable[[str, int, int], Sequence] = lambda *_: (),
    progress: Callable[[str, int, int], None] = lambda *_: None,
    announce: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Trains and evaluates every method on one dataset, for every seed.

    Args:
        folder: for the runs and results. Results of an interrupted comparison with the same
            settings are not made again.
        data: the dataset's name.
        task: the task.
        load: returns the dataset's parts for a seed. Methods are evaluated on the test part, or on
            the validation part where there is no test part.
        options: the settings.
        callbacks: as `train_task` takes them, of method and stage.
        progress: as `train_task` takes it, with what is counted as first argument.
        announce: called with the name of each step that begins.

    Returns:
        A JSON-able dictionary: `data`, `task`, `score` (the name of the task's main score),
        `max_length`, `seeds`, `examples` by part, `evaluated_on` and `rows`. A row is a method in
        float32 or int8: `method`, `precision` (None for what is fitted), `scores` (in 0..1, or a
        correlation, for each seed), `mean`, `std` (of the sample; None for one seed), and for a
        .tflite file `bytes`, `macs` and `milliseconds` (median of a batch of one on LiteRT with one
        thread, where all files of the first seed take turns). int8 scores are those of the .tflite
        file on LiteRT.

    Raises:
        UserError: the task has no classical method to compare with, the folder holds a comparison
            with other settings or data, or another process writes to it.
    """
    check_comparable(task)
    with lock_folder(folder):
        return _compare(folder, data, task, load, options, callbacks, progress, announce)


def _compare(
    folder: Path,
    data: str,
    task: Task,
    load: Callable[[int], Any],
    options: ComparisonOptions,
    callbacks: Callable[[str, int, int], Sequence],
    progress: Callable[[str, int, int], None],
    announce: Callable[[str], None],
) -> dict[str, Any]:
    """Compares in a folder that no other process writes to; see `compare`."""
    first = load(0)
    pairs = "token_type_ids" in task.training.input_names(first.train)
    score = find_robustness_task(task, pairs).scores[0]
    learned = add_unlabelled(
        Examples.originals(first.train), first, options.unlabelled, folder / "unlabelled"
    ).dataset
    counts = token_counts(task, learned, options)
    # Without unlabelled texts all rows are of the training part; a question may have several.
    max_length = fitting_length(counts[: len(first.train)] if options.unlabelled else counts)
    copies = fitting_copies(first.train, np.minimum(counts, max_length), options.distilled_tokens)
    settings = json.loads(json.dumps(dataclasses.asdict(options)))
    # More seeds or methods may come later.
    del settings["seeds"], settings["methods"]
    claim_folder(
        folder,
        {
            "data": data,
            "task": task.name,
            "examples": len(first.train),
            "max_length": max_length,
            "options": settings,
            "data_digest": digest_of_parts(learned, first.validation, first.test),
        },
    )
    methods, left_out = fitting_methods(task, pairs, options.methods)
    for method, why in left_out.items():
        announce(f"{data}: without {METHODS[method]}, which {why}")
    scores: dict[tuple[str, str | None], list[float]] = {}
    costs: dict[tuple[str, str | None], dict[str, Any]] = {}
    for seed in range(options.seeds):
        splits = load(seed)
        for method in methods:
            path = folder / f"seed-{seed}" / f"{method}.json"
            if not path.exists():
                announce(f"{data}, seed {seed}: {METHODS[method]}")
                if method in FITTED:
                    fitted = fitted_score(method, task, score, splits)
                    result = [{"method": method, "precision": None, "score": fitted}]
                else:
                    chosen = training_options(
                        task,
                        options,
                        method,
                        max_length,
                        copies,
                        seed,
                        path.with_name("teacher"),
                        pairs=pairs,
                    )
                    result = _train_and_measure(
                        method, task, score, splits, data, chosen, path, callbacks, progress
                    )
                with write_atomically(path) as temporary:
                    temporary.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
            for row in json.loads(path.read_text("utf-8")):
                key = row["method"], row["precision"]
                scores.setdefault(key, []).append(row["score"])
                costs.setdefault(key, {name: row.get(name) for name in ("bytes", "macs")})
    times = _latencies(folder, [key for key in scores if key[1]], announce)
    test = first.test or first.validation
    return {
        "data": data,
        "task": task.name,
        "score": score,
        "max_length": max_length,
        "seeds": options.seeds,
        "examples": {
            "train": len(first.train),
            "validation": len(first.validation),
            "evaluated": len(test),
        },
        "evaluated_on": "test" if first.test else "validation",
        "rows": [
            {
                "method": method,
                "precision": precision,
                "scores": values,
                "mean": float(np.mean(values)),
                "std": float(np.std(values, ddof=1)) if len(values) > 1 else None,
                **costs[method, precision],
                "milliseconds": times.get((method, precision)),
            }
            for (method, precision), values in scores.items()
        ],
    }


def _train_and_measure(method, task, score, splits, data, options, path, callbacks, progress):
    keras.backend.clear_session()
    run = train_task(
        path.with_suffix(""),
        task,
        splits,
        options,
        lambda stage, *counts: callbacks(f"{method}, {stage}", *counts),
        dataset_name=data,
        teacher_progress=lambda *counts: progress("texts through the teacher", *counts),
    )
    files = {
        "float32": convert_float(run.float_model, options.max_length),
        "int8": convert_run(run),
    }
    for precision, content in files.items():
        with write_atomically(_file(path.parent, method, precision)) as temporary:
            temporary.write_bytes(content)
    predictors = {"float32": open_float_model(run), "int8": Predictor.open(files["int8"])}
    first_token_only = run.float_model.reads_first_token_only(run.config)
    macs = count_macs(run.config, options.max_length, first_token_only=first_token_only)
    return [
        {
            "method": method,
            "precision": precision,
            "bytes": len(files[precision]),
            "macs": sum(macs.values()),
            "history": run.history,
            "seconds": run.seconds,
            "score": predictor.evaluate(splits.test or splits.validation)[score],
        }
        for precision, predictor in predictors.items()
    ]


def _file(folder, method, precision):
    return folder / f"{method}-{precision}.tflite"


def _latencies(folder, keys, announce) -> dict[tuple[str, str], float]:
    """Returns the medians of one run in which all files take turns.

    They are measured again where a file is new.
    """
    if not keys:
        return {}
    names = {f"{method} {precision}": (method, precision) for method, precision in keys}
    kept = folder / "latency.json"
    medians = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    if not medians.keys() >= names.keys():
        announce("latency")
        files = {name: _file(folder / "seed-0", *key).read_bytes() for name, key in names.items()}
        (report,) = run_in_workers(latency, [(files, "litert", 1, _LATENCY_ROUNDS)])
        medians = dict(zip(names, (model["median"] for model in report["models"]), strict=True))
        with write_atomically(kept) as temporary:
            temporary.write_text(json.dumps(medians, indent=2) + "\n", "utf-8")
    return {key: medians[name] for name, key in names.items()}


def find_claims(rows: Sequence[dict[str, Any]]) -> list[Claim]:
    """Returns what the project claims of its distilled model, as measured.

    Args:
        rows: those of `compare` for one dataset.

    Returns:
        The claims whose rows were all measured.
    """
    by_key = {(row["method"], row["precision"]): row for row in rows}
    int8, float32 = ("distilled", "int8"), ("distilled", "float32")
    teacher, teacher_int8 = ("teacher", "float32"), ("teacher", "int8")
    pairs = (
        ("points above the teacher", int8, teacher, "mean"),
        ("points above the classical method", int8, ("classical", None), "mean"),
        ("points above from scratch", float32, ("scratch", "float32"), "mean"),
        ("points of int8 above its float", int8, float32, "mean"),
        ("of the bytes of the teacher's int8", int8, teacher_int8, "bytes"),
        ("of the time of the teacher's int8", int8, teacher_int8, "milliseconds"),
    )
    claims = []
    for text, model, other, measure in pairs:
        ours, theirs = (by_key.get(key, {}).get(measure) for key in (model, other))
        if ours is None or theirs is None:
            continue
        if measure == "mean":
            claims.append(Claim(text, 100 * (ours - theirs), "points"))
        else:
            claims.append(Claim(text, ours / theirs, "ratio"))
    return claims

"""Trains and measures a task's models and baselines, over several seeds."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tasks.baselines import baseline_scores
from benchmarks.tasks.measured_data import MeasuredData, divide
from benchmarks.tasks.noise import noise_scores
from benchmarks.tasks.settings import BACKBONE, TASKS, TaskSettings
from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.sources.evaluation_set import load_texts
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

PRECISIONS = ("float32", "int8")
TEACHER, TAUGHT = "teacher", "SqueezeBERT, taught"


@dataclasses.dataclass(frozen=True)
class Choices:
    """What a run of the benchmark may choose.

    training: options of `TrainingOptions` instead of the tasks' own.
    teacher: a pretrained model to fine-tune for each seed, which one more SqueezeBERT then learns
        from; None for no such rows.
    examples: at most so many examples to train on and to measure, for a trial; None for all.
    """

    training: dict[str, Any] = dataclasses.field(default_factory=dict)
    teacher: str | None = None
    examples: int | None = None


def measure_task(
    name: str,
    data: Path,
    folder: Path,
    *,
    seeds: int = 3,
    choices: Choices = Choices(),
    callbacks: Callable[[str, int, int], Sequence] = lambda *_: (),
    announce: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Makes the table of one of `TASKS`.

    data: the folder of all data. folder: takes the runs and the results; those that are there
        from an interrupted call with the same settings are not made again.
    callbacks: as `train_task` takes them. announce: called with what begins.

    Returns a JSON-able dict: `task`, `title`, `note`, `seeds`, `examples` by part, `options` of
    each model's training, `columns` (headings by score) and `rows`: `model`, `precision`
    (`float32` or `int8`, both of the .tflite file on LiteRT; None of baselines) and `scores`, each
    with its `values`, `mean` and `spread` (the standard deviation of a sample; None for one
    value). Baselines are fitted once, to the part for validation too.

    Raises UserError for an unknown task, and where the data cannot be read.
    """
    from tfsqueeze.training.run_folder import claim_folder
    from tfsqueeze.training.training_options import TrainingOptions

    if name not in TASKS:
        raise UserError(f"there is no table of {name!r}; choose some of {', '.join(TASKS)}")
    settings = TASKS[name]

    def training(fields):
        # A model that starts from others' weights has embeddings already.
        return TrainingOptions(
            **fields if fields["pretrained"] is None else {**fields, "spelling_vectors": False}
        )

    options = {
        variant: training({"pretrained": BACKBONE, **settings.training, **more, **choices.training})
        for variant, more in settings.variants.items()
    }
    if choices.teacher is not None:
        first = next(iter(options.values()))
        options[TEACHER] = training(
            {**first.to_dict(), "pretrained": choices.teacher, "qat_epochs": 0}
        )
        # Its folder is another for each seed.
        options[TAUGHT] = dataclasses.replace(first, teacher=TEACHER)
    train, validation, test = divide(settings, data, 0, choices.examples)
    folder = folder / name
    claim_folder(
        folder,
        {
            "data": str(settings.folder),
            "examples": len(train),
            "options": {key: one.to_dict() for key, one in options.items()},
        },
    )
    others = settings.out_of_scope and load_texts(data / settings.folder / settings.out_of_scope)
    found = []
    for baseline in settings.baselines:
        found += _kept(
            folder / f"{baseline}.json",
            lambda path, baseline=baseline: [
                {
                    "precision": None,
                    **baseline_scores(
                        baseline, settings, concatenate([train, validation]), test, others
                    ),
                }
            ],
            lambda baseline=baseline: announce(f"{name}: {baseline}"),
        )
    for seed in range(seeds):
        for variant, one in options.items():
            seed_folder = folder / f"seed-{seed}"
            teacher = {} if one.teacher is None else {"teacher": str(seed_folder / one.teacher)}
            one = dataclasses.replace(one, seed=seed, **teacher)
            found += _kept(
                seed_folder / f"{variant}.json",
                lambda path, one=one, seed=seed, variant=variant: _train_and_measure(
                    variant,
                    settings,
                    divide(settings, data, seed, choices.examples),
                    one,
                    str(data / settings.folder),
                    others,
                    path.with_suffix(""),
                    callbacks,
                ),
                lambda seed=seed, variant=variant: announce(f"{name}, seed {seed}: {variant}"),
            )
    return {
        "task": name,
        "title": settings.title,
        "note": settings.note,
        "seeds": seeds,
        "examples": {"train": len(train), "validation": len(validation), "test": len(test)},
        "options": {key: one.to_dict() for key, one in options.items()},
        "columns": settings.scores,
        "rows": _rows(found, settings.scores),
    }


def _kept(path: Path, make: Callable[[Path], list], before: Callable[[], None]) -> list:
    """What is in a file of results, which are made where it is not there."""
    if not path.exists():
        before()
        results = make(path)
        with write_atomically(path) as temporary:
            temporary.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    return json.loads(path.read_text("utf-8"))


def train_and_convert(variant, measured: MeasuredData, parts, options, data, folder, callbacks):
    """Trains a model in a folder, and writes its files beside it.

    variant: the name of the model. parts: training, validation and test part. options: a
        `TrainingOptions`. data: the name of the data. folder, callbacks: as `train_task` takes
        them.

    Returns the `TrainedRun`, and the bytes of its .tflite file of each of `PRECISIONS`.
    """
    import tf_keras as keras

    from converters.conversion.keras_to_tflite import convert_float
    from converters.conversion.runs import convert_run, pack
    from tfsqueeze.training.train_task import train_task

    keras.backend.clear_session()
    run = train_task(
        folder,
        measured.task,
        as_splits(parts),
        options,
        lambda stage, *counts: callbacks(f"{variant}, {stage}", *counts),
        dataset_name=data,
    )
    contents = {
        "float32": pack(
            run, convert_float(run.float_model, options.max_length), options.max_length
        ),
        "int8": convert_run(run),
    }
    for precision in PRECISIONS:
        with write_atomically(folder.with_name(f"{variant}-{precision}.tflite")) as temporary:
            temporary.write_bytes(contents[precision])
    return run, contents


def as_splits(parts):
    """Returns training, validation and test part as the splits of a dataset."""
    from tfsqueeze.data.datasets.number_dataset import NumberDataset, NumberDatasetSplits
    from tfsqueeze.data.datasets.question_dataset import QuestionDataset, QuestionDatasetSplits
    from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
    from tfsqueeze.data.datasets.token_dataset import TokenDataset, TokenDatasetSplits

    kinds = {
        TextDataset: TextDatasetSplits,
        NumberDataset: NumberDatasetSplits,
        TokenDataset: TokenDatasetSplits,
        QuestionDataset: QuestionDatasetSplits,
    }
    return kinds[type(parts[0])](*parts)


def _train_and_measure(
    variant, settings: TaskSettings, parts, options, data, others, folder, callbacks
):
    from converters.inference.predictor import Predictor

    run, contents = train_and_convert(variant, settings, parts, options, data, folder, callbacks)
    rows = []
    for precision in PRECISIONS:
        predictor = Predictor.open(contents[precision])
        scores = (
            noise_scores(
                lambda texts, predictor=predictor: np.array(
                    [list(one.probabilities.values()) for one in predictor.predict(texts)]
                ),
                predictor.classes["logits"],
                parts[2],
            )
            if settings.noises
            else _flat(predictor.evaluate(parts[2], out_of_scope=others))
        )
        rows.append(
            {
                "model": variant,
                "precision": precision,
                "history": run.history,
                "seconds": run.seconds,
                "bytes": len(contents[precision]),
                "scores": {score: scores[score] for score in settings.scores if score in scores},
            }
        )
    return rows


def _flat(metrics):
    """Metrics in one level: those of languages as `f1_en`, those of texts out of scope by name."""
    languages = {
        f"{score}_{language}": value
        for language, scores in metrics.get("per_language", {}).items()
        for score, value in scores.items()
    }
    return {**metrics, **metrics.get("out_of_scope", {}), **languages}


def _rows(found, columns):
    by_key: dict[tuple, dict[str, list[float]]] = {}
    for row in found:
        scores = by_key.setdefault((row["model"], row["precision"]), {})
        for name in columns:
            if name in row["scores"]:
                scores.setdefault(name, []).append(row["scores"][name])
    rows = []
    for (model, precision), scores in by_key.items():
        measured = {}
        for name, values in scores.items():
            measured[name] = mean_and_spread(values)
        rows.append({"model": model, "precision": precision, "scores": measured})
    return rows


def mean_and_spread(values: Sequence[float]) -> dict[str, Any]:
    """Returns the `values`, their `mean`, and their `spread` as `measure_task` describes it."""
    return {
        "values": list(values),
        "mean": float(np.mean(values)),
        "spread": float(np.std(values, ddof=1)) if len(values) > 1 else None,
    }

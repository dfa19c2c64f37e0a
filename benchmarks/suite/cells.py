"""Makes the cells of the suite, each once: a model or a baseline on a row's data, for one seed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.suite.rows import ROWS, SuiteRow, source_of
from benchmarks.tasks.measured_data import divide
from benchmarks.tasks.run import PRECISIONS, as_splits, train_and_convert
from tfsqueeze.recipes.data_facts import DataFacts, find_facts
from tfsqueeze.recipes.recipe import make_recipe
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically
from tfsqueeze.utils.json_files import read_json

# Their results are the same for each seed.
BASELINES = ("majority", "classical")
_ROUNDS = 30


@dataclasses.dataclass(frozen=True)
class SuiteModel:
    """A pretrained model that is fine-tuned on each row.

    title: what tables call it. pretrained: its name or folder.
    """

    title: str
    pretrained: str


# In the order of the columns.
MODELS: dict[str, SuiteModel] = {
    "tiny": SuiteModel("squeezebert-tiny", "squeezebert-tiny"),
    "small": SuiteModel("squeezebert-small", "squeezebert-small"),
    "minilm": SuiteModel("MiniLM", "all-minilm-l6-v2"),
}
COLUMNS = (*BASELINES, *MODELS)


@dataclasses.dataclass(frozen=True)
class SuiteChoices:
    """What a run of the suite may choose.

    rows, models: names among `ROWS` and `COLUMNS`; a trained model may be `NAME=FOLDER`, which
        starts from the weights in that folder. Without any, all rows, and all models whose weights
        have a name.
    seeds: how many seeds each trained model gets.
    examples: at most so many examples to train on and to measure, for a trial; None for all.
    training: options of `TrainingOptions` instead of those that the data choose.

    Raises UserError for unknown names.
    """

    rows: Sequence[str] = ()
    models: Sequence[str] = ()
    seeds: int = 3
    examples: int | None = None
    training: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        for chosen, known in (
            (self.rows, ROWS),
            (self.sources(), COLUMNS),
        ):
            for name in chosen:
                if name not in known:
                    raise UserError(f"there is no {name!r}; choose some of {', '.join(known)}")

    def sources(self) -> dict[str, str | None]:
        """Returns the columns to make, and the weights that each starts from."""
        sources: dict[str, str | None] = dict.fromkeys(BASELINES)
        sources |= {name: model.pretrained for name, model in MODELS.items()}
        if not self.models:
            return sources
        chosen = [model.partition("=") for model in self.models]
        for name, sign, folder in chosen:
            if sign and (name not in MODELS or not folder):
                raise UserError(
                    f"{name}={folder} is no model and folder; choose some of {', '.join(MODELS)}"
                )
        return {name: folder or sources.get(name) for name, _, folder in chosen}

    def folder(self, folder: Path) -> Path:
        """Returns where the cells are kept, in the folder of all results."""
        trial = "" if self.examples is None else f"-of-{self.examples}"
        return folder / f"suite{trial}"


def make_cells(
    choices: SuiteChoices,
    data: Path,
    folder: Path,
    *,
    callbacks: Callable[[str], Callable[[str, int, int], Sequence]] = lambda _: lambda *_: (),
    announce: Callable[[str], None] = lambda _: None,
) -> Iterator[Path]:
    """Makes the chosen cells that are not there yet.

    data: the folder of all data. folder: keeps the cells; see `SuiteChoices.folder`. callbacks:
        takes the name of a row, and returns what `train_task` takes. announce: called with what
        begins.

    Yields the file of each cell that it made. A file holds `settings`, on which the result
    depends; `examples` by part; `model`, the name of a baseline, or of the weights; and `results`,
    one for each of `PRECISIONS` or a single one of a baseline: `precision`, `scores` by name and,
    of trained models, `bytes` and `milliseconds` (the median of one text on LiteRT, one thread).

    Raises UserError where the data cannot be read, or a cell was made with other settings.
    """
    for row in choices.rows or ROWS:
        for column, source in choices.sources().items():
            for seed in range(1 if column in BASELINES else choices.seeds):
                path = folder / row / f"{column}-{seed}.json"
                given = {**choices.training, "pretrained": source, "seed": seed}
                if path.exists():
                    _check(path, row, given, choices.examples)
                    continue
                announce(f"{row}, {column}, seed {seed}")
                parts = divide(ROWS[row], data, seed, choices.examples)
                if column in BASELINES:
                    settings = _settings(row, choices.examples)
                    result = measure_baseline(ROWS[row], column, parts)
                else:
                    facts = find_facts(ROWS[row].task.name, as_splits(parts))
                    settings = _settings(row, choices.examples, facts, given)
                    result = _trained(
                        ROWS[row], settings, parts, path.with_suffix(""), callbacks(row)
                    )
                if result is None:
                    continue
                names = ("train", "validation", "test")
                sizes = {name: len(part) for name, part in zip(names, parts, strict=True)}
                cell = {"settings": settings, "examples": sizes, **result}
                with write_atomically(path) as temporary:
                    temporary.write_text(json.dumps(cell, indent=1) + "\n", "utf-8")
                yield path


def _settings(
    row: str,
    examples: int | None,
    facts: DataFacts | None = None,
    given: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Returns what the result of a cell depends on, JSON-able.

    facts: those of the data, which choose what `given` leaves open; None for a baseline.
    """
    settings = {"data": ROWS[row].folder, "max_examples": examples}
    if facts is not None:
        options = make_recipe(facts, given or {}).options
        settings |= {"facts": dataclasses.asdict(facts), "options": options.to_dict()}
    return json.loads(json.dumps(settings))


def _check(path: Path, row: str, given: dict[str, Any], examples: int | None) -> None:
    kept = read_json(path).get("settings").object()
    fields = kept.get("facts", {})
    # Baselines have none, and cells of earlier versions may have others.
    known = {field.name for field in dataclasses.fields(DataFacts)}
    facts = DataFacts(**fields) if fields.keys() == known else None
    if kept != _settings(row, examples, facts, given):
        raise UserError(f"{path} was made with other settings; remove it, or choose another folder")


def measure_baseline(row: SuiteRow, column: str, parts) -> dict[str, Any] | None:
    """Returns `model` and `results` of a cell; None if the data have no such baseline.

    row: the data. column: one of `BASELINES`. parts: training, validation and test part.
    """
    from benchmarks.suite.baselines import classical_predictions, majority_predictions
    from tfsqueeze.data.datasets.concatenation import concatenate

    train, validation, test = parts
    found = (
        majority_predictions(concatenate([train, validation]), test)
        if column == "majority"
        else classical_predictions(train, validation, test)
    )
    if found is None:
        return None
    name, predictions = found
    classes = _classes(row, test, predictions)

    def evaluate(part, rows):
        chosen = {output: [values[x] for x in rows] for output, values in predictions.items()}
        return row.task.metrics(part, chosen, classes)

    return {
        "model": name,
        "results": [{"precision": None, "scores": row_scores(row, test, evaluate)}],
    }


def _classes(row: SuiteRow, test, predictions) -> dict[str, list[str]]:
    """The names of the classes of each output: those that occur."""
    classes = {}
    for output, column in row.task.label_columns.items():
        names = [*getattr(test, column), *predictions[output]]
        flat = [x for name in names for x in ([name] if isinstance(name, str) else name)]
        classes[output] = sorted(set(flat))
    return classes


def _trained(row: SuiteRow, settings, parts, folder: Path, callbacks) -> dict[str, Any]:
    from converters.inference.predictor import Predictor
    from converters.runtime.latency import measure_latency
    from tfsqueeze.training.training_options import TrainingOptions

    options = TrainingOptions(**settings["options"])
    run, contents = train_and_convert(
        folder.name, row, parts, options, row.folder, folder, callbacks
    )
    report = measure_latency(contents, rounds=_ROUNDS, vocab_size=run.config.vocab_size)
    latencies = {model.name: model.median for model in report.models}
    results = []
    for precision in PRECISIONS:
        predictor = Predictor.open(contents[precision])
        results.append(
            {
                "precision": precision,
                "scores": row_scores(row, parts[2], lambda part, _, p=predictor: p.evaluate(part)),
                "bytes": len(contents[precision]),
                "milliseconds": round(latencies[precision], 4),
            }
        )
    return {
        "model": options.pretrained,
        "seconds": run.seconds,
        "history": run.history,
        "results": results,
    }


def row_scores(row: SuiteRow, test, evaluate: Callable[[Any, list[int]], dict]) -> dict[str, float]:
    """Returns a row's scores.

    row: the data. test: the test part.
    evaluate: takes a part of the test examples and their numbers, and returns metrics.
    """
    if not row.sources:
        found = _flat(evaluate(test, list(range(len(test)))))
        return {name: found[name] for name in row.scores}
    by_source = {}
    for source in row.sources:
        rows = [number for number, name in enumerate(test.ids) if source_of(name) == source]
        if rows:
            by_source[source] = evaluate(test.take(rows), rows)
    means = {
        name: float(np.mean([found[name] for found in by_source.values()]))
        for name in ("f1", "exact_match")
    }
    return {**means, **{f"f1_{source}": found["f1"] for source, found in by_source.items()}}


def _flat(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics, with the F1 of each class as `f1_CLASS`."""
    of_classes = {f"f1_{one['label']}": one["f1"] for one in metrics.get("per_class", ())}
    return {**metrics, **of_classes}

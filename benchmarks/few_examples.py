"""How long a model must train on few examples: its score by the number of examples that it sees."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.suite.cells import measure_baseline, row_scores
from benchmarks.suite.rows import ROWS
from benchmarks.tasks.measured_data import divide
from benchmarks.tasks.run import as_splits

# So many epochs, however few the examples are, or else so many examples that are seen.
_EPOCHS = 4
_EXAMPLES_SEEN = (3_200, 9_600)
_TEST_EXAMPLES = 800
# Of the examples that a user has, this share chooses the epoch.
_VALIDATION = 0.2


class FewExamples(NamedTuple):
    """A few examples of a row of the suite.

    row: its name. examples: their number. classes: how many of its labels are taken, in their
    order; None for all.
    """

    row: str
    examples: int
    classes: int | None = None


CASES = (
    FewExamples("sst2", 100),
    FewExamples("sst2", 500),
    FewExamples("clinc150", 100, 10),
    FewExamples("mrpc", 200),
)


def measure_few_examples(
    data: Path,
    cases: Sequence[FewExamples] = CASES,
    examples_seen: Sequence[int | None] = (None, *_EXAMPLES_SEEN),
    *,
    seed: int = 0,
    announce: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Trains on few examples, with the other settings of `train`, and measures in float.

    data: the folder of all data. cases: what to train on. examples_seen: how many examples a model
        sees in all its epochs; None for 4 epochs. seed: draws the examples, and is that of
        training. announce: called with what was trained, and its score.

    Returns a JSON-able dict: `few-examples` has a row for each training: `name` of the data,
    `score_name`, `examples`, `epochs`, `score` on at most 800 examples, the `classical` baseline's
    and `seconds`.
    """
    rows = []
    for case in cases:
        row = ROWS[case.row]
        train, _, test = divide(row, data, 0, None)
        if case.classes is not None:
            kept = set(sorted(set(train.labels))[: case.classes])
            train, test = (_with_labels(part, kept) for part in (train, test))
        test = test.sample(min(len(test), _TEST_EXAMPLES), seed=0)
        drawn = train.sample(case.examples, seed=seed)
        count = round(_VALIDATION * case.examples)
        validation, train = drawn.take(range(count)), drawn.take(range(count, case.examples))
        name, score = next(iter(row.scores.items()))
        parts = train, validation, test
        baseline = measure_baseline(row, "classical", parts)
        for seen in examples_seen:
            epochs = _EPOCHS if seen is None else -(-seen // len(train))
            model, seconds = _train(row.task, parts, epochs, seed)
            found = row_scores(row, test, lambda part, _, model=model: model.evaluate(part))
            announce(
                f"{row.title}, {case.examples} examples, {epochs} epochs: {score} {found[name]:.4f}"
            )
            rows.append(
                {
                    "name": row.title,
                    "score_name": score,
                    "examples": case.examples,
                    "epochs": epochs,
                    "score": found[name],
                    "classical": baseline["results"][0]["scores"][name],
                    "seconds": seconds,
                }
            )
    return {"seed": seed, "few-examples": rows}


def _with_labels(part: Any, labels: set[str]) -> Any:
    return part.take([index for index, label in enumerate(part.labels) if label in labels])


def _train(task, parts, epochs, seed) -> tuple[Any, float]:
    """Returns the trained float model, which evaluates, and the seconds of training."""
    import tf_keras as keras

    from converters.inference.float_model import open_float_model
    from tfsqueeze.recipes.data_facts import find_facts
    from tfsqueeze.recipes.recipe import make_recipe
    from tfsqueeze.training.train_task import train_task

    splits = as_splits(parts)
    given = {"epochs": epochs, "qat_epochs": 0, "seed": seed, "patience": epochs}
    options = make_recipe(find_facts(task.name, splits), given).options
    with tempfile.TemporaryDirectory() as folder:
        keras.backend.clear_session()
        run = train_task(Path(folder) / "run", task, splits, options)
        return open_float_model(run), run.seconds["float"]

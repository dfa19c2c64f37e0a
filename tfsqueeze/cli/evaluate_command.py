"""`tfsqueeze evaluate`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from converters.runtime.interpreters import Runtime as RuntimeName
from tfsqueeze.cli.arguments import (
    Json,
    KeepNanLabels,
    LabelColumn,
    LabelSeparator,
    Runtime,
    TextColumn,
    TextPairColumn,
    Threads,
)
from tfsqueeze.cli.console import Table, counting_progress, output, print_json, print_step
from tfsqueeze.cli.measured_data import load_measured
from tfsqueeze.data.readers.label_checks import LABEL_SEPARATOR
from tfsqueeze.utils.logging import load_tensorflow
from tfsqueeze.utils.unused_options import refuse_unused

if TYPE_CHECKING:
    from tfsqueeze.tasks import Task

# Given a task, the data that a model of it was trained on, the seed of that, and whether the model
# reads pairs: the labelled examples.
LoadTest = Callable[[Any, str | None, int, bool], Any]
_RUNTIME: RuntimeName = "litert"
_THREADS = 1


def evaluate(
    model: Annotated[
        str,
        typer.Argument(
            help="A .tflite file that `tfsqueeze convert` wrote; or a run or a fine-tuned "
            "checkpoint, whose float model is measured."
        ),
    ],
    data: Annotated[
        str,
        typer.Argument(
            help="Labelled file of the kind that the model was trained on, a folder, or the name "
            "of a dataset."
        ),
    ],
    out_of_scope: Annotated[
        Path | None,
        typer.Option(
            help="Texts that have none of the labels, on the lines of a .txt file or in a table. "
            "Measures how well the model's confidence tells them from those of DATA."
        ),
    ] = None,
    runtime: Runtime = _RUNTIME,
    threads: Threads = _THREADS,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    text_pair_column: TextPairColumn = None,
    keep_nan_labels: KeepNanLabels = False,
    label_separator: LabelSeparator = LABEL_SEPARATOR,
    by_language: Annotated[
        bool,
        typer.Option(
            "--by-language",
            help="Identify the language of each text, for scores per language, unless the data "
            "name it.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Measure how good the predictions of a model are on labelled data.

    For texts: accuracy, macro F1 and scores per label. For texts with several
    labels: micro and macro F1, mean average precision, and the share of texts
    whose labels are all right. For numbers: Pearson's and Spearman's
    correlation, R2, and the mean absolute error. For tagged words: precision,
    recall and F1 of whole spans. For intents with slots: both, and the share of
    commands that are right as a whole. For answers: exact match and F1 of
    words, as in SQuAD's script, and the calibration error of the
    probabilities. For sentence embeddings: the mean cosine to the
    teacher's; for pairs Spearman's correlation of the cosines and the numbers
    in --label-column, or, if these are 0 and 1 or missing, how often the second
    text of a pair is the nearest or one of the ten nearest to the first. For
    masked words: the share that is found, and perplexity. If the data name
    languages, there are scores per language: in a column `lang`, by folders
    such as en/ and de/, or by words such as `en:Berlin`. --by-language
    identifies them.

    If DATA is the dataset that the model was trained on, the held-out part of
    it is used. Its path may be written in another way than in training.

    Examples:
      tfsqueeze evaluate mine.tflite held_out.csv

      tfsqueeze evaluate my_checkpoint/ held_out.csv

      tfsqueeze evaluate intents.tflite clinc150/ --out-of-scope clinc150/oos_val.tsv
    """
    from tfsqueeze.data.datasets.language_identification import with_languages
    from tfsqueeze.data.sources.evaluation_set import load_texts
    from tfsqueeze.tasks.named_columns import check_columns

    def load_test(task, trained_on, seed, reads_pairs):
        print_step(f"loading {data}")
        columns = {
            "text_column": text_column,
            "label_column": label_column,
            "text_pair_column": text_pair_column,
            "keep_nan_labels": keep_nan_labels,
            "label_separator": label_separator,
        }
        if out_of_scope is None:
            # Texts out of scope are read with the same columns.
            check_columns(task, data, **columns)
        return load_measured(
            task, data, columns, trained_on=trained_on, seed=seed, reads_pairs=reads_pairs
        )

    def load_named(*arguments):
        test = load_test(*arguments)
        return with_languages(test) if by_language else test

    if _is_source(model):
        opened = _open_float_model
        named = ["--runtime"] if runtime != _RUNTIME else []
        named += ["--threads"] if threads != _THREADS else []
        refuse_unused(named, [(option, "a .tflite file") for option in named])
    else:
        opened = _open_file
    predictor, test = opened(model, load_named, runtime, threads)
    others = (
        None
        if out_of_scope is None
        else load_texts(str(out_of_scope), text_column, text_pair_column)
    )
    with counting_progress() as progress:
        metrics = predictor.evaluate(
            test, lambda *counts: progress("predicting", *counts), out_of_scope=others
        )
    if json:
        print_json(metrics)
    else:
        _print_scores(metrics, predictor.task)


def _print_scores(metrics: dict[str, Any], task: Task) -> None:
    output.print(
        ", ".join(
            f"{_named(score.name)} {score.text(metrics[score.name])}"
            for score in task.scores
            if score.name in metrics
        )
    )
    for kind in ("has_answer", "no_answer"):
        if kind in metrics:
            part = metrics[kind]
            output.print(
                f"{_named(kind)}: {part['questions']:,} questions, exact match "
                f"{100 * part['exact_match']:.2f} %, F1 {100 * part['f1']:.2f} %"
            )
    if "expected_calibration_error" in metrics:
        output.print(
            f"expected calibration error {100 * metrics['expected_calibration_error']:.2f} %"
        )
    if "out_of_scope" in metrics:
        found = metrics["out_of_scope"]
        output.print(
            f"{found['texts']:,} texts out of scope: AUROC {found['auroc']:.4f} by the "
            f"highest probability, {found['energy_auroc']:.4f} by energy"
        )
    if "per_language" in metrics:
        table = Table("language", *(_named(score.name) for score in task.scores), "texts")
        for language, row in metrics["per_language"].items():
            table.add_row(
                language,
                *(score.text(row[score.name]) for score in task.scores),
                str(row["examples"]),
            )
        output.print(table)
    for kind, rows, counted in (
        ("label", metrics.get("intents", metrics).get("per_class"), "texts"),
        ("type", metrics.get("slots", metrics).get("per_type"), "spans"),
    ):
        if rows is not None:
            _print_rows(kind, rows, counted)


def _print_rows(kind: str, rows: list[dict[str, Any]], counted: str) -> None:
    """Prints the scores of each label or type."""
    table = Table(kind, "precision", "recall", "F1", counted)
    for row in rows:
        table.add_row(
            row[kind],
            *(f"{100 * row[name]:.2f}" for name in ("precision", "recall", "f1")),
            str(row["support"]),
        )
    output.print(table)


def _is_source(model: str) -> bool:
    """Returns whether a run or a checkpoint is meant, and no file."""
    path = Path(model)
    # A hub id may have a dot, as a file has before its format.
    return path.is_dir() or not (path.exists() or path.suffix == ".tflite")


def _open_file(model: str, load_test: LoadTest, runtime: Runtime, threads: int) -> tuple[Any, Any]:
    from converters.inference.predictor import Predictor

    predictor = Predictor.open(model, runtime, threads)
    facts = predictor.metadata.extra
    seed = facts.get("options", {}).get("seed", 0)
    return predictor, load_test(
        predictor.task, facts.get("dataset"), seed, predictor.metadata.pairs
    )


def _open_float_model(model: str, load_test: LoadTest, *_: Any) -> tuple[Any, Any]:
    load_tensorflow()
    from converters.inference.float_model import open_float_model
    from tfsqueeze.training.checkpoint import open_checkpoint
    from tfsqueeze.training.trained_run import is_run, load_run

    if is_run(model):
        run = load_run(model)
        test = load_test(run.task, run.dataset_name, run.options.seed, run.reads_pairs)
        return open_float_model(run), test
    checkpoint = open_checkpoint(model)
    # A checkpoint does not say whether it reads pairs; data that have them do.
    test = load_test(checkpoint.task, None, 0, True)
    return open_float_model(checkpoint.load(test, "no data here")), test


def _named(score: str) -> str:
    return score.replace("_", " ").replace("f1", "F1")

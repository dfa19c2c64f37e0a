"""Reports on a model, from measured results: JSON, Markdown, HTML, plots and terminal tables.

The results are a dictionary. Every key is optional, and a report has a section for each key that
has a value. Accuracies, F1 scores and agreements are fractions of 1:

    title: str
    dataset: {name, train, validation, test (numbers of examples), labels: [str]}
    model: {preset, parameters, macs, max_length, vocab_size}
    settings: {name: value}, flat
    versions: {package: version}
    seconds: {stage: wall-clock time}
    baselines: {majority | tfidf_logistic_regression: {accuracy}}
    training: {float | qat: [{epoch, loss, accuracy, val_loss, val_accuracy}]}
    accuracy: [{model, runtime, kernels, examples, accuracy, macro_f1, agreement_with_qat,
        agreement_with_float, logit_error_mean, logit_error_max}], logit errors in steps of the
        output's scale; `kernels` is default, reference or None, and all from `macro_f1` on may
        be None; another task has its own `scores` in place of accuracy and macro_f1
    files: [{name, bytes}]
    latency: [`converters.runtime.latency.LatencyReport.to_dict()`]
    operators: `converters.tflite.inspection.summarize_operators(...)`
    signal_to_noise: [{layer, decibels}], of the hidden states; layer 0 is the embeddings
    checks: [{claim, measured, passed}]
    confusion_matrix: {labels: [str], rows: [[int]]}, a row for each true label
    reliability: [{lower, upper, examples, confidence, accuracy}], a row for each interval of the
        highest probability
    errors: [{text, text_pair, label, predicted, probability_of_label, words: [{word, effect}]}],
        the highest loss first; `text_pair` of pairs only
    predictions: [{text, label, predicted, probability}], of all texts, shortened; `probability` is
        that of the predicted label; no section shows them, and
        `converters.reports.difference_report` compares those of two reports
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.reports.formatting import (
    ABSENT,
    decimals,
    integer,
    milliseconds,
    percent,
    plain_text,
    ratio,
    score_text,
    shorten,
    size,
)
from converters.reports.page import Section, print_sections, to_html, to_markdown, write_files
from converters.reports.plots import BASELINE_NAMES, draw_plots, runtime_name
from tfsqueeze.evaluation.confidence import reliability_error
from tfsqueeze.tasks import known_scores

if TYPE_CHECKING:
    from rich.console import Console

_DEFAULT_TITLE = "tfsqueeze report"
# When two predictions count as the same, by the title of a score of the task.
_ALIKE = {
    "Accuracy": "examples given the same label",
    "Micro F1": "texts given the same labels",
    "R2": "texts whose numbers are nearest to the same standard deviation from the mean",
}
_MAX_CONFUSIONS = 15
# Characters of texts and words in the table of errors.
_MAX_TEXT, _MAX_WORD = 160, 24
_MAX_LISTED_LABELS = 30
# The checks come last, where a reader of a terminal looks first.
_TERMINAL_SECTIONS = ("accuracy", "latency", "files", "operators", "confusion_matrix", "checks")


def write_report(results: Mapping[str, Any], folder: str | PathLike) -> dict[str, Path]:
    """Writes report.json, report.md, report.html and the plots of `results` to `folder`.

    All are made before the first is written. report.json holds `results` as they are, but for NaN
    and infinity, which become null.

    Args:
        results: what this module's docstring describes; numpy numbers are fine.
        folder: is made if it does not exist; files of the same names are replaced.

    Returns:
        Paths by `json`, `markdown` and `html`, and that of each plot by the key of `results` that
        it shows.

    Raises:
        UserError: the folder cannot be written to.
    """
    results = _jsonable(results)
    title = plain_text(results.get("title") or _DEFAULT_TITLE)
    sections = _sections(results)
    plots = draw_plots(results)
    names = {key: f"{key}.png" for key in plots}
    texts = {
        "json": ("report.json", json.dumps(results, indent=2, allow_nan=False) + "\n"),
        "markdown": ("report.md", to_markdown(title, sections, names)),
        "html": ("report.html", to_html(title, sections, plots)),
    }
    contents = {key: (names[key], png) for key, png in plots.items()}
    contents |= {key: (name, text.encode("utf-8")) for key, (name, text) in texts.items()}
    return write_files(contents, folder)


def print_report(results: Mapping[str, Any], console: Console) -> None:
    """Prints the results as tables, accuracy first and the checks last.

    Settings and training are left out: the reader chose the former and watched the latter.

    Args:
        results: what this module's docstring describes.
        console: of rich.
    """
    sections = {section.key: section for section in _sections(_jsonable(results))}
    print_sections((sections[key] for key in _TERMINAL_SECTIONS if key in sections), console)


def _sections(results: Mapping[str, Any]) -> list[Section]:
    builders: dict[str, Callable[[Any], Section]] = {
        "checks": _checks,
        "files": _files,
        "signal_to_noise": _signal_to_noise,
        "latency": _latency,
        "operators": _operators,
        "confusion_matrix": _confusions,
        "reliability": _reliability,
        "errors": _errors,
        "training": _training,
        "dataset": _dataset,
        "model": _model,
        "settings": lambda values: _pairs("settings", "Settings", "Setting", values),
        "versions": lambda values: _pairs("versions", "Versions", "Package", values),
        "seconds": _seconds,
    }
    sections = [build(results[key]) for key, build in builders.items() if results.get(key)]
    rows, baselines = results.get("accuracy") or [], results.get("baselines") or {}
    return [_accuracy(rows, baselines), *sections] if rows or baselines else sections


def _accuracy(rows: Sequence[Mapping], baselines: Mapping[str, Mapping]) -> Section:
    scores = known_scores().values()
    table = [
        (
            plain_text(row["model"]),
            runtime_name(row),
            integer(row.get("examples")),
            *(score_text(score, row) for score in scores),
            percent(row.get("agreement_with_qat")),
            percent(row.get("agreement_with_float")),
            decimals(row.get("logit_error_mean"), 3),
            decimals(row.get("logit_error_max"), 1),
        )
        for row in rows
    ]
    table += [
        (
            f"Baseline: {plain_text(BASELINE_NAMES.get(name, name))}",
            ABSENT,
            ABSENT,
            *(score_text(score, baseline) for score in scores),
            *[ABSENT] * 4,
        )
        for name, baseline in baselines.items()
    ]
    columns = (
        "Model",
        "Runtime",
        "Examples",
        *(score.title for score in scores),
        "Same as QAT",
        "Same as float",
        "Logit error, mean",
        "Logit error, max",
    )
    # Columns without any value are left out.
    kept = [
        column
        for column in range(len(columns))
        if column < 2 or any(row[column] != ABSENT for row in table)
    ]
    notes = []
    shown = [columns[column] for column in kept]
    if "Same as QAT" in shown or "Same as float" in shown:
        alike = next(
            (text for title, text in _ALIKE.items() if title in shown),
            "texts and words given the same label",
        )
        notes.append(f"“Same as” is the share of {alike}.")
    if "Logit error, mean" in shown or "Logit error, max" in shown:
        notes.append("Logit errors are in steps of the output's scale.")
    return Section(
        key="accuracy",
        heading="Accuracy",
        columns=tuple(columns[column] for column in kept),
        rows=tuple(tuple(row[column] for column in kept) for row in table),
        first_number=2,
        note=" ".join(notes),
        plot="accuracy",
    )


def _checks(checks: Sequence[Mapping]) -> Section:
    failed = frozenset(index for index, check in enumerate(checks) if not check["passed"])
    return Section(
        key="checks",
        heading="Checks",
        columns=("Claim", "Measured", "Result"),
        rows=tuple(
            (
                plain_text(check["claim"]),
                plain_text(check["measured"]),
                "passed" if check["passed"] else "FAILED",
            )
            for check in checks
        ),
        first_number=3,
        note=f"{len(checks) - len(failed)} of {len(checks)} passed.",
        failed=failed,
    )


def _files(files: Sequence[Mapping]) -> Section:
    largest = max(file["bytes"] for file in files)
    return Section(
        key="files",
        heading="Files",
        columns=("File", "Size", "Over the largest"),
        rows=tuple(
            (
                plain_text(file["name"]),
                size(file["bytes"]),
                ratio(file["bytes"] / largest if largest else None),
            )
            for file in files
        ),
    )


def _signal_to_noise(rows: Sequence[Mapping]) -> Section:
    return Section(
        key="signal_to_noise",
        heading="Noise of int8 in the hidden states",
        columns=("After", "Signal to noise"),
        rows=tuple(
            (
                f"layer {row['layer']}" if row["layer"] else "embeddings",
                f"{decimals(row['decibels'], 1)} dB",
            )
            for row in rows
        ),
        note="The power of the float model's states over that of their difference to the "
        "quantization-aware model's, over all tokens. A constant factor and offset of a channel "
        "count as no difference: weights undo them. At 20 dB the noise has 1 % of the power.",
    )


def _latency(reports: Sequence[Mapping]) -> Section:
    return Section(
        key="latency",
        heading="Latency",
        columns=("Model", "Runtime", "Threads", "Median", "p10", "p90", "Ratio", "Load", "Size"),
        rows=tuple(
            (
                plain_text(model["name"]),
                plain_text(report["runtime"]),
                integer(report["num_threads"]),
                *(milliseconds(model[name]) for name in ("median", "p10", "p90")),
                ratio(model["ratio"]),
                milliseconds(model["load_milliseconds"]),
                size(model["size_bytes"]),
            )
            for report in reports
            for model in report["models"]
        ),
        first_number=2,
        note="The ratio is over the first model on the same runtime and threads, in the same "
        "round: below 1 is faster." + _why_slower(reports),
        plot="latency",
    )


def _why_slower(reports: Sequence[Mapping]) -> str:
    """Returns why a model is slower than the first one on tflite-runtime, if one is."""
    is_slower = any(
        report["runtime"] == "tflite-runtime" and (model["ratio"] or 0) > 1
        for report in reports
        for model in report["models"]
    )
    return (
        " tflite-runtime has no fast int8 products, so that the int8 files of small models can be "
        "slower than float32 there. LiteRT has them; docs/speed.md compares both on Arm, too."
        if is_slower
        else ""
    )


def _operators(rows: Sequence[Mapping]) -> Section:
    return Section(
        key="operators",
        heading="Operators",
        columns=("Operator", "Inputs", "Outputs", "Count"),
        rows=tuple(
            (
                plain_text(row["name"]),
                ", ".join(row["inputs"]) or ABSENT,
                ", ".join(row["outputs"]) or ABSENT,
                integer(row["count"]),
            )
            for row in rows
        ),
        first_number=3,
        note=f"{sum(row['count'] for row in rows):,} operators in all.",
        plot="operators",
    )


def _confusions(matrix: Mapping[str, Any]) -> Section:
    labels = matrix["labels"]
    mistakes = sorted(
        (
            (-count, true, predicted)
            for true, row in enumerate(matrix["rows"])
            for predicted, count in enumerate(row)
            if count and true != predicted
        ),
    )
    wrong = -sum(mistake[0] for mistake in mistakes)
    total = sum(map(sum, matrix["rows"]))
    note = f"{wrong:,} of {total:,} examples are mistaken."
    if len(mistakes) > _MAX_CONFUSIONS:
        note += f" The table has the {_MAX_CONFUSIONS} most frequent mistakes."
    return Section(
        key="confusion_matrix",
        heading="Confusion matrix",
        columns=("True label", "Predicted label", "Examples"),
        rows=tuple(
            (plain_text(labels[true]), plain_text(labels[predicted]), integer(-count))
            for count, true, predicted in mistakes[:_MAX_CONFUSIONS]
        ),
        first_number=2,
        note=note,
        plot="confusion_matrix",
    )


def _reliability(bins: Sequence[Mapping]) -> Section:
    return Section(
        key="reliability",
        heading="Reliability",
        columns=("Highest probability", "Examples", "Mean probability", "Accuracy"),
        rows=tuple(
            (
                f"{row['lower']:.1f} to {row['upper']:.1f}",
                integer(row["examples"]),
                percent(row["confidence"]),
                percent(row["accuracy"]),
            )
            for row in bins
        ),
        note="Of predictions with a probability of 80 %, 80 % should be right. The difference is "
        f"{percent(reliability_error(bins))} on average.",
        plot="reliability",
    )


def _errors(rows: Sequence[Mapping]) -> Section:
    return Section(
        key="errors",
        heading="Errors",
        columns=("Text", "True label", "Predicted label", "Words that decided", "p of true label"),
        rows=tuple(
            (
                " / ".join(
                    shorten(row[name], _MAX_TEXT) for name in ("text", "text_pair") if name in row
                ),
                plain_text(row["label"]),
                plain_text(row["predicted"]),
                ", ".join(
                    f"{shorten(word['word'], _MAX_WORD)} (+{100 * word['effect']:.0f})"
                    for word in row["words"]
                )
                or ABSENT,
                percent(row["probability_of_label"]),
            )
            for row in rows
        ),
        first_number=4,
        note="The wrong predictions in which the true label is least likely. A word's number "
        "is the points that the predicted label loses when that word is left out.",
    )


def _training(stages: Mapping[str, Sequence[Mapping]]) -> Section:
    return Section(
        key="training",
        heading="Training",
        columns=(
            "Stage",
            "Epoch",
            "Loss",
            "Accuracy",
            "Validation loss",
            "Validation accuracy",
        ),
        rows=tuple(
            (
                plain_text(stage),
                decimals(epoch["epoch"], 0),
                decimals(epoch.get("loss"), 4),
                percent(epoch.get("accuracy")),
                decimals(epoch.get("val_loss"), 4),
                percent(epoch.get("val_accuracy")),
            )
            for stage, epochs in stages.items()
            for epoch in epochs
        ),
        note="Each stage keeps its best epoch on validation. Epoch 0 of the quantization-aware "
        "stage is the calibrated model that it starts from.",
        plot="training",
    )


def _dataset(dataset: Mapping[str, Any]) -> Section:
    values = {key: value for key, value in dataset.items() if key != "labels"}
    labels = dataset.get("labels") or []
    if labels:
        listed = ", ".join(map(plain_text, labels[:_MAX_LISTED_LABELS]))
        more = len(labels) - _MAX_LISTED_LABELS
        values["labels"] = f"{len(labels)}: {listed}{f' and {more} more' if more > 0 else ''}"
    return _pairs("dataset", "Dataset", "Property", values)


def _model(model: Mapping[str, Any]) -> Section:
    return _pairs("model", "Model", "Property", model)


def _seconds(seconds: Mapping[str, float]) -> Section:
    return Section(
        key="seconds",
        heading="Time taken",
        columns=("Stage", "Seconds"),
        rows=tuple((plain_text(stage), decimals(taken, 1)) for stage, taken in seconds.items()),
    )


def _pairs(key: str, heading: str, name: str, values: Mapping[str, Any]) -> Section:
    return Section(
        key=key,
        heading=heading,
        columns=(name, "Value"),
        rows=tuple((plain_text(name), _value(value)) for name, value in values.items()),
        first_number=2,
    )


def _value(value: Any) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, int) and not isinstance(value, bool):
        return integer(value)
    return plain_text(f"{value:g}" if isinstance(value, float) else value)


def _jsonable(value: Any) -> Any:
    """Returns a value as types that JSON has: arrays as lists, paths as text, NaN as None."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Iterable):
        return [_jsonable(item) for item in value]
    return str(value)

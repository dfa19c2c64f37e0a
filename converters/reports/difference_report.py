"""What differs between two reports: scores, single predictions, classes, sizes and times.

The reports are those of `converters.reports.verification_report`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.reports.formatting import (
    ABSENT,
    decimals,
    difference,
    integer,
    milliseconds,
    percent,
    plain_text,
    score_text,
    shorten,
    size,
)
from converters.reports.page import Section, print_sections, to_html, to_markdown, write_files
from converters.reports.plots import runtime_name
from tfsqueeze.evaluation.confidence import reliability_error
from tfsqueeze.evaluation.paired_difference import paired_difference
from tfsqueeze.evaluation.score import Score
from tfsqueeze.tasks import known_scores
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.json_files import JsonValue, read_json

if TYPE_CHECKING:
    from rich.console import Console

REPORT_FILE = "report.json"
_MAX_TEXTS, _MAX_CLASSES = 20, 15
_COLUMNS = ("First", "Second", "Difference")


def read_report(path: str | PathLike) -> dict[str, Any]:
    """Reads a report.

    Args:
        path: a folder with report.json, or such a file.

    Raises:
        UserError: it cannot be read, or is no report.
    """
    file = Path(path)
    file = file / REPORT_FILE if file.is_dir() else file
    report = read_json(file)
    if not report.has("accuracy"):
        raise UserError(f"{file} is no report of verify, convert or demo: it has no accuracies")
    _check(report)
    return report.object()


def _check(report: JsonValue) -> None:
    """Checks what this module reads of a report."""
    for row in _items(report, "accuracy"):
        row.get("model").string()
        row.get("runtime").string()
        for name in known_scores():
            if row.object().get(name) is not None:
                row.get(name).number()
    for file in _items(report, "files"):
        file.get("name").string()
        file.get("bytes").integer()
    for measured in _items(report, "latency"):
        measured.get("runtime").string()
        measured.get("num_threads").integer()
        for model in measured.get("models").items():
            model.get("name").string()
            model.get("median").number()
    if report.has("confusion_matrix"):
        _check_matrix(report.get("confusion_matrix"))
    for interval in _items(report, "reliability"):
        for name in ("examples", "confidence", "accuracy"):
            interval.get(name).number()
    for prediction in _items(report, "predictions"):
        for name in ("text", "label", "predicted"):
            prediction.get(name).string()
        if prediction.has("probability"):
            prediction.get("probability").number()


def _items(report: JsonValue, key: str) -> list[JsonValue]:
    return report.get(key).items() if report.has(key) else []


def _check_matrix(matrix: JsonValue) -> None:
    labels, rows = matrix.get("labels").items(), matrix.get("rows").items()
    for label in labels:
        label.string()
    for row in rows:
        if len(labels) != len(rows) or len(row.items()) != len(labels):
            raise matrix.error("it has not as many rows and columns as labels")
        for count in row.items():
            count.integer()


def compare_reports(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what differs between two reports, as JSON-able values.

    Args:
        first: a report.
        second: another one.

    Returns:
        `scores`, `files` and `latency`, each a list of rows with `first` and `second`, None where
        a report lacks a value; and where both have what it takes, `classes` (the F1 of each
        label), `calibration_error`, and `predictions`: how many of the same texts both, one or
        none gets right, the `difference` of the accuracies with its `interval` and `p_value`, as
        `paired_difference` returns them, and the texts that one gets right, the surest mistakes
        first.
    """
    compared: dict[str, Any] = {
        "titles": [first.get("title"), second.get("title")],
        "scores": _scores(first, second),
        "files": _rows(_files(first), _files(second)),
        "latency": _rows(_latencies(first), _latencies(second)),
    }
    if labels := _common_labels(first, second):
        values = [_f1(report["confusion_matrix"]["rows"]) for report in (first, second)]
        compared["classes"] = [
            {"name": label, "first": one, "second": other}
            for label, one, other in zip(labels, *values, strict=True)
        ]
    if first.get("reliability") and second.get("reliability"):
        compared["calibration_error"] = [
            reliability_error(report["reliability"]) for report in (first, second)
        ]
    if predictions := _predictions(first, second):
        compared["predictions"] = predictions
    return compared


def _scores(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = known_scores()

    def values(report: Mapping[str, Any]) -> dict[tuple[str, str, str], float]:
        return {
            (row["model"], runtime_name(row), name): row[name]
            for row in report["accuracy"]
            for name in names
            if row.get(name) is not None
        }

    one, other = values(first), values(second)
    return [
        {
            "model": key[0],
            "runtime": key[1],
            "score": key[2],
            "first": one.get(key),
            "second": other.get(key),
        }
        for key in dict.fromkeys((*one, *other))
    ]


def _rows(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "first": first.get(name), "second": second.get(name)}
        for name in dict.fromkeys((*first, *second))
    ]


def _files(report: Mapping[str, Any]) -> dict[str, int]:
    return {file["name"]: file["bytes"] for file in report.get("files") or ()}


def _latencies(report: Mapping[str, Any]) -> dict[str, float]:
    return {
        f"{model['name']}, {measured['runtime']}, {measured['num_threads']} threads": model[
            "median"
        ]
        for measured in report.get("latency") or ()
        for model in measured["models"]
    }


def _common_labels(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str] | None:
    labels = [(report.get("confusion_matrix") or {}).get("labels") for report in (first, second)]
    return labels[0] if labels[0] and labels[0] == labels[1] else None


def _f1(matrix: Sequence[Sequence[int]]) -> list[float | None]:
    """Returns the F1 of each class; None for one that no text has or gets."""
    sums = [
        sum(row) + sum(column)
        for row, column in zip(matrix, zip(*matrix, strict=True), strict=True)
    ]
    return [2 * matrix[n][n] / total if total else None for n, total in enumerate(sums)]


def _predictions(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any] | None:
    """Compares the predictions; None where the reports are not of the same labelled texts."""
    one, other = (report.get("predictions") or [] for report in (first, second))
    known = [[(row["text"], row["label"]) for row in rows] for rows in (one, other)]
    if not one or known[0] != known[1]:
        return None
    pairs = [
        (a, b, a["predicted"] == a["label"], b["predicted"] == b["label"])
        for a, b in zip(one, other, strict=True)
    ]
    changed = {
        name: [
            {
                "text": a["text"],
                "label": a["label"],
                "first": a["predicted"],
                "second": b["predicted"],
            }
            for a, b, *right in sorted(pairs, key=lambda pair: -_wrong_probability(*pair))
            if tuple(right) == wanted
        ]
        for name, wanted in (
            ("only_first_right", (True, False)),
            ("only_second_right", (False, True)),
        )
    }
    right = [[pair[side] for pair in pairs] for side in (2, 3)]
    return {
        "both_right": sum(a and b for *_, a, b in pairs),
        "none_right": sum(not a and not b for *_, a, b in pairs),
        **paired_difference(*right),
        "texts": changed,
    }


def _wrong_probability(
    first: Mapping[str, Any], second: Mapping[str, Any], first_right: bool, second_right: bool
) -> float:
    """Returns the probability that the one that is wrong gives its label; 0 in older reports."""
    wrong = second if first_right else first
    return wrong.get("probability", 0.0)


def write_difference(compared: Mapping[str, Any], folder: str | PathLike) -> dict[str, Path]:
    """Writes difference.json, difference.md and difference.html.

    Args:
        compared: what `compare_reports` returned.
        folder: is made if it does not exist; files of the same names are replaced.

    Returns:
        The paths by `json`, `markdown` and `html`.

    Raises:
        UserError: the folder cannot be written to.
    """
    title, sections = "Difference of two reports", list(_sections(compared))
    texts = {
        "json": ("difference.json", json.dumps(compared, indent=2, allow_nan=False) + "\n"),
        "markdown": ("difference.md", to_markdown(title, sections, {})),
        "html": ("difference.html", to_html(title, sections, {})),
    }
    contents = {key: (name, text.encode("utf-8")) for key, (name, text) in texts.items()}
    return write_files(contents, folder)


def print_difference(compared: Mapping[str, Any], console: Console) -> None:
    """Prints the differences as tables.

    Args:
        compared: what `compare_reports` returned.
        console: of rich.
    """
    print_sections(_sections(compared), console)


def _sections(compared: Mapping[str, Any]) -> Iterator[Section]:
    scores = known_scores()
    yield Section(
        "scores",
        "Scores",
        ("Model", "Runtime", "Score", *_COLUMNS),
        tuple(
            (
                plain_text(row["model"]),
                row["runtime"],
                scores[row["score"]].title,
                *_values(scores[row["score"]], row),
            )
            for row in compared["scores"]
        ),
        first_number=3,
        note=f"The first is {_title(compared, 0)}, the second {_title(compared, 1)}. Differences "
        "of scores in percent are in points.",
    )
    if predictions := compared.get("predictions"):
        yield from _prediction_sections(predictions)
    if classes := compared.get("classes"):
        largest = sorted(
            (row for row in classes if row["first"] is not None and row["second"] is not None),
            key=lambda row: -abs(row["second"] - row["first"]),
        )[:_MAX_CLASSES]
        yield Section(
            "classes",
            "F1 of the labels",
            ("Label", *_COLUMNS),
            tuple((plain_text(row["name"]), *_percents(row)) for row in largest),
            note=f"At most {_MAX_CLASSES} labels, those that differ most.",
        )
    if errors := compared.get("calibration_error"):
        row: dict[str, Any] = {"first": errors[0], "second": errors[1]}
        yield Section(
            "calibration",
            "Calibration",
            ("Measured", *_COLUMNS),
            (("Mean difference of probability and accuracy", *_percents(row)),),
        )
    for key, heading, write in (("files", "Files", size), ("latency", "Latency", milliseconds)):
        if compared[key]:
            yield Section(
                key,
                heading,
                ("Name", "First", "Second", "Second over first"),
                tuple(
                    (
                        plain_text(row["name"]),
                        *(
                            ABSENT if row[name] is None else write(row[name])
                            for name in ("first", "second")
                        ),
                        decimals(row["second"] / row["first"])
                        if row["first"] and row["second"] is not None
                        else ABSENT,
                    )
                    for row in compared[key]
                ),
            )


def _prediction_sections(predictions: Mapping[str, Any]) -> Iterator[Section]:
    low, high = predictions["interval"]
    yield Section(
        "predictions",
        "Predictions of the same texts",
        ("Right", "Texts"),
        (
            ("both", integer(predictions["both_right"])),
            ("the first alone", integer(predictions["only_first_right"])),
            ("the second alone", integer(predictions["only_second_right"])),
            ("none", integer(predictions["none_right"])),
        ),
        note=f"The difference of the accuracies is {difference(100 * predictions['difference'])} "
        f"points; its 95 % interval by the paired bootstrap is from {difference(100 * low)} to "
        f"{difference(100 * high)}. If both were equally good, a difference of this size or more "
        f"would have a probability of {decimals(predictions['p_value'], 4)} (McNemar's exact "
        "test).",
    )
    for key, heading in (
        ("only_first_right", "Texts that the first alone gets right"),
        ("only_second_right", "Texts that the second alone gets right"),
    ):
        if rows := predictions["texts"][key]:
            yield Section(
                key,
                heading,
                ("Text", "True label", "First", "Second"),
                tuple(
                    (
                        shorten(row["text"], 160),
                        *(plain_text(row[name]) for name in ("label", "first", "second")),
                    )
                    for row in rows[:_MAX_TEXTS]
                ),
                first_number=4,
                note="The surest mistakes first."
                + f" {_MAX_TEXTS} of {len(rows):,}." * (len(rows) > _MAX_TEXTS),
            )


def _title(compared: Mapping[str, Any], index: int) -> str:
    return f"“{plain_text(compared['titles'][index] or 'a report')}”"


def _values(score: Score, row: Mapping[str, Any]) -> tuple[str, str, str]:
    first, second = (score_text(score, {score.name: row[name]}) for name in ("first", "second"))
    if row["first"] is None or row["second"] is None:
        return first, second, ABSENT
    change = row["second"] - row["first"]
    return first, second, difference(100 * change if score.format == "percent" else change)


def _percents(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return (
        percent(row["first"]),
        percent(row["second"]),
        difference(100 * (row["second"] - row["first"])),
    )

"""The tables of tasks as JSON, Markdown, a terminal's tables and a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from converters.reports.page import Section, print_sections, to_markdown, write_files
from converters.reports.plots import new_figure, png_bytes

if TYPE_CHECKING:
    from rich.console import Console

_PLOT = "tasks.png"
_COLOURS = {"float32": "#56B4E9", "int8": "#0072B2", None: "#999999"}
# Whose scale is 0..1 in the literature; all others are percentages.
_FRACTIONS = ("auroc", "energy_auroc")


def write_tasks(
    results: Sequence[Mapping[str, Any]], machine: Mapping[str, Any], folder: Path
) -> dict[str, Path]:
    """Writes tasks.json, tasks.md and tasks.png; returns their paths by `json`, `markdown`,
    `plot`.

    results: what `measure_task` returned, one for each task.
    """
    markdown = to_markdown("Tasks", task_sections(results), {"scores": _PLOT})
    return write_files(
        {
            "json": (
                "tasks.json",
                (json.dumps({"machine": machine, "runs": list(results)}, indent=1) + "\n").encode(),
            ),
            "plot": (_PLOT, _plot(results)),
            "markdown": ("tasks.md", markdown.encode()),
        },
        folder,
    )


def print_tasks(results: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Prints the tables."""
    print_sections(task_sections(results), console)


def task_sections(results: Sequence[Mapping[str, Any]]) -> list[Section]:
    """Returns a table for each task."""
    return [
        Section(
            result["task"],
            result["title"],
            ("Model", *result["columns"].values()),
            tuple(
                (
                    _name(row),
                    *(_cell(score, row["scores"].get(score)) for score in result["columns"]),
                )
                for row in result["rows"]
            ),
            note=_note(result),
            plot="scores" if index == 0 else None,
        )
        for index, result in enumerate(results)
    ]


def _note(result):
    parts = ", ".join(f"{count:,} {part}" for part, count in result["examples"].items())
    spread = (
        f"Means of {result['seeds']} seeds ± the standard deviation of a sample; a baseline "
        "is fitted once."
        if result["seeds"] > 1
        else "One seed."
    )
    trained = "; ".join(
        f"{name}: {options['pretrained'] or options['preset']}, {options['epochs']} + "
        f"{options['qat_epochs']} epochs, learning rate {options['learning_rate']:g}"
        for name, options in result["options"].items()
    )
    return (
        f"{result['note']} Examples: {parts}. Percent but for AUROC; float32 and int8 are "
        f".tflite files on LiteRT. {spread} {trained}."
    )


def _name(row):
    return f"{row['model']}, {row['precision']}" if row["precision"] else row["model"]


def _cell(score, measured):
    if measured is None:
        return "–"
    unit, digits = (1, 4) if score in _FRACTIONS else (100, 2)
    spread = measured["spread"]
    return f"{unit * measured['mean']:.{digits}f}" + (
        "" if spread is None else f" ± {unit * spread:.{digits}f}"
    )


def _plot(results):
    """A panel for each task with a bar for each model, of the first score."""
    count = max(len(result["rows"]) for result in results)
    figure, panels = new_figure(1, (0.8 + 0.4 * count) * len(results), rows=len(results))
    for panel, result in zip(panels, results, strict=True):
        score = next(iter(result["columns"]))
        unit = 1 if score in _FRACTIONS else 100
        rows = [row for row in reversed(result["rows"]) if score in row["scores"]]
        values = [unit * row["scores"][score]["mean"] for row in rows]
        spreads = [unit * (row["scores"][score]["spread"] or 0) for row in rows]
        panel.barh(
            [_name(row) for row in rows],
            values,
            xerr=spreads,
            color=[_COLOURS[row["precision"]] for row in rows],
            capsize=3,
        )
        ends = np.add(values, spreads)
        for place, (row, end) in enumerate(zip(rows, ends, strict=True)):
            panel.annotate(
                _cell(score, row["scores"][score]),
                (end, place),
                (6, 0),
                textcoords="offset points",
                va="center",
                parse_math=False,
            )
        panel.set_xlim(0, 1.25 * max([*ends, 1e-3]))
        panel.set_title(
            f"{result['title']}: {result['columns'][score]}", loc="left", parse_math=False
        )
    return png_bytes(figure)

"""Reports on the benchmark of tasks: JSON, Markdown, terminal tables and a plot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from converters.reports.formatting import ABSENT, decimals, integer, percentage, with_spread
from converters.reports.page import Section, print_sections, to_markdown, write_files
from converters.reports.plots import label_bars, new_figure, png_bytes
from tfsqueeze.tasks import known_scores

if TYPE_CHECKING:
    from rich.console import Console

_PLOT = "tasks.png"
_COLOURS = {"float32": "#56B4E9", "int8": "#0072B2", None: "#999999"}
# The literature writes them as fractions of 1.
_AUROCS = ("auroc", "energy_auroc")


def write_tasks(
    results: Sequence[Mapping[str, Any]], machine: Mapping[str, Any], folder: Path
) -> dict[str, Path]:
    """Writes tasks.json, tasks.md and tasks.png; tables of other tasks that are there stay.

    Args:
        results: what `measure_task` returned, one for each task.
        machine: what the results depend on, as `benchmarks.report.machine` returns it.
        folder: is made if it does not exist.

    Returns:
        Paths by `json`, `plot` and `markdown`.

    Raises:
        UserError: the folder cannot be written to.
    """
    results = [*_others(results, folder), *results]
    markdown = to_markdown("Tasks", task_sections(results), {"scores": _PLOT})
    return write_files(
        {
            "json": (
                "tasks.json",
                (json.dumps({"machine": machine, "runs": results}, indent=1) + "\n").encode(),
            ),
            "plot": (_PLOT, _plot(results)),
            "markdown": ("tasks.md", markdown.encode()),
        },
        folder,
    )


def _others(results: Sequence[Mapping[str, Any]], folder: Path) -> list[Mapping[str, Any]]:
    """The tables of tasks that a folder has beside those of `results`."""
    path = folder / "tasks.json"
    written = json.loads(path.read_text("utf-8"))["runs"] if path.exists() else []
    measured = {result["task"] for result in results}
    return [table for table in written if table["task"] not in measured]


def print_tasks(results: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Prints the tables of tasks.

    Args:
        results: as `write_tasks` takes them.
        console: of rich.
    """
    print_sections(task_sections(results), console)


def task_sections(results: Sequence[Mapping[str, Any]]) -> list[Section]:
    """Returns a table for each task.

    Args:
        results: as `write_tasks` takes them.
    """
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
    parts = ", ".join(f"{integer(count)} {part}" for part, count in result["examples"].items())
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


def _is_percent(name):
    """Returns whether a column is in percent, as all are but AUROC and decimal scores of tasks."""
    score = known_scores().get(name)
    return name not in _AUROCS and (score is None or score.format == "percent")


def _cell(name, measured):
    if measured is None:
        return ABSENT
    write = percentage if _is_percent(name) else partial(decimals, digits=4)
    return with_spread(measured["mean"], measured["spread"], write)


def _plot(results):
    """Draws a panel for each task with a bar for each model, of the first score."""
    count = max(len(result["rows"]) for result in results)
    figure, panels = new_figure(1, (0.8 + 0.4 * count) * len(results), rows=len(results))
    for panel, result in zip(panels, results, strict=True):
        score = next(iter(result["columns"]))
        factor = 100 if _is_percent(score) else 1
        rows = [row for row in reversed(result["rows"]) if score in row["scores"]]
        values = [factor * row["scores"][score]["mean"] for row in rows]
        spreads = [factor * (row["scores"][score]["spread"] or 0) for row in rows]
        panel.barh(
            [_name(row) for row in rows],
            values,
            xerr=spreads,
            color=[_COLOURS[row["precision"]] for row in rows],
            capsize=3,
        )
        ends = np.add(values, spreads)
        # The error bars have caps.
        label_bars(panel, ends, [_cell(score, row["scores"][score]) for row in rows], gap=6)
        panel.set_xlim(0, 1.25 * max([*ends, 1e-3]))
        panel.set_title(
            f"{result['title']}: {result['columns'][score]}", loc="left", parse_math=False
        )
    return png_bytes(figure)

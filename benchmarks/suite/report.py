"""Reports on the suite, of all cells that are there: JSON, Markdown, a plot, terminal tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.suite.cells import BASELINES, COLUMNS, MODELS
from benchmarks.suite.rows import ROWS
from benchmarks.tasks.run import PRECISIONS, mean_and_spread
from converters.reports.formatting import (
    ABSENT,
    decimals,
    integer,
    millions,
    percentage,
    with_spread,
)
from converters.reports.page import Section, print_sections, to_markdown, write_files
from converters.reports.plots import figure_legend, new_figure, png_bytes

if TYPE_CHECKING:
    from rich.console import Console

# Okabe and Ito's colours, by column.
_COLOURS = ("#999999", "#E69F00", "#56B4E9", "#0072B2", "#009E73")


def read_cells(folder: Path) -> dict[str, Any]:
    """Returns the results of all cells in a folder that `make_cells` fills.

    Returns a JSON-able dict: for each row that has cells, by name, its `title` and `note`,
    `examples` by part, `columns` (headings by score), and `models`, for each column with cells:
    `column`, `model`, `precision`, `settings` of the first seed, `scores` as `measure_task`
    describes them, and the medians over seeds of `bytes`, `milliseconds` and `minutes`, those of
    training (None of baselines). An interrupted training counts the epoch that it repeated.
    """
    rows = {}
    for name, row in ROWS.items():
        models, examples = [], None
        for column in COLUMNS:
            paths = sorted((folder / name).glob(f"{column}-*.json"))
            cells = [json.loads(path.read_text("utf-8")) for path in paths]
            if cells:
                examples = examples or cells[0]["examples"]
                models += _of_column(column, cells)
        if models:
            rows[name] = {
                "title": row.title,
                "note": row.note,
                "examples": examples,
                "columns": row.scores,
                "models": models,
            }
    return rows


def _of_column(column, cells):
    for number, first in enumerate(cells[0]["results"]):
        found = [cell["results"][number] for cell in cells]
        medians = {
            name: float(np.median([one[name] for one in found])) if name in first else None
            for name in ("bytes", "milliseconds")
        }
        minutes = [_minutes(cell, first["precision"]) for cell in cells if "seconds" in cell]
        yield {
            "column": column,
            "model": cells[0]["model"],
            "precision": first["precision"],
            "settings": cells[0]["settings"],
            "scores": {
                name: mean_and_spread([one["scores"][name] for one in found])
                for name in first["scores"]
            },
            **medians,
            "minutes": float(np.median(minutes)) if minutes else None,
        }


def _minutes(cell, precision):
    """The time of training that the file of a precision takes; float32 needs no second stage."""
    seconds = dict(cell["seconds"])
    if precision == "float32":
        seconds.pop("qat", None)
    return sum(seconds.values()) / 60


def suite_sections(rows: Mapping[str, Any]) -> list[Section]:
    """Returns the table of scores, that of sizes and times, and that of the rows themselves.

    rows: as `read_cells` returns them.
    """
    columns = _columns(rows)
    scores, sizes, described = [], [], []
    for row in rows.values():
        by_column = {(one["column"], one["precision"]): one for one in row["models"]}
        for score, heading in row["columns"].items():
            cells = [
                _cell(by_column[column]["scores"].get(score)) if column in by_column else ABSENT
                for column in columns
            ]
            scores.append((row["title"], heading, *cells))
        for (column, precision), one in by_column.items():
            if one["bytes"] is not None:
                sizes.append(
                    (
                        row["title"],
                        MODELS[column].title,
                        precision,
                        integer(one["settings"]["options"]["max_length"]),
                        integer(one["settings"]["options"]["epochs"]),
                        decimals(one["minutes"], 1),
                        millions(one["bytes"], 2),
                        decimals(one["milliseconds"]),
                    )
                )
        described.append(
            (
                row["title"],
                "; ".join(one["model"] for one in row["models"] if one["column"] in BASELINES),
                row["note"],
                *(integer(row["examples"][part]) for part in ("train", "validation", "test")),
            )
        )
    sections = [
        Section(
            "scores",
            "Scores",
            ("Data", "Score", *map(_title, columns)),
            tuple(scores),
            first_number=2,
            note="In percent, correlations too. float32 and int8 are .tflite files on LiteRT. "
            "Means over seeds ± the standard deviation of a sample, where there are several; "
            "baselines are fitted once.",
            plot="scores",
        )
    ]
    if sizes:
        sections.append(
            Section(
                "sizes",
                "Sizes and times",
                ("Data", "Model", "File", "Tokens", "Epochs", "Minutes", "MB", "ms"),
                tuple(sizes),
                first_number=3,
                note="Epochs are the most that training may take; minutes are those of training, "
                "for int8 of both stages. MB of 10^6 bytes. Milliseconds for one text of so many "
                "tokens, on LiteRT with one thread, measured after each training.",
            )
        )
    sections.append(
        Section(
            "rows",
            "Data",
            ("Data", "Baselines", "How it is measured", "Train", "Validation", "Test"),
            tuple(described),
            first_number=3,
            note=_training(rows),
        )
    )
    return sections


def _training(rows):
    """One sentence a model on the weights that it starts from."""
    sources = {}
    for row in rows.values():
        for one in row["models"]:
            if one["column"] in MODELS:
                sources.setdefault(one["column"], set()).add(one["model"])
    return " ".join(
        f"{MODELS[column].title} starts from {' and '.join(sorted(names))}."
        for column, names in sources.items()
    )


def _columns(rows):
    """The columns of the table: each with some cell, in order, with its precision."""
    there = {(one["column"], one["precision"]) for row in rows.values() for one in row["models"]}
    wanted = [(name, None) for name in BASELINES]
    wanted += [(name, precision) for name in MODELS for precision in PRECISIONS]
    return [column for column in wanted if column in there]


def _title(column):
    name, precision = column
    return name if precision is None else f"{MODELS[name].title}, {precision}"


def _cell(measured):
    if measured is None:
        return ABSENT
    return with_spread(measured["mean"], measured["spread"], percentage)


def write_suite(
    rows: Mapping[str, Any], machine: Mapping[str, Any], folder: Path
) -> dict[str, Path]:
    """Writes a .json, a .md and a .png file beside the folder of the cells, with its name.

    rows: as `read_cells` returns them. machine: as `benchmarks.report.machine` returns it.

    Returns paths by `json`, `plot` and `markdown`. Raises UserError where they cannot be written.
    """
    content = json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n"
    plot = f"{folder.name}.png"
    markdown = to_markdown("Suite", suite_sections(rows), {"scores": plot})
    return write_files(
        {
            "json": (f"{folder.name}.json", content.encode()),
            "plot": (plot, _plot(rows)),
            "markdown": (f"{folder.name}.md", markdown.encode()),
        },
        folder.parent,
    )


def print_suite(rows: Mapping[str, Any], console: Console) -> None:
    """Prints the tables of the suite to a console of rich; rows as `read_cells` returns them."""
    print_sections(suite_sections(rows), console)


def _plot(rows):
    """Draws a line for each row with a dot for each baseline and each int8 file."""
    figure, (axes,) = new_figure(1, 1.2 + 0.32 * len(rows))
    names = list(rows)[::-1]
    for color, column in zip(_COLOURS, COLUMNS, strict=True):
        places, values = [], []
        for place, name in enumerate(names):
            score = next(iter(rows[name]["columns"]))
            for one in rows[name]["models"]:
                if one["column"] == column and one["precision"] != "float32":
                    places.append(place)
                    values.append(100 * one["scores"][score]["mean"])
        if values:
            precision = "int8" if column in MODELS else None
            axes.scatter(
                values, places, color=color, s=36, label=_title((column, precision)), zorder=3
            )
    axes.set_yticks(
        range(len(names)),
        [f"{rows[x]['title']}: {next(iter(rows[x]['columns'].values()))}" for x in names],
    )
    axes.set_xlim(-3, 103)
    axes.grid(axis="y", alpha=0.3)
    figure_legend(axes)
    return png_bytes(figure)

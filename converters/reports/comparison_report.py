"""A comparison as JSON, Markdown, a terminal's tables and a plot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from converters.experiments.comparison import METHODS, comparisons
from converters.reports.page import Section, print_sections, to_markdown, write_files
from converters.reports.plots import figure_legend, new_figure, png_bytes

if TYPE_CHECKING:
    from rich.console import Console

_TITLE = "Ways to classify texts"
_PLOT = "comparison.png"
_MARKERS = {"float32": "o", "int8": "s"}
_MEASURES = (
    ("bytes", 1e6, "file (MB)"),
    ("milliseconds", 1, "latency (ms)"),
    ("macs", 1e6, "multiply-accumulates (millions)"),
)


def write_comparison(results: Sequence[Mapping[str, Any]], folder: Path) -> dict[str, Path]:
    """Writes comparison.json, comparison.md and, where a neural model is in it, comparison.png.

    results: for each dataset what `converters.experiments.comparison.compare` returned.

    Returns their paths by `json`, `markdown`, `plot`.
    """
    sections = comparison_sections(results)
    contents = {"json": ("comparison.json", (json.dumps(results, indent=2) + "\n").encode())}
    plots = {}
    if any(row["precision"] for result in results for row in result["rows"]):
        contents["plot"] = (_PLOT, _plot(results))
        plots = {"accuracy": _PLOT}
    contents["markdown"] = ("comparison.md", to_markdown(_TITLE, sections, plots).encode())
    return write_files(contents, folder)


def print_comparison(results: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Prints the tables of a comparison."""
    print_sections(comparison_sections(results), console)


def comparison_sections(results: Sequence[Mapping[str, Any]]) -> list[Section]:
    """Returns the tables: accuracies of all datasets, costs of each, and what follows from both."""
    keys = list(
        dict.fromkeys(
            (row["method"], row["precision"]) for result in results for row in result["rows"]
        )
    )
    rows_of = [
        {(row["method"], row["precision"]): row for row in result["rows"]} for result in results
    ]
    sections = [
        Section(
            "accuracy",
            "Accuracy",
            ("Model", *(_heading(result) for result in results)),
            tuple((_name(*key), *(_accuracy(rows.get(key)) for rows in rows_of)) for key in keys),
            note="In percent: the mean over the seeds, and after ± the standard deviation of a sample. "
            "int8 is the .tflite file on LiteRT.",
            plot="accuracy",
        )
    ]
    for result, rows in zip(results, rows_of, strict=True):
        sections.append(
            Section(
                f"costs of {_data(result)}",
                f"Costs: {_data(result)}, {result['max_length']} tokens",
                ("Model", "File", "Multiply-accumulates", "Latency"),
                tuple(
                    (
                        _name(*key),
                        f"{row['bytes'] / 1e6:.2f} MB",
                        f"{row['macs'] / 1e6:.1f} M",
                        f"{row['milliseconds']:.2f} ms",
                    )
                    for key, row in rows.items()
                    if key[1]
                ),
                note="Latency is that of a batch of one on LiteRT with one thread, the median of "
                "rounds in which all files take turns.",
            )
        )
    claims = [dict(comparisons(result["rows"])) for result in results]
    texts = list(dict.fromkeys(text for claim in claims for text in claim))
    if texts:
        sections.append(
            Section(
                "distilled int8",
                "The distilled model in int8",
                ("Measured", *(_data(result) for result in results)),
                tuple(
                    (text, *(_number(text, claim.get(text)) for claim in claims)) for text in texts
                ),
            )
        )
    return sections


def _data(result):
    return Path(result["data"]).name


def _heading(result):
    return (
        f"{_data(result)} ({result['evaluated_on']}, "
        f"{result['seeds']} seed{'s' if result['seeds'] > 1 else ''})"
    )


def _name(method, precision):
    return f"{METHODS[method]}, {precision}" if precision else METHODS[method]


def _accuracy(row):
    if row is None:
        return "–"
    spread = "" if row["std"] is None else f" ± {100 * row['std']:.2f}"
    return f"{100 * row['mean']:.2f}{spread}"


def _number(text, value):
    if value is None:
        return "–"
    return f"{value:+.2f}" if text.startswith("points") else f"{value:.3f}"


def _plot(results):
    """Accuracy against each cost, a row of axes for each dataset."""
    from matplotlib.ticker import LogLocator, NullFormatter

    figure, axes_in_order = new_figure(
        len(_MEASURES), 3.4 * len(results) + 0.8, width=11, rows=len(results)
    )
    grid = np.reshape(axes_in_order, (len(results), len(_MEASURES)))
    colours = {method: f"C{index}" for index, method in enumerate(METHODS)}
    for line, result in zip(grid, results, strict=True):
        for axes, (measure, unit, label) in zip(line, _MEASURES, strict=True):
            for row in result["rows"]:
                colour = colours[row["method"]]
                mean, text = 100 * row["mean"], _name(row["method"], row["precision"])
                if row["precision"] is None:
                    if row["method"] != "majority":
                        axes.axhline(mean, color=colour, linestyle="--", label=text)
                    continue
                axes.errorbar(
                    row[measure] / unit,
                    mean,
                    100 * (row["std"] or 0.0),
                    color=colour,
                    marker=_MARKERS[row["precision"]],
                    capsize=3,
                    linestyle="none",
                    label=text,
                )
            axes.set_xscale("log")
            # The default labels run into each other where the costs lie within a decade.
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.xaxis.set_major_formatter("{x:g}")
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.set_xlabel(label)
            axes.grid(alpha=0.3)
        line[0].set_ylabel(f"{_data(result)}: accuracy (%)", parse_math=False)
    figure_legend(grid[0][0], columns=3)
    return png_bytes(figure)

"""Reports on comparisons of models: JSON, Markdown, terminal tables and a plot."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from converters.experiments.comparison import find_claims
from converters.experiments.comparison_options import METHODS
from converters.experiments.robustness_baselines import BASELINES
from converters.reports.formatting import (
    ABSENT,
    decimals,
    difference,
    millions,
    milliseconds,
    number_of,
    percentage,
    title_in_sentence,
    with_spread,
)
from converters.reports.page import Section, print_sections, to_markdown, write_files
from converters.reports.plots import figure_legend, new_figure, png_bytes
from tfsqueeze.tasks import find_task

if TYPE_CHECKING:
    from rich.console import Console

_TITLE = "Comparison"
_PLOT = "comparison.png"
_MARKERS = {"float32": "o", "int8": "s"}
# What the plot shows scores against: a key of the rows, its unit, and the label of the axis.
_COSTS = (
    ("bytes", 1e6, "file (MB)"),
    ("milliseconds", 1, "latency (ms)"),
    ("macs", 1e6, "multiply-accumulates (millions)"),
)


def write_comparison(results: Sequence[Mapping[str, Any]], folder: Path) -> dict[str, Path]:
    """Writes comparison.json, comparison.md and, where it has neural models, comparison.png.

    Args:
        results: for each dataset what `converters.experiments.comparison.compare` returned.
        folder: is made if it does not exist; files of the same names are replaced.

    Returns:
        Paths by `json`, `markdown` and, where there is one, `plot`.

    Raises:
        UserError: the folder cannot be written to.
    """
    sections = comparison_sections(results)
    contents = {"json": ("comparison.json", (json.dumps(results, indent=2) + "\n").encode())}
    plots = {}
    if any(row["precision"] for result in results for row in result["rows"]):
        contents["plot"] = (_PLOT, _plot(results))
        plots = {"scores": _PLOT}
    contents["markdown"] = ("comparison.md", to_markdown(_TITLE, sections, plots).encode())
    return write_files(contents, folder)


def print_comparison(results: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Prints the tables of a comparison.

    Args:
        results: as `write_comparison` takes them.
        console: of rich.
    """
    print_sections(comparison_sections(results), console)


def comparison_sections(results: Sequence[Mapping[str, Any]]) -> list[Section]:
    """Returns the tables of a comparison.

    Args:
        results: as `write_comparison` takes them.

    Returns:
        The scores on all datasets, the costs on each, and the claims that follow from both.
    """
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
            "scores",
            "Scores",
            ("Model", *(_heading(result) for result in results)),
            tuple((_name(*key), *(_score(rows.get(key)) for rows in rows_of)) for key in keys),
            note="In percent, correlations too: the mean over the seeds, and after ± the standard "
            "deviation of a sample. int8 is the .tflite file on LiteRT. The classical method is "
            f"{_classical(results)}.",
            plot="scores",
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
                        f"{millions(row['bytes'], 2)} MB",
                        f"{millions(row['macs'])} M",
                        milliseconds(row["milliseconds"]),
                    )
                    for key, row in rows.items()
                    if key[1]
                ),
                note="Latency is that of a batch of one on LiteRT with one thread, the median of "
                "rounds in which all files take turns.",
            )
        )
    claims = [{claim.text: claim for claim in find_claims(result["rows"])} for result in results]
    texts = list(dict.fromkeys(text for by_text in claims for text in by_text))
    if texts:
        sections.append(
            Section(
                "distilled int8",
                "The distilled model in int8",
                ("Measured", *(_data(result) for result in results)),
                tuple((text, *(_claim(by_text.get(text)) for by_text in claims)) for text in texts),
            )
        )
    return sections


def _data(result):
    return Path(result["data"]).name


def _score_title(result):
    scores = find_task(result["task"]).scores
    return next(score.title for score in scores if score.name == result["score"])


def _classical(results):
    """What the classical method of each task is."""
    by_title = {}
    for result in results:
        title = BASELINES[result["task"]].title
        by_title.setdefault(title, []).append(_data(result))
    if len(by_title) == 1:
        return next(iter(by_title))
    return "; ".join(f"{title} ({', '.join(names)})" for title, names in by_title.items())


def _heading(result):
    title = title_in_sentence(_score_title(result))
    seeds = number_of(result["seeds"], "seed")
    return f"{_data(result)}, {title} ({result['evaluated_on']}, {seeds})"


def _name(method, precision):
    return f"{METHODS[method]}, {precision}" if precision else METHODS[method]


def _score(row):
    return ABSENT if row is None else with_spread(row["mean"], row["std"], percentage)


def _claim(claim):
    if claim is None:
        return ABSENT
    return difference(claim.value) if claim.unit == "points" else decimals(claim.value, 3)


def _plot(results):
    """Draws scores against each cost, in a row of axes for each dataset."""
    from matplotlib.ticker import LogLocator, NullFormatter

    figure, axes_in_order = new_figure(
        len(_COSTS), 3.4 * len(results) + 0.8, width=11, rows=len(results)
    )
    grid = np.reshape(axes_in_order, (len(results), len(_COSTS)))
    colours = {method: f"C{index}" for index, method in enumerate(METHODS)}
    for line, result in zip(grid, results, strict=True):
        for axes, (cost, unit, label) in zip(line, _COSTS, strict=True):
            for row in result["rows"]:
                colour = colours[row["method"]]
                mean, text = 100 * row["mean"], _name(row["method"], row["precision"])
                if row["precision"] is None:
                    if row["method"] != "majority":
                        axes.axhline(mean, color=colour, linestyle="--", label=text)
                    continue
                axes.errorbar(
                    row[cost] / unit,
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
        line[0].set_ylabel(f"{_data(result)}: {_score_title(result)} (%)", parse_math=False)
    figure_legend(grid[0][0], columns=3)
    return png_bytes(figure)

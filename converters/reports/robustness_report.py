"""Reports on robustness: JSON, Markdown, terminal tables and plots."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from converters.reports.formatting import (
    decimals,
    number_of,
    percentage,
    plain_text,
    short_percent,
    shorten,
)
from converters.reports.page import Section, print_sections, to_markdown, write_files
from converters.reports.plots import figure_legend, new_figure, png_bytes

if TYPE_CHECKING:
    from rich.console import Console

_NOISE_PLOT, _ATTACK_PLOT = "robustness-noise.png", "robustness-attacks.png"
_PANELS_PER_ROW = 4
_EXAMPLE_LENGTH = 80


def write_robustness(results: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    """Writes robustness.json, robustness.md, and a plot each of the noises and the attacks.

    Args:
        results: what `measure_robustness` returned, with `title` and `notes` (sentences) besides.
        folder: is made if it does not exist; files of the same names are replaced.

    Returns:
        Paths by `json`, `markdown` and, where they were measured, `noise_plot` and `attack_plot`.

    Raises:
        UserError: the folder cannot be written to.
    """
    contents = {"json": ("robustness.json", (json.dumps(results, indent=2) + "\n").encode())}
    plots = {}
    if results["noises"]:
        contents["noise_plot"] = (_NOISE_PLOT, _plot_noises(results))
        plots["noises"] = _NOISE_PLOT
    if results["attacks"]:
        contents["attack_plot"] = (_ATTACK_PLOT, _plot_attacks(results))
        plots["attacks"] = _ATTACK_PLOT
    markdown = to_markdown(plain_text(results["title"]), robustness_sections(results), plots)
    contents["markdown"] = ("robustness.md", markdown.encode())
    return write_files(contents, folder)


def print_robustness(results: Mapping[str, Any], console: Console) -> None:
    """Prints the tables of a robustness report.

    Args:
        results: as `write_robustness` takes them.
        console: of rich.
    """
    print_sections(robustness_sections(results), console)


def robustness_sections(results: Mapping[str, Any]) -> list[Section]:
    """Returns the tables of a robustness report.

    Args:
        results: as `write_robustness` takes them.

    Returns:
        The mean over all noises, each noise at each level, the attacks, and examples of the noises.
    """
    models, levels = results["models"], results["options"]["levels"]
    clean = [percentage(results["clean"][model]) for model in models]
    sections = []
    if results["noises"]:
        sections.append(
            Section(
                "noises",
                "Accuracy by level of noise",
                ("Noise", *models),
                (
                    ("no noise", *clean),
                    *(_mean_row(results, index) for index in range(len(levels))),
                ),
                note=_note(results),
                plot="noises",
            )
        )
    for index, level in enumerate(levels if results["noises"] else ()):
        rows = [(row["noise"], row["levels"][index]) for row in results["noises"]]
        sections.append(
            Section(
                f"level {level:g}",
                f"Accuracy at a level of {short_percent(level)}",
                ("Noise", "Texts changed", *models),
                (
                    ("no noise", percentage(0.0), *clean),
                    *(
                        (
                            noise,
                            percentage(measured["changed"]),
                            *(percentage(measured["accuracy"][model]) for model in models),
                        )
                        for noise, measured in rows
                    ),
                ),
            )
        )
    if results["attacks"]:
        max_changed = short_percent(results["options"]["max_changed"])
        sections.append(
            Section(
                "attacks",
                "Attacks",
                (
                    "Attack",
                    "Model",
                    "Accuracy",
                    "Under attack",
                    "Success rate",
                    "Queries",
                    "Words changed",
                ),
                tuple(
                    (
                        row["attack"],
                        row["model"],
                        percentage(row["accuracy"]),
                        percentage(row["accuracy_under_attack"]),
                        percentage(row["success_rate"]),
                        decimals(row["mean_queries"], 1),
                        percentage(row["mean_changed"]),
                    )
                    for row in results["attacks"]
                ),
                first_number=2,
                plot="attacks",
                note=f"At most {max_changed} of a text's words change, but at least one. The "
                "success rate is that among the texts predicted rightly; queries are the mean of "
                "these, words changed the mean of the successes."
                + ("" if results["noises"] else f" {_note(results)}"),
            )
        )
    if results["noises"]:
        sections.append(
            Section(
                "examples",
                "The noises",
                ("Noise", "What it does", "Example"),
                tuple(
                    (row["noise"], row["description"], _example(row)) for row in results["noises"]
                ),
                first_number=3,
                note=f"Examples are of the level {short_percent(max(levels))}, cut off.",
            )
        )
    return sections


def _mean_row(results, index):
    """Returns the row of one level: the mean over the noises that change any text."""
    measured = [row["levels"][index] for row in results["noises"]]
    effective = [one["accuracy"] for one in measured if one["changed"]]
    means = [
        percentage(np.mean([accuracy[model] for accuracy in effective]) if effective else None)
        for model in results["models"]
    ]
    level = short_percent(results["options"]["levels"][index])
    noises = number_of(len(effective), "noise")
    return (f"{level}, mean where texts change ({noises})", *means)


def _note(results):
    examples = results["examples"]
    # Half of a 95 % interval where it is widest: the binomial's at one half.
    points = 100 * 1.96 * (0.25 / examples) ** 0.5
    left_out = results["left_out"]
    measured = {row["noise"] for row in results["noises"]} | {
        row["attack"] for row in results["attacks"]
    }
    near_words = [name for name in ("synonyms", "textfooler") if name in measured]
    return " ".join(
        [
            f"In percent of {examples:,} texts, the same for all models, so that each figure is "
            f"uncertain by up to {points:.1f} points. A level is the share of the letters, words "
            "or spaces in question that the noise touches.",
            *(
                [
                    f"The words of {' and '.join(near_words)} are near in the model's own "
                    "embeddings; in those of a model trained from scratch near words need not mean "
                    "the same."
                ]
                if near_words
                else ()
            ),
            *(
                [f"Left out for want of word embeddings: {', '.join(left_out)}."]
                if left_out
                else ()
            ),
            *map(plain_text, results["notes"]),
        ]
    )


def _example(row):
    if row["example"] is None:
        return "no text changed"
    return shorten(row["example"]["noisy"], _EXAMPLE_LENGTH)


def _plot_noises(results):
    """Draws a panel for each noise, with a line for each model."""
    rows = results["noises"]
    lines = -(-len(rows) // _PANELS_PER_ROW)
    figure, panels = new_figure(_PANELS_PER_ROW, 2.0 * lines + 0.8, width=11, rows=lines)
    for axes, row in zip(panels, rows, strict=False):
        levels = [0.0, *(100 * level["level"] for level in row["levels"])]
        for index, model in enumerate(results["models"]):
            accuracies = [
                results["clean"][model],
                *(level["accuracy"][model] for level in row["levels"]),
            ]
            # Int8 mostly lies under float, and shows between the dashes.
            axes.plot(
                levels,
                100 * np.array(accuracies),
                ("-o", "--s", "-.^")[index % 3],
                ms=3,
                color=f"C{index}",
                label=model,
            )
        axes.set_title(row["noise"], fontsize=10)
        axes.set_ylim(0, 103)
        axes.grid(alpha=0.3)
    for axes in panels[len(rows) :]:
        axes.set_visible(False)
    for axes in panels[::_PANELS_PER_ROW]:
        axes.set_ylabel("accuracy (%)")
    for axes in panels[max(0, len(rows) - _PANELS_PER_ROW) : len(rows)]:
        axes.set_xlabel("level (%)")
    figure_legend(panels[0])
    return png_bytes(figure)


def _plot_attacks(results):
    """Draws a group of bars for each attack, with a bar for each model."""
    models = results["models"]
    attacks = list(dict.fromkeys(row["attack"] for row in results["attacks"]))
    rows = {(row["attack"], row["model"]): row for row in results["attacks"]}
    figure, panels = new_figure(2, 3.6)
    for axes, measure, label in zip(
        panels,
        ("success_rate", "accuracy_under_attack"),
        ("attacks that succeed (%)", "accuracy under attack (%)"),
        strict=True,
    ):
        for index, model in enumerate(models):
            heights = [100 * (rows[attack, model][measure] or 0.0) for attack in attacks]
            bars = axes.bar(
                np.arange(len(attacks)) + (index - (len(models) - 1) / 2) * 0.25,
                heights,
                0.23,
                color=f"C{index}",
                label=model,
            )
            axes.bar_label(bars, fmt="%.0f", fontsize=8)
        axes.set_xticks(range(len(attacks)), attacks)
        axes.set_ylim(0, 108)
        axes.set_ylabel(label)
    figure_legend(panels[0])
    return png_bytes(figure)

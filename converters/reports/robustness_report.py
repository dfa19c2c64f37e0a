"""Robustness as JSON, Markdown, a terminal's tables and plots."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from converters.reports.page import (
    Section,
    plain_text,
    print_sections,
    to_markdown,
    write_files,
)
from converters.reports.plots import figure_legend, new_figure, png_bytes

if TYPE_CHECKING:
    from rich.console import Console

_NOISE_PLOT, _ATTACK_PLOT = "robustness-noise.png", "robustness-attacks.png"
_PANELS = 4
_EXAMPLE_LENGTH = 80


def write_robustness(results: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    """Writes robustness.json, robustness.md and, of noises and of attacks, a plot each.

    results: what `measure_robustness` returned, with `title` and `notes` (sentences) besides.

    Returns the paths by `json`, `markdown`, `noise_plot`, `attack_plot`.
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
    """Prints the tables."""
    print_sections(robustness_sections(results), console)


def robustness_sections(results: Mapping[str, Any]) -> list[Section]:
    """Returns the tables: all noises in one figure, each noise at each level, attacks, and what
    the noises look like."""
    models, levels = results["models"], results["options"]["levels"]
    clean = [_percent(results["clean"][model]) for model in models]
    sections = []
    if results["noises"]:
        sections.append(
            Section(
                "noises",
                "Accuracy by level of noise",
                ("Noise", *models),
                (
                    ("no noise", *clean),
                    *(_mean_row(results, place) for place in range(len(levels))),
                ),
                note=_note(results),
                plot="noises",
            )
        )
    for place, level in enumerate(levels if results["noises"] else ()):
        rows = [(row["noise"], row["levels"][place]) for row in results["noises"]]
        sections.append(
            Section(
                f"level {level:g}",
                f"Accuracy at a level of {_level(level)}",
                ("Noise", "Texts changed", *models),
                (
                    ("no noise", _percent(0.0), *clean),
                    *(
                        (
                            noise,
                            _percent(measured["changed"]),
                            *(_percent(measured["accuracy"][model]) for model in models),
                        )
                        for noise, measured in rows
                    ),
                ),
            )
        )
    if results["attacks"]:
        share = results["options"]["max_changed"]
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
                        _percent(row["accuracy"]),
                        _percent(row["accuracy_under_attack"]),
                        _percent(row["success_rate"]),
                        "–" if row["mean_queries"] is None else f"{row['mean_queries']:.1f}",
                        _percent(row["mean_changed"]),
                    )
                    for row in results["attacks"]
                ),
                first_number=2,
                plot="attacks",
                note=f"At most {_level(share)} of a text's words change, but at least one. The success "
                "rate is that among the texts predicted rightly; queries are the mean of these, "
                "words changed the mean of the successes."
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
                note=f"Examples are of the level {_level(max(levels))}, cut off.",
            )
        )
    return sections


def _mean_row(results, place):
    """The mean of the noises at one level, but for those that find nothing to touch."""
    measured = [row["levels"][place] for row in results["noises"]]
    effective = [one["accuracy"] for one in measured if one["changed"]]
    means = [
        _percent(np.mean([accuracy[model] for accuracy in effective]) if effective else None)
        for model in results["models"]
    ]
    count = f"{len(effective)} noise{'' if len(effective) == 1 else 's'}"
    level = _level(results["options"]["levels"][place])
    return (f"{level}, mean where texts change ({count})", *means)


def _note(results):
    examples = results["examples"]
    # Half of a 95 % interval where it is widest: the binomial's at one half.
    points = 100 * 1.96 * (0.25 / examples) ** 0.5
    left_out = results["left_out"]
    near = {row["noise"] for row in results["noises"]} | {
        row["attack"] for row in results["attacks"]
    }
    near_words = [name for name in ("synonyms", "textfooler") if name in near]
    return " ".join(
        [
            f"In percent of {examples:,} texts, the same for all models, so that each figure is "
            f"uncertain by up to {points:.1f} points. A level is the share of the letters, words or "
            "spaces in question that the noise touches.",
            *(
                [
                    f"The words of {' and '.join(near_words)} are near in the model's own embeddings; in "
                    "those of a model trained from scratch near words need not mean the same."
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
    text = plain_text(row["example"]["noisy"])
    return text if len(text) <= _EXAMPLE_LENGTH else text[: _EXAMPLE_LENGTH - 1] + "…"


def _percent(value):
    return "–" if value is None else f"{100 * value:.2f}"


def _level(level):
    return f"{100 * level:g} %"


def _plot_noises(results):
    """A panel for each noise, a line for each model."""
    rows = results["noises"]
    lines = -(-len(rows) // _PANELS)
    figure, panels = new_figure(_PANELS, 2.0 * lines + 0.8, width=11, rows=lines)
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
    for axes in panels[::_PANELS]:
        axes.set_ylabel("accuracy (%)")
    for axes in panels[max(0, len(rows) - _PANELS) : len(rows)]:
        axes.set_xlabel("level (%)")
    figure_legend(panels[0])
    return png_bytes(figure)


def _plot_attacks(results):
    """A group of bars for each attack, a bar for each model."""
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

"""Reports on robustness: JSON, Markdown, HTML, terminal tables and plots."""

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
    title_in_sentence,
)
from converters.reports.page import Section, print_sections, to_html, to_markdown, write_files
from converters.reports.plots import figure_legend, new_figure, png_bytes
from tfsqueeze.tasks import known_scores

if TYPE_CHECKING:
    from rich.console import Console

# The file of the plot of each section that has one.
_PLOTS = {"noises": "robustness-noise.png", "attacks": "robustness-attacks.png"}
_PANELS_PER_ROW = 4
_EXAMPLE_LENGTH = 80
# Scores that are the share of examples that are right.
_SHARES = ("accuracy", "intent_accuracy", "frame_accuracy", "exact_match")


def write_robustness(results: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    """Writes robustness.json, .md and .html, and a plot each of the noises and the attacks.

    Args:
        results: what `measure_models` returned, with `title` and `notes` (sentences) besides.
        folder: is made if it does not exist; files of the same names are replaced.

    Returns:
        Paths by `json`, `markdown`, `html` and, where they were measured, `noise_plot` and
        `attack_plot`.

    Raises:
        UserError: the folder cannot be written to.
    """
    images = {}
    if results["noises"]:
        images["noises"] = _plot_noises(results)
    if results["attacks"]:
        images["attacks"] = _plot_attacks(results)
    title, sections = plain_text(results["title"]), robustness_sections(results)
    links = {key: _PLOTS[key] for key in images}
    contents = {
        "json": ("robustness.json", (json.dumps(results, indent=2) + "\n").encode()),
        "markdown": ("robustness.md", to_markdown(title, sections, links).encode()),
        "html": ("robustness.html", to_html(title, sections, images).encode()),
        **{f"{key.removesuffix('s')}_plot": (_PLOTS[key], image) for key, image in images.items()},
    }
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
        For each score the mean over all noises, and each noise at each level; then the attacks, and
        examples of the noises.
    """
    levels = results["options"]["levels"]
    sections = []
    if results["noises"]:
        scores = [known_scores()[name] for name in results["scores"]]
        sections += [_mean_section(results, score, number) for number, score in enumerate(scores)]
        sections += [
            _level_section(results, score, index)
            for score in scores
            for index in range(len(levels))
        ]
    if results["attacks"]:
        sections.append(_attack_section(results))
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


def _mean_section(results, score, number):
    """Returns the table of a score by level; the first one has the note and the plot."""
    levels = results["options"]["levels"]
    return Section(
        "noises" if number == 0 else f"noises {score.name}",
        f"{score.title} by level of noise",
        ("Noise", *results["models"]),
        (
            ("no noise", *_clean(results, score)),
            *(_mean_row(results, score, index) for index in range(len(levels))),
        ),
        note=_note(results) if number == 0 else "",
        plot="noises" if number == 0 else None,
    )


def _mean_row(results, score, index):
    """Returns the row of one level: the mean over the noises that change any text."""
    measured = [row["levels"][index] for row in results["noises"]]
    effective = [one[score.name] for one in measured if one["changed"]]
    means = [
        percentage(np.mean([values[model] for values in effective]) if effective else None)
        for model in results["models"]
    ]
    level = short_percent(results["options"]["levels"][index])
    noises = number_of(len(effective), "noise")
    noun = results["kind"]["noun"]
    return (f"{level}, mean where {noun}s change ({noises})", *means)


def _level_section(results, score, index):
    """Returns the table of a score under each noise at one level."""
    level = results["options"]["levels"][index]
    rows = [(row["noise"], row["levels"][index]) for row in results["noises"]]
    return Section(
        f"level {level:g} {score.name}",
        f"{score.title} at a level of {short_percent(level)}",
        ("Noise", f"{results['kind']['noun'].capitalize()}s changed", *results["models"]),
        (
            ("no noise", percentage(0.0), *_clean(results, score)),
            *(
                (
                    noise,
                    percentage(measured["changed"]),
                    *(percentage(measured[score.name][model]) for model in results["models"]),
                )
                for noise, measured in rows
            ),
        ),
    )


def _clean(results, score):
    return [percentage(results["scores"][score.name][model]) for model in results["models"]]


def _attack_section(results):
    kind = results["kind"]
    # The share of right examples is in the table anyway.
    scores = [
        score
        for score in (known_scores()[name] for name in results["scores"])
        if score.title != kind["right"]
    ]
    return Section(
        "attacks",
        "Attacks",
        (
            "Attack",
            "Model",
            kind["right"],
            "Under attack",
            "Success rate",
            *(f"{score.title} under attack" for score in scores),
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
                *(percentage(row["scores"][score.name]) for score in scores),
                decimals(row["mean_queries"], 1),
                percentage(row["mean_changed"]),
            )
            for row in results["attacks"]
        ),
        first_number=2,
        plot="attacks",
        note=_attack_note(results),
    )


def _attack_note(results):
    noun, definition = results["kind"]["noun"], results["kind"]["definition"]
    max_changed = short_percent(results["options"]["max_changed"])
    sentences = [
        f"At most {max_changed} of a {noun}'s words change, but at least one. The success rate is "
        f"that among the {noun}s predicted rightly; queries are the mean of these, words changed "
        "the mean of the successes."
    ]
    if definition:
        sentences.append(f"A {noun} is predicted rightly if {definition}.")
    if not results["noises"]:
        sentences.append(_note(results))
    return " ".join(sentences)


def _note(results):
    examples = results["examples"]
    # Half of a 95 % interval where it is widest: the binomial's at one half.
    points = 100 * 1.96 * (0.25 / examples) ** 0.5
    left_out = results["left_out"]
    noun = results["kind"]["noun"]
    uncertain = (
        f", so that each figure is uncertain by up to {points:.1f} points"
        if all(name in _SHARES for name in results["scores"])
        else ""
    )
    measured = {row["noise"] for row in results["noises"]} | {
        row["attack"] for row in results["attacks"]
    }
    near_words = [name for name in ("synonyms", "textfooler") if name in measured]
    return " ".join(
        [
            f"In percent of {number_of(examples, noun)}, the same for all models{uncertain}. "
            "A level is the share of the letters, words or spaces in question that the noise "
            "touches.",
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
    """Draws a panel for each noise, with a line for each model's main score."""
    rows = results["noises"]
    score = known_scores()[next(iter(results["scores"]))]
    lines = -(-len(rows) // _PANELS_PER_ROW)
    figure, panels = new_figure(_PANELS_PER_ROW, 2.0 * lines + 0.8, width=11, rows=lines)
    for axes, row in zip(panels, rows, strict=False):
        levels = [0.0, *(100 * level["level"] for level in row["levels"])]
        for index, model in enumerate(results["models"]):
            values = [
                results["clean"][model],
                *(level[score.name][model] for level in row["levels"]),
            ]
            # Int8 mostly lies under float, and shows between the dashes.
            axes.plot(
                levels,
                100 * np.array(values),
                ("-o", "--s", "-.^")[index % 3],
                ms=3,
                color=f"C{index}",
                label=model,
            )
        axes.set_title(row["noise"], fontsize=10)
        # A correlation may be below 0.
        axes.set_ylim(min(0, axes.get_ylim()[0]), 103)
        axes.grid(alpha=0.3)
    for axes in panels[len(rows) :]:
        axes.set_visible(False)
    for axes in panels[::_PANELS_PER_ROW]:
        axes.set_ylabel(f"{title_in_sentence(score.title)} (%)")
    for axes in panels[max(0, len(rows) - _PANELS_PER_ROW) : len(rows)]:
        axes.set_xlabel("level (%)")
    figure_legend(panels[0])
    return png_bytes(figure)


def _plot_attacks(results):
    """Draws a group of bars for each attack, with a bar for each model."""
    models, right = results["models"], title_in_sentence(results["kind"]["right"])
    attacks = list(dict.fromkeys(row["attack"] for row in results["attacks"]))
    rows = {(row["attack"], row["model"]): row for row in results["attacks"]}
    figure, panels = new_figure(2, 3.6)
    for axes, measure, label in zip(
        panels,
        ("success_rate", "accuracy_under_attack"),
        ("attacks that succeed (%)", f"{right} under attack (%)"),
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

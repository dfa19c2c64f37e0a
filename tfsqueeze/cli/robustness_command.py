"""`tfsqueeze robustness`."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tfsqueeze.cli.arguments import Json, KeepNanLabels, LabelColumn, TextColumn, choices
from tfsqueeze.cli.console import counting_progress, output, print_json, print_step
from tfsqueeze.data.datasets.label_names import check_names_to_learn
from tfsqueeze.data.datasets.labels import UNKNOWN_ID
from tfsqueeze.robustness.attacks import ATTACKS
from tfsqueeze.robustness.measurement import RobustnessOptions
from tfsqueeze.robustness.noises import NOISES
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.logging import load_tensorflow

_DEFAULTS = RobustnessOptions()
_NONE = "none"
Noise = choices("Noise", (*NOISES, _NONE))
Attack = choices("Attack", (*ATTACKS, _NONE))


def robustness(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="RUN_OR_MODEL",
            help="A folder that `tfsqueeze train` wrote, or a .tflite file that "
            "`tfsqueeze convert` wrote.",
        ),
    ],
    data: Annotated[
        str | None,
        typer.Argument(
            help="Dataset to measure on: a name, a folder, or one labelled file. By default the "
            "dataset of training."
        ),
    ] = None,
    level: Annotated[
        list[float] | None,
        typer.Option(
            help="Share of letters, words or spaces that a noise changes. Repeatable.",
            show_default=", ".join(map(str, _DEFAULTS.levels)),
        ),
    ] = None,
    noise: Annotated[
        list[Noise] | None,
        typer.Option(
            metavar="NOISE",
            help=f"Noise to measure: {', '.join(NOISES)}; or `{_NONE}`. Repeatable.",
            show_default="all",
        ),
    ] = None,
    attack: Annotated[
        list[Attack] | None,
        typer.Option(
            metavar="ATTACK",
            help="Attack to measure: "
            + ", ".join(f"{name} ({attack.description})" for name, attack in ATTACKS.items())
            + f"; or `{_NONE}`. Repeatable.",
            show_default="all",
        ),
    ] = None,
    max_changed: Annotated[
        float, typer.Option(help="Maximum share of a text's words that an attack may change.")
    ] = _DEFAULTS.max_changed,
    texts: Annotated[
        int, typer.Option(min=1, help="Number of texts to draw. All if there are fewer.")
    ] = 200,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of texts, noises and attacks.")
    ] = _DEFAULTS.seed,
    output_folder: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Folder for the report, which is JSON, Markdown and PNG plots."
        ),
    ] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    keep_nan_labels: KeepNanLabels = False,
    json: Json = False,
) -> None:
    """Measure how well a classifier withstands noisy texts and attacks.

    A run is measured in float and as an int8 .tflite file. A .tflite file is
    measured as it is. If the texts of training are available, TF-IDF with
    logistic regression is measured as well. All models read the same noisy
    texts.

    Examples:
      tfsqueeze robustness runs/mine --output runs/mine/robustness

      tfsqueeze robustness mine.tflite held_out.csv --noise keyboard --noise ocr --attack none
    """
    if model.is_dir():
        load_tensorflow()
    from converters.experiments.robustness_models import evaluation_texts, load_models
    from converters.reports.robustness_report import print_robustness, write_robustness
    from tfsqueeze.robustness.measurement import measure_robustness

    options = RobustnessOptions(
        noises=_chosen(noise) if noise else _DEFAULTS.noises,
        levels=tuple(sorted(set(level))) if level else _DEFAULTS.levels,
        attacks=_chosen(attack) if attack else _DEFAULTS.attacks,
        max_changed=max_changed,
        seed=seed,
    )
    if not options.noises and not options.attacks:
        raise UserError("there is neither a noise nor an attack to measure; name one")
    print_step(f"loading {model}")
    models = load_models(model)
    test = evaluation_texts(
        models,
        data,
        text_column=text_column,
        label_column=label_column,
        keep_nan_labels=keep_nan_labels,
    )
    name = data or models.dataset_name
    test = test.sample(texts, seed)
    check_names_to_learn(test, "labels", test.label_names(), models.label_names)
    label_ids = test.label_ids(models.label_names, UNKNOWN_ID)
    print_step(f"measuring {', '.join(models.predictors)} on {len(test):,} texts")
    with counting_progress() as progress:
        results = measure_robustness(
            models.predictors,
            test.texts,
            label_ids,
            models.label_names,
            options,
            models.words,
            progress,
        )
    results = {
        "title": f"Robustness of {model.resolve().name} on {Path(name).name}",
        "data": name,
        "notes": models.notes,
        **results,
    }
    paths = write_robustness(results, output_folder) if output_folder else {}
    if json:
        print_json(results)
        return
    print_robustness(results, output)
    if paths:
        output.print(f"report: {paths['markdown']}", soft_wrap=True)


def _chosen(names: Sequence[enum.Enum]) -> tuple[str, ...]:
    """Returns the names of an option without duplicates; none if `none` is the only one."""
    chosen = tuple(dict.fromkeys(name.value for name in names))
    return () if chosen == (_NONE,) else chosen

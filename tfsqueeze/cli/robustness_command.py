"""`tfsqueeze robustness`."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tfsqueeze.cli.arguments import (
    Json,
    KeepNanLabels,
    LabelColumn,
    LabelSeparator,
    TextColumn,
    TextPairColumn,
    choices,
)
from tfsqueeze.cli.console import counting_progress, output, print_json, print_step
from tfsqueeze.data.readers.label_checks import LABEL_SEPARATOR
from tfsqueeze.robustness.attacks import ATTACKS
from tfsqueeze.robustness.changed_columns import ChangedTexts
from tfsqueeze.robustness.measurement import RobustnessOptions
from tfsqueeze.robustness.noises import NOISES
from tfsqueeze.utils.logging import load_tensorflow
from tfsqueeze.utils.unused_options import refuse_unused

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
            show_default="all; for tagged words those that keep words apart",
        ),
    ] = None,
    attack: Annotated[
        list[Attack] | None,
        typer.Option(
            metavar="ATTACK",
            help="Attack to measure: "
            + ", ".join(f"{name} ({attack.description})" for name, attack in ATTACKS.items())
            + f"; or `{_NONE}`. Repeatable.",
            show_default="all; none if predictions are numbers or vectors",
        ),
    ] = None,
    max_changed: Annotated[
        float, typer.Option(help="Maximum share of a text's words that an attack may change.")
    ] = _DEFAULTS.max_changed,
    changed_texts: Annotated[
        ChangedTexts, typer.Option(help="Texts of each pair that noises and attacks change.")
    ] = _DEFAULTS.changed_texts,
    texts: Annotated[
        int,
        typer.Option(
            min=1,
            help="Number of texts, pairs, sentences or questions to draw. All if there are fewer.",
        ),
    ] = 200,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of texts, noises and attacks.")
    ] = _DEFAULTS.seed,
    output_folder: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Folder for the report, which is JSON, Markdown, HTML and PNG plots.",
        ),
    ] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    text_pair_column: TextPairColumn = None,
    keep_nan_labels: KeepNanLabels = False,
    label_separator: LabelSeparator = LABEL_SEPARATOR,
    json: Json = False,
) -> None:
    """Measure how well a model withstands noisy texts and attacks.

    A run is measured in float and as an int8 .tflite file. A .tflite file is
    measured as it is. A classical model is measured as well: for texts and
    pairs TF-IDF, for tagged words a conditional random field, for answers the
    sentence most like the question. All models read the same noisy texts.

    Each task has its own scores, such as F1 of entities. Tagged words get noise
    inside words, so that each keeps its tag. Questions get noise, and their
    contexts stay. An attack changes words until a prediction is wrong: a label,
    the labels of a text, the entities of a sentence, an intent with its slots,
    or an answer.

    Examples:
      tfsqueeze robustness runs/mine --output runs/mine/robustness

      tfsqueeze robustness mine.tflite held_out.csv --noise keyboard --noise ocr --attack none

      tfsqueeze robustness runs/same --changed-texts second
    """
    if model.is_dir():
        load_tensorflow()
    from converters.experiments.fitting_options import fitting_options
    from converters.experiments.robustness_models import (
        add_baseline,
        checked_examples,
        load_data,
        load_models,
        truths,
    )
    from converters.reports.robustness_report import print_robustness, write_robustness
    from tfsqueeze.robustness.measurement import measure_models

    noises, attacks = _chosen(noise), _chosen(attack)
    # A wrong option is found before anything is loaded.
    options = RobustnessOptions(
        noises=_DEFAULTS.noises if noises is None else noises,
        levels=tuple(sorted(set(level))) if level else _DEFAULTS.levels,
        attacks=_DEFAULTS.attacks if attacks is None else attacks,
        max_changed=max_changed,
        changed_texts=changed_texts,
        seed=seed,
    )
    print_step(f"loading {model}")
    models = load_models(model)
    loaded = load_data(
        models,
        data,
        text_column=text_column,
        label_column=label_column,
        text_pair_column=text_pair_column,
        keep_nan_labels=keep_nan_labels,
        label_separator=label_separator,
    )
    name = data or models.dataset_name
    test = checked_examples(models, loaded.test.sample(texts, seed))
    options = fitting_options(models, test, options, noises, attacks)
    named = ["--level"] if level else []
    named += ["--max-changed"] if max_changed != _DEFAULTS.max_changed else []
    unused = [] if options.noises else [("--level", "noises, and none is measured")]
    unused += [] if options.attacks else [("--max-changed", "attacks, and none is measured")]
    refuse_unused(named, unused)
    add_baseline(models, loaded)
    kind = models.measured.kind
    print_step(f"measuring {', '.join(models.models)} on {len(test):,} {kind.noun}s")
    with counting_progress() as progress:
        results = measure_models(
            models.models,
            test,
            truths(models, test),
            options,
            kind=kind,
            words=models.words,
            progress=progress,
        )
    results = {
        "title": f"Robustness of {model.resolve().name} on {Path(name).name}",
        "data": name,
        "task": models.task.name,
        "labels": models.label_names,
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


def _chosen(names: Sequence[enum.Enum] | None) -> tuple[str, ...] | None:
    """Returns the names of an option without duplicates; none if `none` is the only one.

    Without the option it returns None.
    """
    if not names:
        return None
    chosen = tuple(dict.fromkeys(name.value for name in names))
    return () if chosen == (_NONE,) else chosen

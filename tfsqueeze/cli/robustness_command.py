"""`tfsqueeze robustness`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tfsqueeze.cli.arguments import Json, LabelColumn, TextColumn
from tfsqueeze.cli.console import counting_progress, output, print_json, step
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.logging import load_tensorflow


def robustness(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="RUN_OR_MODEL",
            help="A folder that `tfsqueeze train` filled, or a .tflite file "
            "that `tfsqueeze convert` wrote.",
        ),
    ],
    data: Annotated[
        str | None,
        typer.Argument(
            help="The dataset to measure on: a name, a folder, or one labelled file; that of training "
            "by default."
        ),
    ] = None,
    levels: Annotated[
        str, typer.Option(help="Shares of letters, words or spaces that noise touches, by commas.")
    ] = "0.05,0.1,0.2",
    noises: Annotated[
        str,
        typer.Option(
            help="Which noises, by commas: keyboard, swap, drop, insert, repeat, ocr, asr, lowercase, "
            "uppercase, random_case, punctuation_removed, punctuation_added, extra_spaces, "
            "lost_spaces, homoglyphs, zero_width, word_drop, synonyms; `all`, or `none`."
        ),
    ] = "all",
    attacks: Annotated[
        str,
        typer.Option(
            help="Which attacks, by commas: deepwordbug (letters), textfooler (words near in the "
            "embeddings); `all`, or `none`."
        ),
    ] = "all",
    max_changed: Annotated[
        float, typer.Option(help="The largest share of a text's words that an attack may change.")
    ] = 0.3,
    texts: Annotated[
        int, typer.Option(min=1, help="How many texts to draw; all where there are fewer.")
    ] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Of texts, noises and attacks.")] = 0,
    output_folder: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="A folder for the report: JSON, Markdown and PNG plots."
        ),
    ] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    json: Json = False,
) -> None:
    """Measures how a classifier stands noisy texts and attacks.

    A run is measured in float and as int8 .tflite, a .tflite file by itself, and beside both
    TF-IDF with logistic regression on the texts of training, where these are there. All see the
    same noisy texts.

    Examples:

      tfsqueeze robustness runs/mine --output runs/mine/robustness

      tfsqueeze robustness mine.tflite held_out.csv --noises keyboard,ocr --attacks none
    """
    if model.is_dir():
        load_tensorflow()
    from converters.experiments.robustness_models import evaluation_texts, load_models
    from converters.reports.robustness_report import print_robustness, write_robustness
    from tfsqueeze.robustness.attacks import ATTACKS
    from tfsqueeze.robustness.measurement import RobustnessOptions, measure_robustness
    from tfsqueeze.robustness.noises import NOISES

    options = RobustnessOptions(
        noises=_names(noises, tuple(NOISES)),
        levels=_levels(levels),
        attacks=_names(attacks, tuple(ATTACKS)),
        max_changed=max_changed,
        seed=seed,
    )
    if not options.noises and not options.attacks:
        raise UserError("there is neither a noise nor an attack to measure; name one")
    step(f"loading {model}")
    models = load_models(model)
    test = evaluation_texts(models, data, text_column, label_column)
    name = data or models.dataset_name
    test = test.sample(texts, seed)
    label_ids = test.label_ids(models.label_names)
    step(f"measuring {', '.join(models.predictors)} on {len(test):,} texts")
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


def _names(value: str, known: tuple[str, ...]) -> tuple[str, ...]:
    names = dict.fromkeys(name.strip() for name in value.split(",") if name.strip())
    if list(names) == ["all"]:
        return known
    return () if list(names) == ["none"] else tuple(names)


def _levels(value: str) -> tuple[float, ...]:
    try:
        return tuple(sorted({float(level) for level in value.split(",") if level.strip()}))
    except ValueError:
        raise UserError(f"--levels {value!r}: give numbers by commas, such as 0.05,0.1") from None

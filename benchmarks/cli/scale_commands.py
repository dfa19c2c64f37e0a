"""`large-data` and `scale`: millions of rows, and several processes."""

from __future__ import annotations

from typing import Annotated

import typer

from benchmarks.cli.arguments import OUTPUT_FOLDER, Json, Output, Rounds
from benchmarks.cli.console import finish, progress_bar


def large_data(
    rows: Annotated[
        list[int] | None,
        typer.Option(
            min=1000,
            help="Number of rows. Repeatable; the smallest one is measured in memory too.",
            show_default="200,000 and 10,000,000",
        ),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Number of training steps.")] = 200,
    output_folder: Output = OUTPUT_FOLDER,
    json: Json = False,
) -> None:
    """Measure rows/s and memory of reading, tokenization and training, for any number of rows."""
    from benchmarks.large_data import measure_large_data

    settings = {"steps": steps, "batch_size": 128, "preset": "squeezebert-micro"}
    with progress_bar() as progress:
        found = measure_large_data(rows or [200_000, 10_000_000], **settings, progress=progress)
    finish("large-data", [{**settings, "large-data": found}], output_folder, json)


def scale(
    preset: Annotated[
        str, typer.Option(help="Preset of the model, which has random weights.")
    ] = "squeezebert-micro",
    length: Annotated[
        list[int] | None,
        typer.Option(
            min=8,
            max=512,
            help="Number of tokens of a text. Repeatable.",
            show_default="32 and 128",
        ),
    ] = None,
    rows: Annotated[
        int, typer.Option(min=1000, help="Number of texts that are predicted and prepared.")
    ] = 100_000,
    rounds: Rounds = 5,
    steps: Annotated[int, typer.Option(min=1, help="Number of training steps of a turn.")] = 5,
    beam_python: Annotated[
        str | None,
        typer.Option(
            metavar="PYTHON",
            help="Python of an environment with tfsqueeze[beam], to measure Apache Beam too.",
        ),
    ] = None,
    output_folder: Output = OUTPUT_FOLDER,
    json: Json = False,
) -> None:
    """Measure training, preparation and prediction on one and on two processes."""
    from benchmarks.scale import TEXTS_OF_STEP, measure_scale

    with progress_bar() as progress:
        found, same = measure_scale(
            preset,
            length or [32, 128],
            rows=rows,
            rounds=rounds,
            steps=steps,
            beam_python=beam_python,
            progress=progress,
        )
    run = {
        "preset": preset,
        "rows": rows,
        "rounds": rounds,
        "steps": steps,
        "texts_of_step": TEXTS_OF_STEP,
        "rows_of_beam_as_predict": same,
        "scale": found,
    }
    finish("scale", [run], output_folder, json)

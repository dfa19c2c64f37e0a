"""`throughput` and `training`: how many texts and tokens a second the package handles."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.arguments import OUTPUT_FOLDER, Json, Length, Output, Rounds, chosen_values
from benchmarks.cli.console import finish, progress_bar
from benchmarks.training import STAGES
from tfsqueeze.cli.arguments import choices

TrainingStage = choices("TrainingStage", STAGES)


def throughput(
    data: Annotated[str, typer.Option(help="Name or folder of a dataset.")] = "reuters-r8",
    preset: Annotated[
        str, typer.Option(help="Preset of the model, which has random weights.")
    ] = "squeezebert-micro",
    texts: Annotated[int, typer.Option(min=64, help="Number of texts of each measurement.")] = 1000,
    rounds: Rounds = 5,
    length: Length = 128,
    output_folder: Output = OUTPUT_FOLDER,
    json: Json = False,
) -> None:
    """Measure texts/s of tokenization, prediction and training, and the start-up time."""
    from benchmarks.throughput import measure_throughput

    with progress_bar() as progress:
        run = measure_throughput(
            data, preset, texts=texts, rounds=rounds, max_length=length, progress=progress
        )
    finish("throughput", [run], output_folder, json)


def training(
    preset: Annotated[
        list[str] | None,
        typer.Option(help="Preset of tfsqueeze. Repeatable.", show_default="squeezebert-tiny"),
    ] = None,
    stage: Annotated[
        list[TrainingStage] | None,
        typer.Option(
            metavar="STAGE",
            help=f"Stage to measure: {', '.join(STAGES)}. Repeatable.",
            show_default="all",
        ),
    ] = None,
    length: Annotated[
        list[int] | None,
        typer.Option(
            min=8, max=512, help="Number of tokens of a text. Repeatable.", show_default="64"
        ),
    ] = None,
    precision: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PRECISION",
            help="`float32` or `bfloat16`. Repeatable.",
            show_default="float32",
        ),
    ] = None,
    before: Annotated[
        Path | None,
        typer.Option(help="Checkout of an earlier commit, to measure in turns with this one."),
    ] = None,
    rounds: Rounds = 7,
    steps: Annotated[int, typer.Option(min=1, help="Number of training steps of a turn.")] = 3,
    output_folder: Output = OUTPUT_FOLDER,
    json: Json = False,
) -> None:
    """Measure tokens/s of training: float, quantization-aware, distillation and whole epochs.

    git worktree add ../before COMMIT
    python -m benchmarks training --before ../before
    """
    from tfsqueeze.utils.logging import load_tensorflow

    load_tensorflow()
    from benchmarks.training import measure_training, product_gflops

    with progress_bar() as progress:
        rows = measure_training(
            preset or ["squeezebert-tiny"],
            chosen_values(stage) or STAGES,
            length or [64],
            precision or ["float32"],
            before=before,
            rounds=rounds,
            steps=steps,
            progress=progress,
        )
    run = {
        "cores": len(os.sched_getaffinity(0)),
        "rounds": rounds,
        "steps": steps,
        "before": before is not None,
        "product_gflops": {name: product_gflops(name) for name in precision or ["float32"]},
        "training": rows,
    }
    finish("training", [run], output_folder, json)

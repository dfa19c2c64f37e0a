"""`initializations` and `shapes`: how students of all-MiniLM-L6-v2 start, and their shapes."""

from __future__ import annotations

from typing import Annotated

import typer

from benchmarks.cli.arguments import OUTPUT_FOLDER, Json, Output
from benchmarks.cli.console import finish, progress_bar

Texts = Annotated[
    list[str] | None,
    typer.Argument(
        help="Files of plain text, folders of .txt files, or names of datasets.",
        show_default="reuters-r8 and 20newsgroups",
    ),
]
_TEXTS = ["reuters-r8", "20newsgroups"]


def initializations(
    texts: Texts = None,
    preset: Annotated[str, typer.Option(help="Preset of the student.")] = "squeezebert-tiny",
    steps: Annotated[
        int, typer.Option(min=1, help="Number of steps of distillation from each initialization.")
    ] = 200,
    seed: Annotated[int, typer.Option(help="Seed of texts, order and weights.")] = 0,
    output_folder: Output = OUTPUT_FOLDER,
    json: Json = False,
) -> None:
    """Compare initializations of a student of all-MiniLM-L6-v2: random, or its teacher's weights.

    This takes a quarter of an hour on two cores. The teacher's outputs are kept.
    """
    from tfsqueeze.utils.logging import load_tensorflow

    load_tensorflow()
    from benchmarks.initializations import compare_initializations

    with progress_bar() as progress:
        run = compare_initializations(
            texts or _TEXTS,
            output_folder / "initializations",
            preset=preset,
            steps=steps,
            seed=seed,
            progress=progress,
        )
    finish("initializations", [run], output_folder, json)


def shapes(
    texts: Texts = None,
    shape: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBER,...",
            help="Fields of the configuration that differ from the preset's. Repeatable.",
        ),
    ] = None,
    preset: Annotated[str, typer.Option(help="Preset of the students.")] = "squeezebert-small",
    steps: Annotated[
        int, typer.Option(min=1, help="Number of steps of distillation of each shape.")
    ] = 200,
    seed: Annotated[int, typer.Option(help="Seed of texts, order and weights.")] = 0,
    output_folder: Output = OUTPUT_FOLDER,
    json: Json = False,
) -> None:
    """Compare shapes of a student of all-MiniLM-L6-v2, all from the start by least squares.

    A shape takes some minutes on two cores. The teacher's outputs are kept.

    Example:
      python -m benchmarks shapes --shape embedding_size=108,intermediate_groups=4
    """
    from tfsqueeze.utils.logging import load_tensorflow

    load_tensorflow()
    from benchmarks.shapes import compare_shapes, parse_shape

    with progress_bar() as progress:
        run = compare_shapes(
            texts or _TEXTS,
            output_folder / "initializations",
            preset=preset,
            shapes=[{}, *map(parse_shape, shape or ())],
            steps=steps,
            seed=seed,
            progress=progress,
        )
    finish("shapes", [run], output_folder, json)

"""`formulations` and `post-training`: how accurate int8 files are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.arguments import OUTPUT_FOLDER, Datasets, Json, Length, Output, Seed
from benchmarks.cli.console import finish, progress_bar
from tfsqueeze.cli.console import training_progress
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.utils.errors import UserError


def formulations(
    data: Datasets = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Measure only formulations whose name holds this. Repeatable."),
    ] = None,
    epochs: Annotated[
        int, typer.Option(min=1, help="Maximum number of epochs of the float stage.")
    ] = 6,
    length: Length = 128,
    seed: Seed = 0,
    output_folder: Output = OUTPUT_FOLDER,
    json: Json = False,
) -> None:
    """Compare the accuracy of formulations of the graph: Keras float, int8 and mobile files.

    Each is trained anew, which takes three minutes on two cores for Reuters R8. The same command
    continues a run that was interrupted.
    """
    from benchmarks.formulations import compare_formulations
    from tfsqueeze.utils.logging import load_tensorflow

    load_tensorflow()
    runs = [
        compare_formulations(
            name,
            output_folder / "formulations",
            only=tuple(only or ()),
            epochs=epochs,
            max_length=length,
            seed=seed,
            progress=training_progress(TEXT_CLASSIFICATION),
        )
        for name in data or ["reuters-r8"]
    ]
    finish("formulations", runs, output_folder, json)


def post_training(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Finished runs of text classification.", show_default=False),
    ],
    data: Annotated[
        list[str],
        typer.Option(help="The dataset of each run, in their order: a name or a folder."),
    ],
    seed: Annotated[int, typer.Option(help="Seed of the choice of texts.")] = 0,
    output_folder: Output = OUTPUT_FOLDER,
    json: Json = False,
) -> None:
    """Measure what int8 without training costs fine-tuned classifiers.

    Examples:
      tfsqueeze train sst2 -o runs/sst2 --pretrained all-minilm-l6-v2 --qat-epochs 0

      python -m benchmarks post-training runs/sst2 --data sst2
    """
    if len(runs) != len(data):
        raise UserError(f"{len(runs)} runs need as many times --data, not {len(data)}")
    from tfsqueeze.utils.logging import load_tensorflow

    load_tensorflow()
    from benchmarks.post_training import measure_post_training

    with progress_bar() as progress:
        measured = [
            measure_post_training(folder, name, seed=seed, progress=progress)
            for folder, name in zip(runs, data, strict=True)
        ]
    finish("post-training", measured, output_folder, json)

"""`backbone`, `backbone-texts`, `multilingual-texts` and `languages`: backbones and their texts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.arguments import OUTPUT_FOLDER, Datasets, Json, Output
from benchmarks.cli.console import finish, progress_bar
from tfsqueeze.cli.console import output


def backbone(
    source: Annotated[
        str, typer.Argument(help="Name or folder of a backbone.")
    ] = "squeezebert-tiny",
    data: Datasets = None,
    texts: Annotated[
        int, typer.Option(min=1, help="Maximum number of training texts of the probe.")
    ] = 5000,
    seed: Annotated[int, typer.Option(help="Seed of texts and pairs.")] = 0,
    output_folder: Output = OUTPUT_FOLDER,
    json: Json = False,
) -> None:
    """Compare the sentence embeddings of a frozen backbone with those of all-MiniLM-L6-v2."""
    from tfsqueeze.utils.logging import load_tensorflow

    load_tensorflow()
    from benchmarks.backbone import measure_backbone

    with progress_bar() as progress:
        runs = measure_backbone(
            source, data or ["reuters-r8"], texts=texts, seed=seed, progress=progress
        )
    finish("backbone", runs, output_folder, json)


def backbone_texts(
    data: Annotated[Path, typer.Argument(help="Folder of datasets.")],
    output_folder: Annotated[Path, typer.Argument(help="Folder for texts.txt and pairs.tsv.")],
) -> None:
    """Write the texts that the backbones of the package learn from.

    No labels and answers are read, and no parts for development or tests.
    """
    from benchmarks.backbone_texts import write_backbone_texts

    for path, lines in write_backbone_texts(data, output_folder).items():
        output.print(f"{path}: {lines:,} lines", soft_wrap=True)


def multilingual_texts(
    data: Annotated[Path, typer.Argument(help="Folder of datasets.")],
    output_folder: Annotated[Path, typer.Argument(help="Folder for the texts.")],
    captions: Annotated[
        bool,
        typer.Option(
            "--captions", help="Add Multi30k's captions, whose terms allow no model that ships."
        ),
    ] = False,
) -> None:
    """Write texts and their translations, from which `pretrain --objective multilingual` learns.

    No parts for development or tests are read.
    """
    from benchmarks.multilingual_texts import write_multilingual_texts

    for path in write_multilingual_texts(data, output_folder, captions=captions):
        output.print(str(path), soft_wrap=True)


def languages(
    models: Annotated[
        list[str],
        typer.Argument(
            help=".tflite files for sentence-embeddings, folders or names of backbones, or "
            "`characters` for TF-IDF of 2 to 4 characters."
        ),
    ],
    data: Annotated[Path, typer.Option(help="Folder of datasets.")],
    output_folder: Output = OUTPUT_FOLDER,
    json: Json = False,
) -> None:
    """Measure similarity in eight languages, and search across languages.

    Example:
      python -m benchmarks languages tiny-8.tflite squeezebert-tiny characters --data ../shared/data
    """
    from benchmarks.languages import measure_languages

    with progress_bar() as progress:
        run = measure_languages(models, data, progress)
    finish("languages", [run], output_folder, json)

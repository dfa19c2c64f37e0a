"""`tfsqueeze pretrain`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tfsqueeze.cli.arguments import Json
from tfsqueeze.cli.console import counting_progress, output, print_json, step, training_progress
from tfsqueeze.utils.logging import load_tensorflow


def pretrain(
    texts: Annotated[
        list[Path],
        typer.Argument(
            help="Files of plain text, a text or paragraph a line, or folders of .txt files."
        ),
    ],
    output_folder: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Where the run goes. The same command continues a run that was interrupted.",
        ),
    ],
    objective: Annotated[
        str,
        typer.Option(
            help="`distill` to learn all-MiniLM-L6-v2's hidden states, or `mlm` for masked language "
            "modelling."
        ),
    ] = "distill",
    preset: Annotated[str, typer.Option(help="The shape of the model.")] = "squeezebert-tiny",
    epochs: Annotated[int, typer.Option(help="Passes over the texts.")] = 3,
    max_length: Annotated[int, typer.Option(help="Tokens of a row of text.")] = 64,
    batch_tokens: Annotated[int, typer.Option(help="Tokens per step.")] = 4096,
    vocab_size: Annotated[
        int, typer.Option(help="Most entries of the vocabulary, for `mlm`.")
    ] = 8000,
    learning_rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 1e-3,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and masks.")] = 0,
    json: Json = False,
) -> None:
    """Pretrains a backbone on plain text, without labels.

    The result is in OUTPUT/backbone, in Hugging Face's layout.

    Example:

      tfsqueeze pretrain my_texts/ --output runs/backbone --preset squeezebert-small
    """
    from tfsqueeze.pretraining.pretraining_options import PretrainingOptions

    options = PretrainingOptions(
        objective=objective,
        preset=preset,
        vocab_size=vocab_size,
        max_length=max_length,
        epochs=epochs,
        batch_tokens=batch_tokens,
        learning_rate=learning_rate,
        seed=seed,
    )
    step(f"pretraining {preset} by {objective}")
    load_tensorflow()
    from tfsqueeze.pretraining.pretrain import pretrain as run_pretraining

    with counting_progress() as progress:
        run = run_pretraining(output_folder, texts, options, training_progress, progress)
    if json:
        print_json({"backbone": str(run.backbone), "history": run.history})
        return
    for row in run.history:
        output.print(f"epoch {row['epoch']}: loss {row['loss']:.4f}")
    output.print(f"backbone: {run.backbone}", soft_wrap=True)

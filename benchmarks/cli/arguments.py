"""Arguments and options that several commands take."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

OUTPUT_FOLDER = Path("runs") / "benchmarks"
DATA_FOLDER = Path("../shared/data")
Length = Annotated[int, typer.Option(min=2, max=512, help="Number of tokens of a text.")]
Rounds = Annotated[int, typer.Option(min=1, help="Number of measured rounds.")]
Datasets = Annotated[
    list[str] | None,
    typer.Option(help="Name or folder of a dataset. Repeatable.", show_default="reuters-r8"),
]
Seed = Annotated[int, typer.Option(help="Seed of weights, order and dropout.")]
Output = Annotated[Path, typer.Option(help="Folder for JSON, Markdown and plots.")]
Json = Annotated[bool, typer.Option("--json", help="Print the results as JSON.")]


def chosen_values(chosen: Sequence[enum.Enum] | None) -> tuple[str, ...]:
    """Returns the values of a repeatable option without duplicates.

    Args:
        chosen: members of an enum that `choices` made; None for an option that is not given.
    """
    return tuple(dict.fromkeys(choice.value for choice in chosen or ()))

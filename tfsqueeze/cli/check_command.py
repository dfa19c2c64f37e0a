"""`tfsqueeze check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from converters.targets.target_names import AcceleratorName
from tfsqueeze.cli.arguments import Json
from tfsqueeze.cli.console import Table, output, print_json

# The columns of the table of operators that hold numbers.
_NUMBERS = ("count", "M MACs")


def check(
    model: Annotated[Path, typer.Argument(help="Any .tflite file.")],
    target: Annotated[
        AcceleratorName, typer.Option(help="The kind of device, of those with an accelerator.")
    ] = "edgetpu",
    picture: Annotated[
        Path | None,
        typer.Option(help="Draw the graph coloured by placement: a .svg or .png to write."),
    ] = None,
    json: Json = False,
) -> None:
    """Show which operators of a .tflite file run on a device's accelerator, and why not the rest.

    For `edgetpu` it is a prediction from Coral's published table; for `ethos-u` Arm's compiler
    Vela decides.

    Example:
      tfsqueeze check mine.tflite --target ethos-u --picture graph.svg
    """
    from converters.reports.placement_picture import (
        PLACEMENT_HEADINGS,
        draw_graph,
        placement_rows,
    )
    from converters.targets.registry import load_target
    from tfsqueeze.utils.errors import UserError
    from tfsqueeze.utils.files import write_atomically

    if picture and picture.suffix not in (".svg", ".png"):
        raise UserError(f"a picture is a .svg or .png file, not {picture}")
    result = load_target(target).check(model)
    operators = [row.to_dict() for row in result.operators]
    if picture:
        drawn = draw_graph(operators, f"{model.name} on {target}")
        with write_atomically(picture) as temporary:
            temporary.write_bytes(drawn[picture.suffix.removeprefix(".")])
    if json:
        print_json({"file": str(model), **result.to_dict()})
        return
    placements = Table(title="Operators", title_justify="left")
    for heading in PLACEMENT_HEADINGS:
        placements.add_column(heading, justify="right" if heading in _NUMBERS else "left")
    for row in placement_rows(operators):
        placements.add_row(*row)
    output.print(placements)
    table = Table(title=f"{model} on {target}", show_header=False, title_justify="left")
    for title, line in result.summary().items():
        table.add_row(title, line)
    output.print(table)

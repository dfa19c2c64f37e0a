"""`tfsqueeze check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tfsqueeze.cli.arguments import Json, Target
from tfsqueeze.cli.console import output, print_json


def check(
    model: Annotated[Path, typer.Argument(help="Any .tflite file.")],
    target: Target = "edgetpu",
    picture: Annotated[
        Path | None,
        typer.Option(help="Draw the graph coloured by placement: a .svg or .png to write."),
    ] = None,
    json: Json = False,
) -> None:
    """Says of a .tflite file which operators run on a device's accelerator, and why not the rest.

    For `edgetpu` it is a prediction from Coral's published table; for `ethos-u` Arm's compiler
    Vela decides.
    """
    from converters.reports.placement_picture import draw_graph, placement_table
    from converters.targets.registry import load_target
    from tfsqueeze.utils.errors import UserError
    from tfsqueeze.utils.files import write_atomically

    module = load_target(target)
    if not hasattr(module, "check"):
        raise UserError(f"{target} has no accelerator to check a file for")
    suffix = picture.suffix.removeprefix(".") if picture else None
    if suffix not in (None, "svg", "png"):
        raise UserError(f"a picture is a .svg or .png file, not {picture}")
    facts = module.check(model)
    if picture:
        drawn = draw_graph(facts["operators"], f"{model.name} on {target}")
        with write_atomically(picture) as temporary:
            temporary.write_bytes(drawn[suffix])
    if json:
        print_json({"file": str(model), **facts})
        return
    output.print(placement_table(facts["operators"]))
    table = Table(title=f"{model} on {target}", show_header=False, title_justify="left")
    for name, value in facts["summary"].items():
        table.add_row(name, value)
    output.print(table, markup=False)

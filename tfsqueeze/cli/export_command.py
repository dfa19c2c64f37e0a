"""`tfsqueeze export`."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.table import Table

from tfsqueeze.cli.arguments import Json, RunFolder, Target
from tfsqueeze.cli.console import output, print_json, step
from tfsqueeze.utils.logging import load_tensorflow


def export(
    run: RunFolder,
    target: Target,
    output_folder: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="The folder to write; an older one of that name is replaced, but "
            "for `android`, which adds a file NAME.tflite to it.",
        ),
    ],
    max_length: Annotated[
        int | None, typer.Option(help="The static length in tokens; that of training by default.")
    ] = None,
    json: Json = False,
) -> None:
    """Writes all that a device takes to run a trained model, and says how it will run there.

    Examples:

      tfsqueeze export runs/mine --target edgetpu --output mine-coral

      tfsqueeze export runs/mine --target ethos-u --output mine-ethos

      tfsqueeze export runs/mine --target micro --output mine-micro

      tfsqueeze export runs/mine --target android --output android_demo/app/src/main/assets
    """
    from converters.targets.registry import load_target
    from tfsqueeze.utils.files import write_atomically

    module = load_target(target)
    load_tensorflow()
    from tfsqueeze.training.trained_run import load_run

    step(f"loading {run}")
    trained = load_run(run)
    step(f"exporting for {target}")
    if getattr(module, "SHARES_FOLDER", False):
        facts = _add_to(output_folder, lambda folder: module.export(trained, folder, max_length))
    else:
        with write_atomically(output_folder) as temporary:
            temporary.mkdir()
            facts = module.export(trained, temporary, max_length)
    if json:
        print_json({"folder": str(output_folder), **facts})
        return
    table = Table(title=f"{output_folder}: {target}", show_header=False, title_justify="left")
    for name, value in facts["summary"].items():
        table.add_row(name, value)
    for file in facts["files"]:
        table.add_row(file["name"], f"{file['bytes']:,} bytes")
    output.print(table, markup=False)


def _add_to(output_folder, export):
    """Exports to a folder that is there already; its files of other names stay."""
    from tfsqueeze.utils.files import write_atomically

    output_folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="tfsqueeze-") as name:
        facts = export(Path(name))
        for file in Path(name).iterdir():
            with write_atomically(output_folder / file.name) as temporary:
                copyfile(file, temporary)
    return facts

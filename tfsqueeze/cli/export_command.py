"""`tfsqueeze export`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tfsqueeze.cli.arguments import Calibration, Json, RunOrCheckpoint, Target, TargetRuntime
from tfsqueeze.cli.console import Table, output, print_json, print_step
from tfsqueeze.utils.logging import load_tensorflow

if TYPE_CHECKING:
    from converters.targets.target import ExportResult


def export(
    source: RunOrCheckpoint,
    target: Target,
    output_folder: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="The folder to write. It replaces an older export of that name; "
            "`android` adds a file NAME.tflite to it.",
        ),
    ],
    max_length: Annotated[
        int | None,
        typer.Option(
            help="The static length in tokens; by default the length of training, and 128 for a "
            "checkpoint."
        ),
    ] = None,
    calibration: Calibration = None,
    runtime: TargetRuntime = None,
    json: Json = False,
) -> None:
    """Export a trained model or a checkpoint with all that a device needs to run it.

    Examples:
      tfsqueeze export runs/mine --target edgetpu --output mine-coral

      tfsqueeze export runs/mine --target ethos-u --output mine-ethos

      tfsqueeze export runs/mine --target micro --output mine-micro

      tfsqueeze export runs/mine --target micro --runtime c --output mine-c

      tfsqueeze export runs/mine --target android --output android_demo/app/src/main/assets

      tfsqueeze export runs/mine --target web --output mine-page
    """
    from converters.targets.export_folder import replace_export
    from converters.targets.registry import load_target

    exporter = load_target(target, runtime)
    load_tensorflow()
    from tfsqueeze.training.calibrated_checkpoint import load_or_calibrate

    print_step(f"loading {source}")
    trained, _ = load_or_calibrate(source, calibration or (), max_length)
    print_step(f"exporting for {target}")
    if exporter.shares_folder:
        result = _add_to(output_folder, lambda folder: exporter.export(trained, folder, max_length))
    else:
        with replace_export(output_folder) as folder:
            result = exporter.export(trained, folder, max_length)
    if json:
        print_json({"folder": str(output_folder), **result.to_dict()})
        return
    table = Table(title=f"{output_folder}: {target}", show_header=False, title_justify="left")
    for title, line in result.summary.items():
        table.add_row(title, line)
    for file in result.files:
        table.add_row(file.name, f"{file.bytes:,} bytes")
    output.print(table)


def _add_to(output_folder: Path, export_to: Callable[[Path], ExportResult]) -> ExportResult:
    """Exports to a folder in which files of other names stay."""
    from tfsqueeze.utils.files import write_atomically

    output_folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-") as name:
        result = export_to(Path(name))
        for file in Path(name).iterdir():
            with write_atomically(output_folder / file.name) as temporary:
                shutil.copyfile(file, temporary)
    return result

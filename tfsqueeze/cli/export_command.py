"""`tfsqueeze export`."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tfsqueeze.cli.arguments import (
    Calibration,
    Json,
    LabelColumn,
    RunOrCheckpoint,
    Target,
    TargetRuntime,
    TextColumn,
    TextPairColumn,
)
from tfsqueeze.cli.console import (
    Table,
    calibration_progress,
    output,
    print_json,
    print_step,
)
from tfsqueeze.cli.measured_data import column_options, load_measured_of_run
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.logging import load_tensorflow
from tfsqueeze.utils.unused_options import refuse_unused

if TYPE_CHECKING:
    from converters.experiments.model_scores import EvaluationSet
    from converters.targets.target import ExportResult
    from tfsqueeze.data.datasets.dataset import Dataset
    from tfsqueeze.training.trained_run import TrainedRun


def export(
    source: RunOrCheckpoint,
    target: Target,
    output_folder: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="The folder to write. It replaces an older export of that name; "
            "`android` adds a file to it that is named after the run.",
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
    data: Annotated[
        str | None,
        typer.Option(
            help="Labelled data that `huggingface` measures the model on for its card: a name, a "
            "folder, or one file. By default the held-out part of the dataset of training."
        ),
    ] = None,
    search_texts: Annotated[
        Path | None,
        typer.Option(
            help="Texts, one on each line, that an embedder of sentences searches on the device: "
            "`micro` puts them and their vectors into flash, `android` and `web` into a file."
        ),
    ] = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    text_pair_column: TextPairColumn = None,
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

      tfsqueeze export runs/mine --target huggingface --output mine-hub
    """
    from converters.targets.export_folder import replace_export
    from converters.targets.registry import load_target
    from tfsqueeze.data.readers.text_lines import read_plain_texts

    load_tensorflow()
    from tfsqueeze.training.calibrated_checkpoint import load_or_calibrate
    from tfsqueeze.training.trained_run import is_run

    exporter = load_target(target, runtime)
    if data is not None and not exporter.has_scores:
        raise UserError(f"the target {target} measures nothing; leave --data out")
    if search_texts is not None and not exporter.searches_texts:
        raise UserError(f"the target {target} searches no texts; leave --search-texts out")
    columns = {
        "text_column": text_column,
        "label_column": label_column,
        "text_pair_column": text_pair_column,
    }
    named = column_options(columns)
    if not exporter.has_scores:
        refuse_unused(named, [(option, "a target that measures data") for option in named])
    if data is None and not is_run(source):
        refuse_unused(named, [(option, "the data of a run or of --data") for option in named])
    searched = read_plain_texts(search_texts).texts if search_texts is not None else []

    print_step(f"loading {source}")
    with calibration_progress() as progress:
        trained, texts = load_or_calibrate(source, calibration or (), max_length, progress)
    examples = None
    if exporter.has_scores:
        examples = _examples(trained, data, texts, columns)
    print_step(f"exporting for {target}")
    if exporter.shares_folder:
        result = _add_to(
            output_folder,
            lambda folder: exporter.export(trained, folder, max_length, search_texts=searched),
        )
    else:
        with replace_export(output_folder) as folder:
            result = exporter.export(trained, folder, max_length, examples, searched)
    if json:
        print_json({"folder": str(output_folder), **result.to_dict()})
        return
    table = Table(title=f"{output_folder}: {target}", show_header=False, title_justify="left")
    for title, line in result.summary.items():
        table.add_row(title, line)
    for file in result.files:
        table.add_row(file.name, f"{file.bytes:,} bytes")
    output.print(table)


def _examples(
    trained: TrainedRun, data: str | None, texts: Dataset | None, columns: dict[str, Any]
) -> EvaluationSet | None:
    """Returns what a model is measured on; None, with a warning, if there is nothing.

    Args:
        trained: the run.
        data: the labelled data that the user names.
        texts: texts without labels that a checkpoint was not calibrated on.
        columns: the columns of a table.
    """
    from converters.experiments.model_scores import EvaluationSet
    from tfsqueeze.training.trained_run import is_run

    if data is None and not is_run(trained.folder):
        if texts is None:
            return None
        return EvaluationSet(trained.dataset_name, texts, has_labels=False)
    try:
        found = load_measured_of_run(trained, data, columns)
    except UserError as error:
        if data is not None:
            raise
        warnings.warn(
            f"the card has no scores, for the data of training cannot be read ({error}); name "
            "labelled data with --data",
            stacklevel=2,
        )
        return None
    if trained.task.verified_examples:
        found = found.sample(trained.task.verified_examples, seed=0)
    return EvaluationSet(data or trained.dataset_name, found, has_labels=True)


def _add_to(output_folder: Path, export_to: Callable[[Path], ExportResult]) -> ExportResult:
    """Exports to a folder in which files of other names stay, but for the texts of the model."""
    from converters.inference.search_index import INDEX_SUFFIX
    from tfsqueeze.utils.files import write_atomically

    output_folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tfsqueeze-") as name:
        result = export_to(Path(name))
        # The app refuses a model beside the texts of another one. Without texts it takes it, so
        # they leave first and come last.
        files = sorted(Path(name).iterdir(), key=lambda file: file.suffix == INDEX_SUFFIX)
        for file in files:
            (output_folder / file.name).with_suffix(INDEX_SUFFIX).unlink(missing_ok=True)
        for file in files:
            with write_atomically(output_folder / file.name) as temporary:
                shutil.copyfile(file, temporary)
    return result

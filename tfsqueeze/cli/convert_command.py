"""`tfsqueeze convert`."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from converters.conversion.profiles import Device, FileSignature, OutputDtype, Profile
from tfsqueeze.cli.arguments import (
    Calibration,
    Json,
    LabelColumn,
    Report,
    RunOrCheckpoint,
    TextColumn,
    TextPairColumn,
)
from tfsqueeze.cli.console import (
    Table,
    calibration_progress,
    output,
    print_json,
    print_step,
    training_progress,
)
from tfsqueeze.cli.measured_data import column_options, with_found_pairs
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically
from tfsqueeze.utils.logging import load_tensorflow
from tfsqueeze.utils.unused_options import refuse_unused

if TYPE_CHECKING:
    from converters.targets.profile_choice import ProfileChoice
    from tfsqueeze.data.datasets.dataset import Dataset
    from tfsqueeze.training.trained_run import TrainedRun

_TUNE_EPOCHS = 1


def convert(
    source: RunOrCheckpoint,
    output_file: Annotated[Path, typer.Option("--output", "-o", help="The .tflite file to write.")],
    max_length: Annotated[
        list[int] | None,
        typer.Option(
            help="Static length in tokens. By default the length of training, and 128 for a "
            "checkpoint. Repeatable: a file with several lengths runs each text at the shortest "
            "one that holds it."
        ),
    ] = None,
    output_dtype: Annotated[
        OutputDtype,
        typer.Option(help="Type of the logits. `float32` adds one DEQUANTIZE at the end."),
    ] = "int8",
    calibration: Calibration = None,
    profile: Annotated[
        Literal[Profile, "auto"],
        typer.Option(
            help="`int8` makes every op int8, as Edge TPUs and microcontrollers need. `mobile` "
            "makes the matrix products int8 and keeps layer normalization and softmax in float32, "
            "which is faster on most CPUs. `auto` measures which is faster on the device of --for."
        ),
    ] = "int8",
    device: Annotated[
        Device | None,
        typer.Option(
            "--for",
            help="Device of `--profile auto`. `server` is this machine. `phone` counts the "
            "instructions on an emulated Cortex-A76 (needs QEMU; `make arm64` installs it). "
            "`edgetpu` and `micro` take `int8`, of one length. The lengths are chosen, too, unless "
            "--max-length names them.",
        ),
    ] = None,
    signature: Annotated[
        FileSignature | None,
        typer.Option(
            help="`task-library` makes a file that tflite-support (BertNLClassifier, "
            "BertQuestionAnswerer, TextEmbedder) and MediaPipe (TextClassifier, TextEmbedder) "
            "open: inputs ids, mask and segment_ids, float32 outputs, probabilities of labels. "
            "tfsqueeze reads it too."
        ),
    ] = None,
    tune: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Labelled data, on which a checkpoint is trained quantization-aware for "
            "--tune-epochs. The run is kept beside the output, in NAME-run, and goes on there if "
            "it is interrupted.",
        ),
    ] = None,
    tune_epochs: Annotated[
        int, typer.Option(min=1, help="Number of quantization-aware epochs of --tune.")
    ] = _TUNE_EPOCHS,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    text_pair_column: TextPairColumn = None,
    report: Report = None,
    json: Json = False,
) -> None:
    """Convert a trained run, or a fine-tuned checkpoint, to an int8 .tflite file.

    The file holds the labels, the vocabulary and the tokenizer's settings, so
    that it predicts without any other file. If an op is not int8 as the profile
    says, the command names it and writes no file.

    A checkpoint is a folder or hub id in Hugging Face's layout with the head of a
    task. It keeps its weights and labels: --calibration texts give the ranges of
    its int8 tensors. What the file decides is compared with the float model. If
    you have labelled data, --tune trains the checkpoint quantization-aware, which
    brings int8 nearer to float.

    Examples:
      tfsqueeze convert runs/r8 --output r8.tflite

      tfsqueeze convert my_checkpoint/ -o model.tflite --calibration texts.txt

      tfsqueeze convert my_checkpoint/ -o model.tflite --tune labelled.csv

      tfsqueeze convert runs/r8 -o r8.tflite --profile auto --for phone

      tfsqueeze convert runs/r8 -o r8.tflite --signature task-library
    """
    if (profile == "auto") is (device is None):
        raise UserError(
            "--profile auto and --for go together; name both, such as --profile auto --for phone"
        )
    load_tensorflow()
    from converters.conversion import runs
    from converters.experiments.checkpoint_conversion import (
        compare_with_float,
        report_on_conversion,
    )
    from converters.reports.verification_report import print_report, write_report
    from converters.tflite.inspection import list_operators, summarize_operators
    from tfsqueeze.training.calibrated_checkpoint import load_or_calibrate
    from tfsqueeze.training.trained_run import is_run

    if report and tune is None and is_run(source):
        raise UserError(
            f"{source} is a run; its report, with its test data, comes from "
            "`tfsqueeze verify --report`"
        )
    columns: dict[str, Any] = {
        "text_column": text_column,
        "label_column": label_column,
        "text_pair_column": text_pair_column,
    }
    _refuse_unused(source, calibration or (), device, tune, tune_epochs, columns)
    print_step(f"loading {source}")
    length = max(max_length or (), default=None)
    if tune is None:
        with calibration_progress() as progress:
            trained, texts = load_or_calibrate(source, calibration or (), length, progress)
    else:
        folder = output_file.with_name(f"{output_file.stem}-run")
        trained, texts = _tune(source, tune, folder, columns, tune_epochs, length)
    if report and texts is None:
        raise UserError(
            "a report needs other texts than the calibration does, and there is only one text; "
            "give more with --calibration"
        )
    runs.require_signature(trained, max_length or (), signature)
    choice, lengths, form = None, max_length or (), profile
    if device is not None:
        weighed = _held_out(trained, columns) if texts is None else texts
        choice = _choose(trained, device, lengths, signature, weighed)
        form, lengths = choice.profile, choice.max_lengths
    assert form != "auto"
    print_step("converting")
    plain = runs.convert_run(trained, lengths, output_dtype, form)
    content = runs.sign(plain, signature)
    with write_atomically(output_file) as temporary:
        temporary.write_bytes(content)
    operators = summarize_operators(list_operators(content))
    # A signature adds inputs that the network does not read, and changes no decision.
    comparison = None if texts is None else compare_with_float(trained, plain, texts)
    if report and texts is not None:
        has_labels = tune is not None
        write_report(report_on_conversion(trained, plain, texts, has_labels=has_labels), report)
    if json:
        result = {"file": str(output_file), "bytes": len(content), "operators": operators}
        chosen = {"choice": choice.to_dict()} if choice else {}
        print_json({**(comparison or {}), **result, **chosen})
        return
    unit = "op" if form == "int8" else "product"
    title = f"{output_file}: {len(content):,} bytes, every {unit} int8"
    title += f"; signature {signature}" if signature else ""
    print_report({"title": title, "operators": operators}, output)
    if choice is not None:
        _print_choice(choice)
    if comparison is not None:
        _print_comparison(comparison)


def _refuse_unused(
    source: str,
    calibration: Sequence[str],
    device: Device | None,
    tune: str | None,
    tune_epochs: int,
    columns: dict[str, Any],
) -> None:
    """Refuses options that the user names and that `convert` would ignore."""
    from tfsqueeze.training.trained_run import is_run

    named = column_options(columns)
    if tune is not None:
        unused = [
            ("--calibration", "a checkpoint without --tune, which calibrates with its own data")
        ]
    else:
        unused = [("--tune-epochs", "--tune")]
        if device is None or not is_run(source):
            unused += [(option, "the data of --tune, and of a run with --for") for option in named]
    named += ["--calibration"] if calibration else []
    named += ["--tune-epochs"] if tune_epochs != _TUNE_EPOCHS else []
    refuse_unused(named, unused)


def _held_out(trained: TrainedRun, columns: dict[str, Any]) -> Dataset | None:
    """Returns the held-out part of a run's data; None if they cannot be read, or have moved."""
    from tfsqueeze.data.readers.pair_columns import with_text_pair_column

    name = trained.dataset_name
    columns = with_text_pair_column(columns, name, trained.reads_pairs)
    with contextlib.suppress(UserError):
        return trained.task.data.load_held_out(name, **columns, seed=trained.options.seed)


def _choose(
    trained: TrainedRun,
    device: Device,
    lengths: Sequence[int],
    signature: FileSignature | None,
    texts: Dataset | None,
) -> ProfileChoice:
    """Returns the fastest profile on a device, and the lengths unless they are given."""
    from converters.targets.profile_choice import choose_profile

    # What opens a signature takes files of one length.
    lengths = lengths or ([trained.options.max_length] if signature else [])
    return choose_profile(trained, device, lengths, texts, print_step)


def _print_choice(choice: ProfileChoice) -> None:
    if choice.forms:
        table = Table("profile", "lengths in tokens", f"{choice.unit} for a text")
        for form in choice.forms:
            lengths = ", ".join(map(str, form.max_lengths))
            table.add_row(form.profile, lengths, f"{form.cost:.4g}")
        output.print(table)
    lengths = ", ".join(map(str, choice.max_lengths))
    output.print(f"profile {choice.profile} with {lengths} tokens: {choice.reason}", soft_wrap=True)


def _tune(
    source: str,
    data: str,
    folder: Path,
    columns: dict[str, Any],
    epochs: int,
    max_length: int | None,
) -> tuple[TrainedRun, Dataset]:
    """Returns a checkpoint that is tuned on data, and the held-out part of these."""
    from tfsqueeze.training.checkpoint import open_checkpoint
    from tfsqueeze.training.tuned_checkpoint import tune_checkpoint

    # A checkpoint does not say whether it reads pairs; data that have them do.
    columns = with_found_pairs(columns, data, reads_pairs=True)
    task = open_checkpoint(source, max_length).task
    print_step(f"tuning in {folder}")
    tuned = tune_checkpoint(
        source,
        data,
        folder,
        callbacks=training_progress(task),
        epochs=epochs,
        max_length=max_length,
        **columns,
    )
    return tuned, tuned.task.data.load_held_out(data, **columns)


def _print_comparison(comparison: dict[str, Any]) -> None:
    if "cosine_to_float" in comparison:
        result = f"mean cosine to the float model's vectors {comparison['cosine_to_float']:.4f}"
    else:
        share = 100 * comparison["agreement_with_float"]
        result = f"{share:.2f} % of decisions are those of the float model"
    output.print(
        f"{result}, on {comparison['texts']:,} other texts; {comparison['milliseconds']:.2f} ms on "
        f"{comparison['runtime']}",
        soft_wrap=True,
    )

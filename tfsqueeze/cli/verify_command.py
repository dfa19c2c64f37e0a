"""`tfsqueeze verify`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from converters.targets.target_names import TargetName
from tfsqueeze.cli.arguments import (
    Calibration,
    Json,
    KeepNanLabels,
    LabelColumn,
    LabelSeparator,
    Report,
    RunOrCheckpoint,
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
from tfsqueeze.cli.measured_data import load_measured_of_run, with_found_pairs
from tfsqueeze.data.readers.label_checks import LABEL_SEPARATOR
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.logging import load_tensorflow

if TYPE_CHECKING:
    from converters.targets.target import TargetVerification
    from tfsqueeze.evaluation.score import Score
    from tfsqueeze.training.trained_run import TrainedRun

# Measured runs of the file for the latency in a report.
_ROUNDS = 30


def verify(
    source: RunOrCheckpoint,
    model: Annotated[
        Path | None,
        typer.Option(help="The .tflite file to verify. Without it the run is converted."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="Dataset to verify on: a name, a folder, or one labelled file. By default the "
            "dataset of training, whose held-out part is taken; a checkpoint needs one."
        ),
    ] = None,
    calibration: Calibration = None,
    examples: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Number of randomly chosen texts to verify on. By default all; for masked-lm 50.",
        ),
    ] = None,
    target: Annotated[
        TargetName | None,
        typer.Option(
            help="Check in the interpreter of a target instead. `micro` has one, TensorFlow Lite "
            "Micro, whose outputs must be those of the reference kernels bit by bit. The run is "
            "converted for this, and there is no report."
        ),
    ] = None,
    runtime: TargetRuntime = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    text_pair_column: TextPairColumn = None,
    keep_nan_labels: KeepNanLabels = False,
    label_separator: LabelSeparator = LABEL_SEPARATOR,
    report: Report = None,
    json: Json = False,
) -> None:
    """Verify that a .tflite file predicts like its Keras models, on every installed runtime.

    The float model, the quantization-aware model and the file get the same
    texts. The result has the scores of each, as `evaluate` measures them, the
    share of predictions that agree, and the error of the logits in steps of the
    output's scale, with optimized kernels (and their delegate) and with the
    reference kernels. A report has the latency and each prediction, too.

    Examples:
      tfsqueeze verify runs/mine --report report

      tfsqueeze verify my_checkpoint/ --data held_out.csv --calibration texts.txt

      tfsqueeze verify runs/mine --target micro
    """
    load_tensorflow()
    columns: dict[str, Any] = {
        "text_column": text_column,
        "label_column": label_column,
        "text_pair_column": text_pair_column,
        "keep_nan_labels": keep_nan_labels,
        "label_separator": label_separator,
    }
    if target:
        others = {"--model": model, "--calibration": calibration, "--report": report}
        for option, value in others.items():
            if value:
                raise UserError(
                    f"{option} is not for --target, which converts a run and compares its outputs; "
                    f"leave {option} out"
                )
        _verify_target(Path(source), target, runtime, data, examples, columns, json)
        return
    if runtime:
        raise UserError("--runtime goes with --target; add --target micro")
    from converters.conversion.runs import QAT_FILE, convert_run
    from converters.experiments.run_verification import verify_run
    from converters.reports.verification_report import print_report, write_report
    from converters.runtime.interpreters import available_runtimes
    from converters.runtime.workers import latency, run_in_workers
    from converters.tflite.tflite_file import TFLiteFile
    from tfsqueeze.training.calibrated_checkpoint import load_or_calibrate
    from tfsqueeze.training.trained_run import is_run

    if data is None and not is_run(source):
        raise UserError(
            f"{source} is no run, and a checkpoint is verified on --data; name a dataset"
        )
    content = None if model is None else TFLiteFile.open(model).content
    print_step(f"loading {source}")
    with calibration_progress() as progress:
        trained, _ = load_or_calibrate(source, calibration or (), progress=progress)
    test = load_measured_of_run(trained, data, columns)
    examples = examples or trained.task.verified_examples
    if examples:
        test = test.sample(examples, seed=0)
    if content is None:
        print_step("converting")
        content = convert_run(trained)
    print_step(f"checking on {len(test):,} texts")
    results: dict[str, Any] = {
        "title": f"Verification of {trained.dataset_name}",
        **verify_run(trained, {QAT_FILE: content}, test),
    }
    if report:
        print_step("measuring latency")
        cases = [({QAT_FILE: content}, name, 1, _ROUNDS) for name in available_runtimes()]
        results["latency"] = run_in_workers(latency, cases, workers=1)
        write_report(results, report)
    if json:
        print_json({key: value for key, value in results.items() if key != "predictions"})
    else:
        print_report(results, output)


def _verify_target(
    run: Path,
    target: TargetName,
    runtime: str | None,
    data: str | None,
    examples: int | None,
    columns: dict[str, Any],
    json: bool,
) -> None:
    from converters.targets.registry import load_target
    from tfsqueeze.training.trained_run import load_run

    verifier = load_target(target, runtime)
    print_step(f"loading {run}")
    trained = load_run(run)
    verifier.require_supported(trained)
    parts: dict[str, Any] = (
        _held_out_parts(trained, columns)
        if data is None
        else {data: load_measured_of_run(trained, data, columns)}
    )
    if examples:
        parts = {name: part.sample(examples, seed=0) for name, part in parts.items()}
    print_step(f"checking on {sum(map(len, parts.values())):,} texts")
    result = verifier.verify(trained, parts)
    if json:
        print_json(result.to_dict())
    else:
        output.print(_target_table(target, trained.task.scores, result), markup=False)
    if result.has_mismatches:
        raise typer.Exit(1)


def _target_table(target: TargetName, scores: Sequence[Score], result: TargetVerification) -> Table:
    from converters.reports.formatting import score_text
    from converters.targets.micro.plain_c_verification import SPANS

    table = Table(
        "part",
        "texts",
        *(score.title for score in scores),
        *(
            "texts with other spans than Python's"
            if runtime == SPANS
            else f"texts unlike {runtime}'s reference kernels"
            for runtime in next(iter(result.parts.values())).mismatches
        ),
        title=f"{target}: model {result.model_bytes:,} bytes, arena {result.arena_bytes:,} bytes",
    )
    for name, part in result.parts.items():
        table.add_row(
            name,
            f"{part.examples:,}",
            *(score_text(score, part.scores) for score in scores),
            *map(str, part.mismatches.values()),
        )
    return table


def _held_out_parts(trained: TrainedRun, columns: dict[str, Any]) -> dict[str, Any]:
    """Returns the parts of a run's dataset that it was not trained on."""
    from tfsqueeze.tasks.named_columns import check_columns

    seed = trained.options.seed
    name, reads_pairs = trained.dataset_name, trained.reads_pairs or trained.task.measures_pairs
    check_columns(trained.task, name, **columns)
    columns = with_found_pairs(columns, name, reads_pairs)
    splits = trained.task.data.load_splits(name, **columns, seed=seed)
    parts = {"validation": splits.validation, "test": splits.test}
    return {name: part for name, part in parts.items() if part is not None}

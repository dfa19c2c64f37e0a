"""`tfsqueeze convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from converters.conversion.profiles import OutputDtype, Profile
from tfsqueeze.cli.arguments import Calibration, Json, RunOrCheckpoint
from tfsqueeze.cli.console import output, print_json, print_step
from tfsqueeze.utils.logging import load_tensorflow


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
        Profile,
        typer.Option(
            help="`int8` makes every op int8, as Edge TPUs and microcontrollers need. `mobile` "
            "makes the products int8 and keeps layer normalization and softmax in float32, which "
            "is faster on CPUs."
        ),
    ] = "int8",
    json: Json = False,
) -> None:
    """Convert a trained run, or a fine-tuned checkpoint, to an int8 .tflite file.

    The file holds the labels, the vocabulary and the tokenizer's settings, so
    that it predicts without any other file. If an op is not int8 as the profile
    says, the command names it and writes no file.

    A checkpoint is a folder or hub id in Hugging Face's layout with the head of a
    task. It keeps its weights and labels: --calibration texts give the ranges of
    its int8 tensors. What the file decides is compared with the float model.

    Examples:
      tfsqueeze convert runs/r8 --output r8.tflite

      tfsqueeze convert my_checkpoint/ -o model.tflite --calibration texts.txt
    """
    load_tensorflow()
    from converters.conversion import runs
    from converters.experiments.checkpoint_conversion import compare_with_float
    from converters.tflite.inspection import list_operators, summarize_operators
    from tfsqueeze.training.calibrated_checkpoint import load_or_calibrate

    print_step(f"loading {source}")
    trained, texts = load_or_calibrate(
        source, calibration or (), max(max_length or (), default=None)
    )
    print_step("converting")
    content = runs.convert(
        trained,
        output_file,
        max_lengths=max_length or (),
        output_dtype=output_dtype,
        profile=profile,
    )
    operators = summarize_operators(list_operators(content))
    comparison = None if texts is None else compare_with_float(trained, content, texts)
    if json:
        result = {"file": str(output_file), "bytes": len(content), "operators": operators}
        print_json({**result, **(comparison or {})})
        return
    from converters.reports.verification_report import print_report

    print_report(
        {
            "title": f"{output_file}: {len(content):,} bytes, every "
            f"{'op' if profile == 'int8' else 'product'} int8",
            "operators": operators,
        },
        output,
    )
    if comparison is not None:
        output.print(_comparison_line(comparison), soft_wrap=True)


def _comparison_line(comparison: dict[str, Any]) -> str:
    if "cosine_to_float" in comparison:
        result = f"mean cosine to the float model's vectors {comparison['cosine_to_float']:.4f}"
    else:
        share = 100 * comparison["agreement_with_float"]
        result = f"{share:.2f} % of decisions are those of the float model"
    return (
        f"{result}, on {comparison['texts']:,} other texts; {comparison['milliseconds']:.2f} ms on "
        f"{comparison['runtime']}"
    )

"""`tfsqueeze convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from converters.conversion.profiles import OutputDtype, Profile
from tfsqueeze.cli.arguments import Json, RunFolder
from tfsqueeze.cli.console import output, print_json, print_step
from tfsqueeze.utils.logging import load_tensorflow


def convert(
    run: RunFolder,
    output_file: Annotated[Path, typer.Option("--output", "-o", help="The .tflite file to write.")],
    max_length: Annotated[
        list[int] | None,
        typer.Option(
            help="Static length in tokens. By default the length of training. Repeatable: a file "
            "with several lengths runs each text at the shortest one that holds it."
        ),
    ] = None,
    output_dtype: Annotated[
        OutputDtype,
        typer.Option(help="Type of the logits. `float32` adds one DEQUANTIZE at the end."),
    ] = "int8",
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
    """Convert a trained run to an int8 .tflite file.

    The file holds the labels, the vocabulary and the tokenizer's settings, so
    that it predicts without any other file. If an op is not int8 as the profile
    says, the command names it and writes no file.
    """
    load_tensorflow()
    from converters.conversion import runs
    from converters.tflite.inspection import list_operators, summarize_operators
    from tfsqueeze.training.trained_run import load_run

    print_step(f"loading {run}")
    trained = load_run(run)
    print_step("converting")
    content = runs.convert(
        trained,
        output_file,
        max_lengths=max_length or (),
        output_dtype=output_dtype,
        profile=profile,
    )
    operators = summarize_operators(list_operators(content))
    if json:
        print_json({"file": str(output_file), "bytes": len(content), "operators": operators})
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

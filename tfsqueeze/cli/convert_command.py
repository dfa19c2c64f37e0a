"""`tfsqueeze convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tfsqueeze.cli.arguments import Json, RunFolder
from tfsqueeze.cli.console import output, print_json, step
from tfsqueeze.utils.logging import load_tensorflow


def convert(
    run: RunFolder,
    output_file: Annotated[Path, typer.Option("--output", "-o", help="The .tflite to write.")],
    max_length: Annotated[
        list[int] | None,
        typer.Option(
            help="The static length in tokens; that of training by default. Give it several times "
            "for one file with several lengths, of which `predict` runs the shortest that holds "
            "a text."
        ),
    ] = None,
    output_dtype: Annotated[
        str,
        typer.Option(
            help="Type of the logits: `int8`, or `float32` for one DEQUANTIZE at the end."
        ),
    ] = "int8",
    profile: Annotated[
        str,
        typer.Option(
            help="`int8` for every op in int8, as Edge TPUs and microcontrollers need; `mobile` for "
            "int8 products with float32 layer normalization and softmax, faster on CPUs."
        ),
    ] = "int8",
    json: Json = False,
) -> None:
    """Converts a trained run to one int8 .tflite file.

    The file is refused, and the ops named, where one is not int8 that the profile says is. It
    holds the labels, the vocabulary and the tokenizer's settings, so that it alone suffices to
    predict.
    """
    load_tensorflow()
    from converters.conversion.runs import convert_run
    from converters.tflite.inspection import list_operators, summarize_operators
    from tfsqueeze.training.trained_run import load_run
    from tfsqueeze.utils.files import write_atomically

    step(f"loading {run}")
    trained = load_run(run)
    step("converting")
    content = convert_run(trained, max_length or (), output_dtype, profile)
    with write_atomically(output_file) as temporary:
        temporary.write_bytes(content)
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

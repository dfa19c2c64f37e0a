"""`models`, `instructions` and `operators`: how fast models and their operators run."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.backends import BACKENDS, available_backends
from benchmarks.cli.arguments import OUTPUT_FOLDER, Json, Length, Output, Rounds, chosen_values
from benchmarks.cli.console import finish, progress_bar
from converters.arm64.cpus import CPUS
from converters.arm64.emulator import RUNTIMES
from tfsqueeze.cli.arguments import choices
from tfsqueeze.utils.errors import UserError

Backend = choices("Backend", BACKENDS)
Arm64Runtime = choices("Arm64Runtime", RUNTIMES)
Cpu = choices("Cpu", CPUS)
Runtimes = Annotated[
    list[Backend] | None,
    typer.Option(
        metavar="RUNTIME",
        help=f"Runtime to measure: {', '.join(BACKENDS)}. Repeatable.",
        show_default="every installed one",
    ),
]
Threads = Annotated[
    list[int] | None,
    typer.Option(min=1, help="Number of threads and pinned cores. Repeatable.", show_default="1"),
]
Presets = Annotated[
    list[str] | None,
    typer.Option(help="Preset of tfsqueeze. Repeatable.", show_default="squeezebert-base"),
]


def models(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Further .tflite files to measure.", show_default=False),
    ] = None,
    runtime: Runtimes = None,
    threads: Threads = None,
    length: Annotated[
        list[int] | None,
        typer.Option(
            min=2, max=512, help="Number of tokens of a text. Repeatable.", show_default="128"
        ),
    ] = None,
    rounds: Rounds = 15,
    preset: Presets = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Measure only models whose name holds this, from the start of a word. Repeatable."
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            help="Model of the table that speed-ups are relative to.",
            show_default="BERT-base in float32",
        ),
    ] = None,
    output_folder: Output = OUTPUT_FOLDER,
    json: Json = False,
) -> None:
    """Compare whole models: latency, speed-up, memory, load time and file size.

    The first call builds the models, which takes about half an hour, and keeps them in
    runs/benchmarks/models.
    """
    from benchmarks.comparison import Selection, compare_models

    backends = _backends(runtime)
    with progress_bar() as progress:
        runs = [
            compare_models(
                Selection(
                    backends,
                    tokens,
                    tuple(preset or ["squeezebert-base"]),
                    tuple(only or ()),
                    tuple(files or ()),
                ),
                num_threads=count,
                rounds=rounds,
                baseline=baseline,
                progress=progress,
            )
            for tokens in length or [128]
            for count in threads or [1]
        ]
    finish("models", runs, output_folder, json)


def instructions(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Further .tflite files to count.", show_default=False),
    ] = None,
    runtime: Annotated[
        list[Arm64Runtime] | None,
        typer.Option(
            metavar="RUNTIME",
            help=f"Runtime to count in: {', '.join(RUNTIMES)}. Repeatable.",
            show_default="all",
        ),
    ] = None,
    cpu: Annotated[
        list[Cpu] | None,
        typer.Option(
            metavar="CPU",
            help=f"Processor to emulate: {', '.join(CPUS)}. Repeatable.",
            show_default="all",
        ),
    ] = None,
    length: Length = 128,
    preset: Presets = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            help="Count only models whose name holds this, from the start of a word. Repeatable.",
            show_default="the presets, and BERT-base in float32 and int8",
        ),
    ] = None,
    runs: Annotated[
        int, typer.Option(min=1, help="Number of counted inferences after the first.")
    ] = 1,
    output_folder: Output = OUTPUT_FOLDER,
    json: Json = False,
) -> None:
    """Count the instructions of one inference on emulated Arm processors.

    This needs qemu-aarch64. BERT-base in float32 takes minutes. The same command continues a run
    that was interrupted. The first call makes a root folder for the emulator and builds the models.
    """
    from benchmarks.comparison import Selection
    from benchmarks.instructions import count_models

    presets = tuple(preset or ["squeezebert-base"])
    selection = Selection(
        chosen_values(runtime) or tuple(RUNTIMES),
        length,
        presets,
        tuple(only or ["bert-base float32", "bert-base int8", *presets]),
        tuple(files or ()),
    )
    with progress_bar() as progress:
        counted = count_models(
            selection,
            chosen_values(cpu) or tuple(CPUS),
            output_folder / "instructions",
            runs=runs,
            progress=progress,
        )
    finish("instructions", counted, output_folder, json)


def operators(
    runtime: Runtimes = None,
    threads: Threads = None,
    length: Length = 128,
    rounds: Rounds = 10,
    preset: Annotated[
        str, typer.Option(help="Preset whose shapes are measured.")
    ] = "squeezebert-base",
    output_folder: Output = OUTPUT_FOLDER,
    json: Json = False,
) -> None:
    """Profile single operators of a preset in float32 and int8 against a roofline.

    They run on the TFLite runtimes. ONNX Runtime helps to find the machine's peak rate.
    """
    from benchmarks.operators import operator_cases, profile_operators
    from tfsqueeze.configs.presets import load_preset

    backends = _backends(runtime)
    cases = operator_cases(load_preset(preset), length)
    with progress_bar() as progress:
        runs = [
            {
                **profile_operators(
                    cases, backends, num_threads=count, rounds=rounds, progress=progress
                ),
                "length": length,
                "preset": preset,
            }
            for count in threads or [1]
        ]
    finish("operators", runs, output_folder, json)


def _backends(chosen: Sequence[enum.Enum] | None) -> tuple[str, ...]:
    installed = available_backends()
    names = chosen_values(chosen)
    for name in names:
        if name not in installed:
            raise UserError(
                f"the runtime {name!r} is not available here; "
                f"there are {', '.join(installed) or 'none'}"
            )
    return names or tuple(installed)

"""`targets` and `cortex-m`: what runs on accelerators and microcontrollers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.cli.arguments import DATA_FOLDER, OUTPUT_FOLDER, Datasets, Json, Output, Seed
from benchmarks.cli.console import finish, progress_bar
from tfsqueeze.cli.console import Table, output, print_json, training_progress
from tfsqueeze.utils.errors import UserError


def targets(
    data: Datasets = None,
    length: Annotated[
        list[int] | None,
        typer.Option(
            min=2,
            max=512,
            help="Number of tokens of a text. Repeat it for each dataset.",
            show_default="128",
        ),
    ] = None,
    epochs: Annotated[
        list[int] | None,
        typer.Option(
            min=1,
            help="Maximum number of epochs of the float stage. Repeat it for each dataset.",
            show_default="10",
        ),
    ] = None,
    row: Annotated[
        list[str] | None,
        typer.Option(
            help="Row of the suite to train and measure on as well, such as snips, mrpc or stsb. "
            "Repeatable."
        ),
    ] = None,
    suite_data_folder: Annotated[
        Path, typer.Option("--suite-data", help="Folder with the data of the rows.")
    ] = DATA_FOLDER,
    preset: Annotated[
        list[str] | None, typer.Option(help="Preset of tfsqueeze. Repeatable.")
    ] = None,
    bert: Annotated[bool, typer.Option(help="Measure BERT-base as well.")] = True,
    seed: Seed = 0,
    output_folder: Output = OUTPUT_FOLDER,
    json: Json = False,
) -> None:
    r"""Make the table of targets: each preset's score, and what runs on each accelerator.

    Each preset is trained anew on each dataset, which takes five minutes on two cores. The same
    command continues a run that was interrupted.

      python -m benchmarks targets --data reuters-r8 --length 128 --epochs 10 \
          --data clinc150/ --length 24 --epochs 16 --row snips --row mrpc --row stsb
    """
    from benchmarks.targets import PRESETS, bert_row, compare_targets, named_data, suite_data
    from tfsqueeze.utils.logging import load_tensorflow

    names = data or ([] if row else ["reuters-r8"])
    lengths, passes = length or [128] * len(names), epochs or [10] * len(names)
    if not len(names) == len(lengths) == len(passes):
        raise UserError(
            f"there are {len(names)} datasets, {len(lengths)} lengths and "
            f"{len(passes)} epochs; give one of each for every dataset, or none"
        )
    load_tensorflow()
    sources = [
        *(named_data(*settings, seed) for settings in zip(names, lengths, passes, strict=True)),
        *(suite_data(name, suite_data_folder, seed) for name in row or []),
    ]
    runs = [
        compare_targets(
            source,
            output_folder / "targets",
            presets=preset or tuple(PRESETS),
            seed=seed,
            progress=training_progress(source.task),
        )
        for source in sources
    ]
    if bert:
        with progress_bar() as progress:
            runs[0]["targets"].append(bert_row(progress))
    finish("targets", runs, output_folder, json)


def cortex_m(
    run: Annotated[Path, typer.Argument(help="Folder of a trained text classifier.")],
    data: Annotated[
        str | None,
        typer.Option(help="Name or folder of a dataset.", show_default="that of training"),
    ] = None,
    texts: Annotated[int, typer.Option(min=1, help="Number of texts of the test split.")] = 3,
    seed: Annotated[int, typer.Option(help="Seed of the draw of texts.")] = 0,
    tflite_micro: Annotated[
        Path | None,
        typer.Option(
            help="Checkout of TensorFlow Lite Micro with libraries built for a Cortex-M3 or "
            "Cortex-M4. Runs the export's golden texts with each of them as well."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Count the instructions of a run's plain C on an emulated Cortex-M3 and Cortex-M4.

    The C is that of `tfsqueeze export --target micro --runtime c`. It exits with 1 where a text
    has other logits than LiteRT's reference kernels give.
    """
    from benchmarks.cortex_m import measure_on_cortex_m
    from tfsqueeze.utils.logging import load_tensorflow

    load_tensorflow()
    results = measure_on_cortex_m(run, texts, data, seed, tflite_micro)
    rows = results["cortex_m"]
    if json:
        print_json(results)
    else:
        output.print(_cortex_m_table(results), markup=False)
    if any(row["mismatches"] for row in rows):
        raise typer.Exit(1)


def _cortex_m_table(results: dict[str, Any]) -> Table:
    table = Table(
        "processor",
        "million instructions a text",
        "texts unlike LiteRT's reference kernels",
        "flash, bytes",
        "arena, bytes",
        title=f"{results['run']}: {results['texts']} texts of up to {results['max_length']} "
        f"tokens, gcc {' '.join(results['compiler_options'])}",
    )
    for row in results["cortex_m"]:
        counts = [count / 1e6 for count in row["instructions"]]
        table.add_row(
            row["processor"],
            " to ".join(dict.fromkeys(f"{x:.1f}" for x in (min(counts), max(counts)))),
            str(row["mismatches"]),
            f"{row['flash_bytes']:,}",
            f"{row['arena_bytes']:,}",
        )
    return table

"""The command line: `python -m benchmarks`."""

from __future__ import annotations

import contextlib
import enum
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.backends import BACKENDS, available_backends
from benchmarks.suite.cells import COLUMNS, SuiteChoices
from benchmarks.suite.rows import ROWS
from benchmarks.tasks.settings import TASKS
from benchmarks.training import STAGES
from converters.arm64.cpus import CPUS
from converters.arm64.emulator import RUNTIMES
from tfsqueeze.cli.arguments import choices
from tfsqueeze.cli.console import (
    OneLineErrors,
    Table,
    messages,
    output,
    print_json,
    print_step,
    training_progress,
)
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.utils.errors import UserError

app = typer.Typer(
    cls=OneLineErrors,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Measure SqueezeBERT and its alternatives side by side, in interleaved rounds.",
)

Backend = choices("Backend", BACKENDS)
Arm64Runtime = choices("Arm64Runtime", RUNTIMES)
Cpu = choices("Cpu", CPUS)
TaskTable = choices("TaskTable", TASKS)
SuiteTable = choices("SuiteTable", ROWS)
TrainingStage = choices("TrainingStage", STAGES)
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
Length = Annotated[int, typer.Option(min=2, max=512, help="Number of tokens of a text.")]
Rounds = Annotated[int, typer.Option(min=1, help="Number of measured rounds.")]
Datasets = Annotated[
    list[str] | None,
    typer.Option(help="Name or folder of a dataset. Repeatable.", show_default="reuters-r8"),
]
Presets = Annotated[
    list[str] | None,
    typer.Option(help="Preset of tfsqueeze. Repeatable.", show_default="squeezebert-base"),
]
DistilledTexts = Annotated[
    list[str] | None,
    typer.Argument(
        help="Files of plain text, folders of .txt files, or names of datasets.",
        show_default="reuters-r8 and 20newsgroups",
    ),
]
_DISTILLED_TEXTS = ["reuters-r8", "20newsgroups"]
Seed = Annotated[int, typer.Option(help="Seed of weights, order and dropout.")]
Output = Annotated[Path, typer.Option(help="Folder for JSON, Markdown and plots.")]
Json = Annotated[bool, typer.Option("--json", help="Print the results as JSON.")]
_OUTPUT = Path("runs") / "benchmarks"
_DATA = Path("../shared/data")


@app.command()
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
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Compare whole models: latency, speed-up, memory, load time and file size.

    The first call builds the models, which takes about 20 minutes, and keeps them in
    runs/benchmarks/models.
    """
    from benchmarks.comparison import Selection, compare_models

    backends = _backends(runtime)
    with _progress() as progress:
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
    _finish("models", runs, output_folder, json)


@app.command()
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
    output_folder: Output = _OUTPUT,
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
        _values(runtime) or tuple(RUNTIMES),
        length,
        presets,
        tuple(only or ["bert-base float32", "bert-base int8", *presets]),
        tuple(files or ()),
    )
    with _progress() as progress:
        counted = count_models(
            selection,
            _values(cpu) or tuple(CPUS),
            output_folder / "instructions",
            runs=runs,
            progress=progress,
        )
    _finish("instructions", counted, output_folder, json)


@app.command()
def operators(
    runtime: Runtimes = None,
    threads: Threads = None,
    length: Length = 128,
    rounds: Rounds = 10,
    preset: Annotated[
        str, typer.Option(help="Preset whose shapes are measured.")
    ] = "squeezebert-base",
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Profile single operators of a preset in float32 and int8 against a roofline.

    They run on the TFLite runtimes. ONNX Runtime helps to find the machine's peak rate.
    """
    from benchmarks.operators import operator_cases, profile_operators
    from tfsqueeze.configs.presets import load_preset

    backends = _backends(runtime)
    cases = operator_cases(load_preset(preset), length)
    with _progress() as progress:
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
    _finish("operators", runs, output_folder, json)


@app.command()
def formulations(
    data: Datasets = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Measure only formulations whose name holds this. Repeatable."),
    ] = None,
    epochs: Annotated[
        int, typer.Option(min=1, help="Maximum number of epochs of the float stage.")
    ] = 6,
    length: Length = 128,
    seed: Seed = 0,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Compare the accuracy of formulations of the graph: Keras float, int8 and mobile files.

    Each is trained anew, which takes three minutes on two cores for Reuters R8. The same command
    continues a run that was interrupted.
    """
    from benchmarks.formulations import compare_formulations
    from tfsqueeze.utils.logging import load_tensorflow

    load_tensorflow()
    runs = [
        compare_formulations(
            name,
            output_folder / "formulations",
            only=tuple(only or ()),
            epochs=epochs,
            max_length=length,
            seed=seed,
            progress=training_progress(TEXT_CLASSIFICATION),
        )
        for name in data or ["reuters-r8"]
    ]
    _finish("formulations", runs, output_folder, json)


@app.command()
def initializations(
    texts: DistilledTexts = None,
    preset: Annotated[str, typer.Option(help="Preset of the student.")] = "squeezebert-tiny",
    steps: Annotated[
        int, typer.Option(min=1, help="Number of steps of distillation from each initialization.")
    ] = 200,
    seed: Annotated[int, typer.Option(help="Seed of texts, order and weights.")] = 0,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Compare initializations of a student of all-MiniLM-L6-v2: random, or its teacher's weights.

    This takes a quarter of an hour on two cores. The teacher's outputs are kept.
    """
    from tfsqueeze.utils.logging import load_tensorflow

    load_tensorflow()
    from benchmarks.initializations import compare_initializations

    with _progress() as progress:
        run = compare_initializations(
            texts or _DISTILLED_TEXTS,
            output_folder / "initializations",
            preset=preset,
            steps=steps,
            seed=seed,
            progress=progress,
        )
    _finish("initializations", [run], output_folder, json)


@app.command()
def shapes(
    texts: DistilledTexts = None,
    shape: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBER,...",
            help="Fields of the configuration that differ from the preset's. Repeatable.",
        ),
    ] = None,
    preset: Annotated[str, typer.Option(help="Preset of the students.")] = "squeezebert-small",
    steps: Annotated[
        int, typer.Option(min=1, help="Number of steps of distillation of each shape.")
    ] = 200,
    seed: Annotated[int, typer.Option(help="Seed of texts, order and weights.")] = 0,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Compare shapes of a student of all-MiniLM-L6-v2, all from the start by least squares.

    A shape takes some minutes on two cores. The teacher's outputs are kept.

    Example:
      python -m benchmarks shapes --shape embedding_size=108,intermediate_groups=4
    """
    from tfsqueeze.utils.logging import load_tensorflow

    load_tensorflow()
    from benchmarks.shapes import compare_shapes, parse_shape

    with _progress() as progress:
        run = compare_shapes(
            texts or _DISTILLED_TEXTS,
            output_folder / "initializations",
            preset=preset,
            shapes=[{}, *map(parse_shape, shape or ())],
            steps=steps,
            seed=seed,
            progress=progress,
        )
    _finish("shapes", [run], output_folder, json)


@app.command()
def backbone(
    source: Annotated[
        str, typer.Argument(help="Name or folder of a backbone.")
    ] = "squeezebert-tiny",
    data: Datasets = None,
    texts: Annotated[
        int, typer.Option(min=1, help="Maximum number of training texts of the probe.")
    ] = 5000,
    seed: Annotated[int, typer.Option(help="Seed of texts and pairs.")] = 0,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Compare the sentence embeddings of a frozen backbone with those of all-MiniLM-L6-v2."""
    from tfsqueeze.utils.logging import load_tensorflow

    load_tensorflow()
    from benchmarks.backbone import measure_backbone

    with _progress() as progress:
        runs = measure_backbone(
            source, data or ["reuters-r8"], texts=texts, seed=seed, progress=progress
        )
    _finish("backbone", runs, output_folder, json)


@app.command()
def post_training(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Finished runs of text classification.", show_default=False),
    ],
    data: Annotated[
        list[str],
        typer.Option(help="The dataset of each run, in their order: a name or a folder."),
    ],
    seed: Annotated[int, typer.Option(help="Seed of the choice of texts.")] = 0,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Measure what int8 without training costs fine-tuned classifiers.

    Examples:
      tfsqueeze train sst2 -o runs/sst2 --pretrained all-minilm-l6-v2 --qat-epochs 0

      python -m benchmarks post-training runs/sst2 --data sst2
    """
    if len(runs) != len(data):
        raise UserError(f"{len(runs)} runs need as many times --data, not {len(data)}")
    from tfsqueeze.utils.logging import load_tensorflow

    load_tensorflow()
    from benchmarks.post_training import measure_post_training

    with _progress() as progress:
        measured = [
            measure_post_training(folder, name, seed=seed, progress=progress)
            for folder, name in zip(runs, data, strict=True)
        ]
    _finish("post-training", measured, output_folder, json)


@app.command()
def throughput(
    data: Annotated[str, typer.Option(help="Name or folder of a dataset.")] = "reuters-r8",
    preset: Annotated[
        str, typer.Option(help="Preset of the model, which has random weights.")
    ] = "squeezebert-micro",
    texts: Annotated[int, typer.Option(min=64, help="Number of texts of each measurement.")] = 1000,
    rounds: Rounds = 5,
    length: Length = 128,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Measure texts/s of tokenization, prediction and training, and the start-up time."""
    from benchmarks.throughput import measure_throughput

    with _progress() as progress:
        run = measure_throughput(
            data, preset, texts=texts, rounds=rounds, max_length=length, progress=progress
        )
    _finish("throughput", [run], output_folder, json)


@app.command("large-data")
def large_data(
    rows: Annotated[
        list[int] | None,
        typer.Option(
            min=1000,
            help="Number of rows. Repeatable; the smallest one is measured in memory too.",
            show_default="200,000 and 10,000,000",
        ),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Number of training steps.")] = 200,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Measure rows/s and memory of reading, tokenization and training, for any number of rows."""
    from benchmarks.large_data import measure_large_data

    settings = {"steps": steps, "batch_size": 128, "preset": "squeezebert-micro"}
    with _progress() as progress:
        found = measure_large_data(rows or [200_000, 10_000_000], **settings, progress=progress)
    _finish("large-data", [{**settings, "large-data": found}], output_folder, json)


@app.command()
def scale(
    preset: Annotated[
        str, typer.Option(help="Preset of the model, which has random weights.")
    ] = "squeezebert-micro",
    length: Annotated[
        list[int] | None,
        typer.Option(
            min=8,
            max=512,
            help="Number of tokens of a text. Repeatable.",
            show_default="32 and 128",
        ),
    ] = None,
    rows: Annotated[
        int, typer.Option(min=1000, help="Number of texts that are predicted and prepared.")
    ] = 100_000,
    rounds: Rounds = 5,
    steps: Annotated[int, typer.Option(min=1, help="Number of training steps of a turn.")] = 5,
    beam_python: Annotated[
        str | None,
        typer.Option(
            metavar="PYTHON",
            help="Python of an environment with tfsqueeze[beam], to measure Apache Beam too.",
        ),
    ] = None,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Measure training, preparation and prediction on one and on two processes."""
    from benchmarks.scale import TEXTS_OF_STEP, measure_scale

    with _progress() as progress:
        found, same = measure_scale(
            preset,
            length or [32, 128],
            rows=rows,
            rounds=rounds,
            steps=steps,
            beam_python=beam_python,
            progress=progress,
        )
    run = {
        "preset": preset,
        "rows": rows,
        "rounds": rounds,
        "steps": steps,
        "texts_of_step": TEXTS_OF_STEP,
        "rows_of_beam_as_predict": same,
        "scale": found,
    }
    _finish("scale", [run], output_folder, json)


@app.command()
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
    ] = _DATA,
    preset: Annotated[
        list[str] | None, typer.Option(help="Preset of tfsqueeze. Repeatable.")
    ] = None,
    bert: Annotated[bool, typer.Option(help="Measure BERT-base as well.")] = True,
    seed: Seed = 0,
    output_folder: Output = _OUTPUT,
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
        with _progress() as progress:
            runs[0]["targets"].append(bert_row(progress))
    _finish("targets", runs, output_folder, json)


@app.command()
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


@app.command()
def backbone_texts(
    data: Annotated[Path, typer.Argument(help="Folder of datasets.")],
    output_folder: Annotated[Path, typer.Argument(help="Folder for texts.txt and pairs.tsv.")],
) -> None:
    """Write the texts that the backbones of the package learn from.

    No labels and answers are read, and no parts for development or tests.
    """
    from benchmarks.backbone_texts import write_backbone_texts

    for path, lines in write_backbone_texts(data, output_folder).items():
        output.print(f"{path}: {lines:,} lines", soft_wrap=True)


@app.command()
def multilingual_texts(
    data: Annotated[Path, typer.Argument(help="Folder of datasets.")],
    output_folder: Annotated[Path, typer.Argument(help="Folder for the texts.")],
    captions: Annotated[
        bool,
        typer.Option(
            "--captions", help="Add Multi30k's captions, whose terms allow no model that ships."
        ),
    ] = False,
) -> None:
    """Write texts and their translations, from which `pretrain --objective multilingual` learns.

    No parts for development or tests are read.
    """
    from benchmarks.multilingual_texts import write_multilingual_texts

    for path in write_multilingual_texts(data, output_folder, captions=captions):
        output.print(str(path), soft_wrap=True)


@app.command()
def languages(
    models: Annotated[
        list[str],
        typer.Argument(
            help=".tflite files for sentence-embeddings, folders or names of backbones, or "
            "`characters` for TF-IDF of 2 to 4 characters."
        ),
    ],
    data: Annotated[Path, typer.Option(help="Folder of datasets.")],
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Measure similarity in eight languages, and search across languages.

    Example:
      python -m benchmarks languages tiny-8.tflite squeezebert-tiny characters --data ../shared/data
    """
    from benchmarks.languages import measure_languages

    with _progress() as progress:
        run = measure_languages(models, data, progress)
    _finish("languages", [run], output_folder, json)


@app.command()
def few_examples(
    data: Annotated[Path, typer.Option(help="Folder of datasets.")],
    seed: Annotated[int, typer.Option(help="Seed that draws the examples.")] = 0,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Measure how long a model must train on a few hundred examples.

    Example:
      python -m benchmarks few-examples --data ../shared/data
    """
    from benchmarks.few_examples import measure_few_examples

    run = measure_few_examples(data, seed=seed, announce=print_step)
    _finish("few-examples", [run], output_folder, json)


@app.command()
def training(
    preset: Annotated[
        list[str] | None,
        typer.Option(help="Preset of tfsqueeze. Repeatable.", show_default="squeezebert-tiny"),
    ] = None,
    stage: Annotated[
        list[TrainingStage] | None,
        typer.Option(
            metavar="STAGE",
            help=f"Stage to measure: {', '.join(STAGES)}. Repeatable.",
            show_default="all",
        ),
    ] = None,
    length: Annotated[
        list[int] | None,
        typer.Option(
            min=8, max=512, help="Number of tokens of a text. Repeatable.", show_default="64"
        ),
    ] = None,
    precision: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PRECISION",
            help="`float32` or `bfloat16`. Repeatable.",
            show_default="float32",
        ),
    ] = None,
    before: Annotated[
        Path | None,
        typer.Option(help="Checkout of an earlier commit, to measure in turns with this one."),
    ] = None,
    rounds: Rounds = 7,
    steps: Annotated[int, typer.Option(min=1, help="Number of training steps of a turn.")] = 3,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Measure tokens/s of training: float, quantization-aware, distillation and whole epochs.

    git worktree add ../before COMMIT
    python -m benchmarks training --before ../before
    """
    from tfsqueeze.utils.logging import load_tensorflow

    load_tensorflow()
    from benchmarks.training import measure_training, product_gflops

    with _progress() as progress:
        rows = measure_training(
            preset or ["squeezebert-tiny"],
            _values(stage) or STAGES,
            length or [64],
            precision or ["float32"],
            before=before,
            rounds=rounds,
            steps=steps,
            progress=progress,
        )
    run = {
        "cores": len(os.sched_getaffinity(0)),
        "rounds": rounds,
        "steps": steps,
        "before": before is not None,
        "product_gflops": {name: product_gflops(name) for name in precision or ["float32"]},
        "training": rows,
    }
    _finish("training", [run], output_folder, json)


@app.command()
def tasks(
    task: Annotated[
        list[TaskTable] | None,
        typer.Option(
            metavar="TASK",
            help=f"Table to make: {', '.join(TASKS)}. Repeatable.",
            show_default="all",
        ),
    ] = None,
    data: Annotated[
        Path,
        typer.Option(
            help="Folder with a folder for each dataset: wikiann/, qa/, clinc150/ "
            "and those of the suite's rows."
        ),
    ] = _DATA,
    seeds: Annotated[
        int, typer.Option(min=1, help="Number of seeds. Each trains every model anew.")
    ] = 3,
    pretrained: Annotated[
        str | None,
        typer.Option(
            help="Weights to start from: name or folder of a backbone.",
            show_default="squeezebert-tiny; none for wikiann",
        ),
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option(
            help="Pretrained model, such as all-minilm-l6-v2, to fine-tune and to learn from. Adds "
            "two rows."
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Maximum number of epochs of the float stage.",
            show_default="the task's",
        ),
    ] = None,
    qat_epochs: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Maximum number of epochs of the quantization-aware stage.",
            show_default="the task's",
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(help="Peak learning rate of the float stage.", show_default="the task's"),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(min=1, help="Number of texts in a batch.", show_default="the task's"),
    ] = None,
    length: Annotated[
        int | None,
        typer.Option(min=2, max=512, help="Number of tokens of a text.", show_default="the task's"),
    ] = None,
    examples: Annotated[
        int | None,
        typer.Option(
            min=10,
            help="Maximum number of examples to train on and to measure, for a quick try.",
            show_default="all",
        ),
    ] = None,
    suite: Annotated[
        bool,
        typer.Option(
            "--suite",
            help="Make one table like GLUE's instead: a row for each kind of data, columns for "
            "pretrained models and baselines.",
        ),
    ] = False,
    rows: Annotated[
        list[SuiteTable] | None,
        typer.Option(
            metavar="ROW",
            help=f"Row of the suite to measure: {', '.join(ROWS)}. Repeatable.",
            show_default="all",
        ),
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL",
            help=f"Column of the suite to measure: {', '.join(COLUMNS)}; or NAME=FOLDER for other "
            "weights of a pretrained model. Repeatable.",
            show_default="all whose weights have a name",
        ),
    ] = None,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Make the table of each task: float and int8 files beside baselines, over several seeds.

    Each model is trained anew for each seed, which takes from minutes to an hour on two cores. The
    same command continues a run that was interrupted.

      python -m benchmarks tasks --task clinc-oos --seeds 3
      python -m benchmarks tasks --suite --rows mrpc --rows rte --models tiny --seeds 1
    """
    from benchmarks.report import machine
    from benchmarks.tasks.report import print_tasks, write_tasks
    from benchmarks.tasks.run import Choices, measure_task
    from tfsqueeze.utils.logging import load_tensorflow

    chosen = {
        "pretrained": pretrained,
        "epochs": epochs,
        "qat_epochs": qat_epochs,
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "max_length": length,
    }
    chosen = {name: value for name, value in chosen.items() if value is not None}
    load_tensorflow()
    if suite:
        if task or teacher or pretrained:
            raise UserError("the suite has --rows and --models; give no --task and no weights")
        suite_choices = SuiteChoices(_values(rows), models or (), seeds, examples, chosen)
        _suite(suite_choices, data, output_folder, json)
        return
    if rows or models:
        raise UserError("--rows and --models are of the suite; add --suite")
    choices = Choices(chosen, teacher, examples)
    runs = []
    for name in _values(task) or TASKS:
        runs.append(
            measure_task(
                name,
                data,
                output_folder / "tasks",
                seeds=seeds,
                choices=choices,
                callbacks=training_progress(TASKS[name].task),
                announce=print_step,
            )
        )
        # After each task, so that a later one that fails does not lose the table.
        paths = write_tasks(runs, machine(), output_folder)
    if json:
        print_json({"machine": machine(), "runs": runs})
        return
    print_tasks(runs, output)
    messages.print(f"written to {paths['json']}, .md and .png", soft_wrap=True)


def _suite(choices: SuiteChoices, data: Path, folder: Path, json: bool) -> None:
    from benchmarks.report import machine
    from benchmarks.suite.cells import make_cells
    from benchmarks.suite.report import print_suite, read_cells, write_suite

    kept = choices.folder(folder)
    for _ in make_cells(
        choices,
        data,
        kept,
        callbacks=lambda row: training_progress(ROWS[row].task),
        announce=print_step,
    ):
        # After each cell, so that a later one that fails does not lose the table.
        write_suite(read_cells(kept), machine(), kept)
    results = read_cells(kept)
    if not results:
        raise UserError(f"{kept} has no results: the chosen rows have no such baseline")
    paths = write_suite(results, machine(), kept)
    if json:
        print_json({"machine": machine(), "rows": results})
        return
    print_suite(results, output)
    messages.print(f"written to {paths['json']}, .md and .png", soft_wrap=True)


def _values(chosen: Sequence[enum.Enum] | None) -> tuple[str, ...]:
    """Returns the values of a repeatable option without duplicates."""
    return tuple(dict.fromkeys(choice.value for choice in chosen or ()))


def _backends(chosen: Sequence[enum.Enum] | None) -> tuple[str, ...]:
    installed = available_backends()
    names = _values(chosen)
    for name in names:
        if name not in installed:
            raise UserError(
                f"the runtime {name!r} is not available here; "
                f"there are {', '.join(installed) or 'none'}"
            )
    return names or tuple(installed)


def _finish(kind: str, runs: list[dict[str, Any]], folder: Path, json: bool) -> None:
    from benchmarks.report import machine, print_report, write_report

    results = {"machine": machine(), "runs": runs}
    write_report(kind, results, folder)
    if json:
        print_json(results)
    else:
        print_report(kind, results, output)
        messages.print(f"written to {folder / kind}.json, .md and .png")


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[int, int, str], None]]:
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=messages,
        transient=True,
    ) as bar:
        task = bar.add_task("starting")
        yield lambda done, total, text: bar.update(
            task, completed=done, total=total, description=text
        )

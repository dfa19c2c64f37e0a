"""The command line: `python -m benchmarks`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.backends import BACKENDS, available_backends
from tfsqueeze.cli.console import OneLineErrors, messages, output, print_json
from tfsqueeze.utils.errors import UserError

app = typer.Typer(
    cls=OneLineErrors,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Measures SqueezeBERT beside what a user would pick instead, in one interleaved run.",
)

Runtimes = Annotated[
    list[str] | None,
    typer.Option(
        "--runtime", help=f"{', '.join(BACKENDS)}; repeatable. Every installed one by default."
    ),
]
Threads = Annotated[
    list[int] | None,
    typer.Option("--threads", min=1, help="Threads and pinned cores; repeatable. 1 by default."),
]
Length = Annotated[int, typer.Option(min=2, max=512, help="Tokens of a text.")]
Rounds = Annotated[int, typer.Option(min=1, help="Measured rounds.")]
Output = Annotated[Path, typer.Option(help="The folder for JSON, Markdown and plots.")]
Json = Annotated[bool, typer.Option("--json", help="Print the results as JSON.")]
_OUTPUT = Path("runs") / "benchmarks"


@app.command()
def models(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Further .tflite files to measure beside.", show_default=False),
    ] = None,
    runtime: Runtimes = None,
    threads: Threads = None,
    length: Length = 128,
    rounds: Rounds = 15,
    preset: Annotated[
        list[str] | None,
        typer.Option(
            "--preset", help="Presets of tfsqueeze; repeatable. squeezebert-base by default."
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Only models with this, from the start of a word; repeatable."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            help="What to be faster than: a name of the table. BERT-base in float32 by default."
        ),
    ] = None,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Compares whole models: latency, speed-up, memory, load time and file size.

    The first call builds the models (about 20 minutes); they are kept in runs/benchmarks/models.
    """
    from benchmarks.comparison import Selection, compare_models

    backends = _backends(runtime)
    selection = Selection(
        backends,
        length,
        tuple(preset or ["squeezebert-base"]),
        tuple(only or ()),
        tuple(files or ()),
    )
    with _progress() as progress:
        runs = [
            compare_models(
                selection, num_threads=count, rounds=rounds, baseline=baseline, progress=progress
            )
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
        list[str] | None,
        typer.Option("--runtime", help="litert, tflite-runtime; repeatable. Both by default."),
    ] = None,
    cpu: Annotated[
        list[str] | None,
        typer.Option("--cpu", help="cortex-a53, cortex-a76; repeatable. Both by default."),
    ] = None,
    length: Length = 128,
    preset: Annotated[
        list[str] | None,
        typer.Option(
            "--preset", help="Presets of tfsqueeze; repeatable. squeezebert-base by default."
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            help="Only models with this, from the start of a word; repeatable. The presets, "
            "and BERT-base in float32 and int8, by default.",
        ),
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="Counted inferences after the first.")] = 1,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Counts the instructions of one inference on emulated Arm processors.

    Needs qemu-aarch64. BERT-base in float32 takes minutes; an interrupted run goes on. The first
    call makes a root folder for the emulator and builds the models.
    """
    from benchmarks.comparison import Selection
    from benchmarks.instructions import count_models
    from converters.arm64.cpus import CPUS
    from converters.arm64.emulator import RUNTIMES

    presets = tuple(preset or ["squeezebert-base"])
    selection = Selection(
        tuple(dict.fromkeys(runtime or RUNTIMES)),
        length,
        presets,
        tuple(only or ["bert-base float32", "bert-base int8", *presets]),
        tuple(files or ()),
    )
    with _progress() as progress:
        counted = count_models(
            selection,
            tuple(dict.fromkeys(cpu or CPUS)),
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
        str, typer.Option(help="The preset whose shapes are taken.")
    ] = "squeezebert-base",
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Profiles single operators of a preset in float32 and int8 against a roofline.

    They run on the TFLite runtimes; ONNX Runtime helps to find the machine's best rate.
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
    data: Annotated[
        list[str] | None,
        typer.Option(help="A dataset's name or folder; repeatable. reuters-r8 by default."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Only formulations whose name holds this; repeatable."),
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes in float.")] = 6,
    length: Length = 128,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and dropout.")] = 0,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Compares formulations of the graph in accuracy: Keras float, int8 and mobile files.

    Each is trained anew, three minutes on two cores for Reuters R8; an interrupted run goes on.
    """
    from benchmarks.formulations import compare_formulations
    from tfsqueeze.cli.console import training_progress
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
            progress=training_progress,
        )
        for name in data or ["reuters-r8"]
    ]
    _finish("formulations", runs, output_folder, json)


@app.command()
def initializations(
    texts: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files of plain text, folders of .txt files, or names of datasets. reuters-r8 and "
            "20newsgroups by default."
        ),
    ] = None,
    preset: Annotated[str, typer.Option(help="The student.")] = "squeezebert-tiny",
    steps: Annotated[int, typer.Option(min=1, help="Steps of distillation from each start.")] = 200,
    seed: Annotated[int, typer.Option(help="Seed of texts, order and weights.")] = 0,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Compares what a student of all-MiniLM-L6-v2 starts from: random weights, or its teacher's.

    A quarter of an hour on two cores; the teacher's outputs are kept.
    """
    from tfsqueeze.utils.logging import load_tensorflow

    load_tensorflow()
    from benchmarks.initializations import compare_initializations

    with _progress() as progress:
        run = compare_initializations(
            texts or ["reuters-r8", "20newsgroups"],
            output_folder / "initializations",
            preset=preset,
            steps=steps,
            seed=seed,
            progress=progress,
        )
    _finish("initializations", [run], output_folder, json)


@app.command()
def backbone(
    source: Annotated[
        str, typer.Argument(help="A backbone's name or folder.")
    ] = "squeezebert-tiny",
    data: Annotated[
        list[str] | None,
        typer.Option(help="A dataset's name or folder; repeatable. reuters-r8 by default."),
    ] = None,
    texts: Annotated[int, typer.Option(min=1, help="Most training texts of the probe.")] = 5000,
    seed: Annotated[int, typer.Option(help="Seed of texts and pairs.")] = 0,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Measures a backbone's sentence embeddings, frozen, beside those of all-MiniLM-L6-v2."""
    from tfsqueeze.utils.logging import load_tensorflow

    load_tensorflow()
    from benchmarks.backbone import measure_backbone

    with _progress() as progress:
        runs = measure_backbone(
            source, data or ["reuters-r8"], texts=texts, seed=seed, progress=progress
        )
    _finish("backbone", runs, output_folder, json)


@app.command()
def throughput(
    data: Annotated[str, typer.Option(help="A dataset's name or folder.")] = "reuters-r8",
    preset: Annotated[
        str, typer.Option(help="The model, with random weights.")
    ] = "squeezebert-micro",
    texts: Annotated[int, typer.Option(min=64, help="Texts that each part handles.")] = 1000,
    rounds: Annotated[int, typer.Option(min=1, help="Measured rounds.")] = 5,
    length: Length = 128,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Measures the Python side: texts/s of tokenization, prediction and training; start-up."""
    from benchmarks.throughput import measure_throughput

    with _progress() as progress:
        run = measure_throughput(
            data, preset, texts=texts, rounds=rounds, max_length=length, progress=progress
        )
    _finish("throughput", [run], output_folder, json)


@app.command()
def targets(
    data: Annotated[
        list[str] | None,
        typer.Option(help="A dataset's name or folder; repeatable. reuters-r8 by default."),
    ] = None,
    length: Annotated[
        list[int] | None,
        typer.Option(min=2, max=512, help="Tokens of a text, for each dataset; 128 by default."),
    ] = None,
    epochs: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Passes in float, for each dataset; 10 by default."),
    ] = None,
    preset: Annotated[
        list[str] | None, typer.Option("--preset", help="Presets of tfsqueeze; repeatable.")
    ] = None,
    bert: Annotated[bool, typer.Option(help="Put BERT-base beside them.")] = True,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and dropout.")] = 0,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Makes the target table: what of each preset each device's accelerator takes, and accuracy.

    Each preset is trained anew on each dataset, five minutes on two cores; an interrupted run
    goes on.

      python -m benchmarks targets --data reuters-r8 --length 128 --epochs 10 \\
          --data clinc150/ --length 24 --epochs 16
    """
    from benchmarks.targets import PRESETS, bert_row, compare_targets
    from tfsqueeze.cli.console import training_progress
    from tfsqueeze.utils.logging import load_tensorflow

    names = data or ["reuters-r8"]
    lengths, passes = length or [128] * len(names), epochs or [10] * len(names)
    if not len(names) == len(lengths) == len(passes):
        raise UserError(
            f"there are {len(names)} datasets, {len(lengths)} lengths and "
            f"{len(passes)} epochs; give one of each for every dataset, or none"
        )
    load_tensorflow()
    runs = [
        compare_targets(
            name,
            output_folder / "targets",
            max_length=tokens,
            epochs=count,
            presets=preset or tuple(PRESETS),
            seed=seed,
            progress=training_progress,
        )
        for name, tokens, count in zip(names, lengths, passes, strict=True)
    ]
    if bert:
        with _progress() as progress:
            runs[0]["targets"].append(bert_row(progress))
    _finish("targets", runs, output_folder, json)


@app.command()
def tasks(
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task",
            help="snips, wnut17, wikiann, rte, xquad, clinc-oos, noise; repeatable. All by "
            "default.",
        ),
    ] = None,
    data: Annotated[
        Path,
        typer.Option(
            help="The folder of the data: snips/, wnut17/, wikiann/, rte/, xquad/, clinc150/."
        ),
    ] = Path("../shared/data"),
    seeds: Annotated[int, typer.Option(min=1, help="How often each model is trained.")] = 3,
    pretrained: Annotated[
        str | None,
        typer.Option(
            help="What models start from: a backbone's name or a folder; by default squeezebert-tiny, "
            "of wikiann nothing."
        ),
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option(
            help="A pretrained model, such as all-minilm-l6-v2, to fine-tune and to learn from: two "
            "more rows."
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Passes in float; the task's own by default, as with all below."),
    ] = None,
    qat_epochs: Annotated[
        int | None, typer.Option(min=0, help="Passes quantization-aware.")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Highest rate of the float stage.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Texts per step.")] = None,
    length: Annotated[int | None, typer.Option(min=2, max=512, help="Tokens of a text.")] = None,
    examples: Annotated[
        int | None,
        typer.Option(
            min=10, help="For a trial: no more examples than this to train on and to measure."
        ),
    ] = None,
    output_folder: Output = _OUTPUT,
    json: Json = False,
) -> None:
    """Makes the table of each task: float and int8 files beside baselines, over several seeds.

    Each model is trained anew for each seed, from minutes to an hour on two cores; an interrupted
    run goes on.

      python -m benchmarks tasks --task snips --seeds 3
    """
    from benchmarks.report import machine
    from benchmarks.tasks.report import print_tasks, write_tasks
    from benchmarks.tasks.run import Choices, measure_task
    from benchmarks.tasks.settings import TASKS
    from tfsqueeze.cli.console import step, training_progress
    from tfsqueeze.utils.logging import load_tensorflow

    chosen = {
        "pretrained": pretrained,
        "epochs": epochs,
        "qat_epochs": qat_epochs,
        "learning_rate": learning_rate,
        "batch_size": batch_size,
        "max_length": length,
    }
    choices = Choices(
        {name: value for name, value in chosen.items() if value is not None}, teacher, examples
    )
    load_tensorflow()
    runs = []
    for name in dict.fromkeys(task or TASKS):
        runs.append(
            measure_task(
                name,
                data,
                output_folder / "tasks",
                seeds=seeds,
                choices=choices,
                callbacks=training_progress,
                say=step,
            )
        )
        # After each, so that one that fails takes no table with it.
        paths = write_tasks(runs, machine(), output_folder)
    if json:
        print_json({"machine": machine(), "runs": runs})
        return
    print_tasks(runs, output)
    messages.print(f"written to {paths['json']}, .md and .png", soft_wrap=True)


def _backends(chosen: list[str] | None) -> tuple[str, ...]:
    installed = available_backends()
    for name in chosen or ():
        if name not in installed:
            raise UserError(
                f"the runtime {name!r} is not available here; "
                f"there are {', '.join(installed) or 'none'}"
            )
    return tuple(dict.fromkeys(chosen or installed))


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

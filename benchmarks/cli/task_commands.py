"""`tasks` and `few-examples`: how good each task's models are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.arguments import DATA_FOLDER, OUTPUT_FOLDER, Json, Output, chosen_values
from benchmarks.cli.console import finish
from benchmarks.suite.cells import COLUMNS, SuiteChoices
from benchmarks.suite.rows import ROWS
from benchmarks.tasks.settings import TASKS
from tfsqueeze.cli.arguments import choices
from tfsqueeze.cli.console import messages, output, print_json, print_step, training_progress
from tfsqueeze.utils.errors import UserError

TaskTable = choices("TaskTable", TASKS)
SuiteTable = choices("SuiteTable", ROWS)


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
    ] = DATA_FOLDER,
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
    output_folder: Output = OUTPUT_FOLDER,
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
        suite_choices = SuiteChoices(chosen_values(rows), models or (), seeds, examples, chosen)
        _suite(suite_choices, data, output_folder, json)
        return
    if rows or models:
        raise UserError("--rows and --models are of the suite; add --suite")
    choices = Choices(chosen, teacher, examples)
    runs = []
    for name in chosen_values(task) or TASKS:
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


def few_examples(
    data: Annotated[Path, typer.Option(help="Folder of datasets.")],
    seed: Annotated[int, typer.Option(help="Seed that draws the examples.")] = 0,
    output_folder: Output = OUTPUT_FOLDER,
    json: Json = False,
) -> None:
    """Measure how long a model must train on a few hundred examples.

    Example:
      python -m benchmarks few-examples --data ../shared/data
    """
    from benchmarks.few_examples import measure_few_examples

    run = measure_few_examples(data, seed=seed, announce=print_step)
    finish("few-examples", [run], output_folder, json)
